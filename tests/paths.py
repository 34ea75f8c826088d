"""Where test data that nobody here wrote is found: beside the checkout, or where DESPACHO_SHARED says."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(os.environ.get("DESPACHO_SHARED") or Path(__file__).resolve().parent.parent.parent / "shared")
