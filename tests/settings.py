"""The product's settings, with what a test run needs otherwise: a data folder of its own and quick passwords.

The database stays what it is in service. On SQLite that means a file in WAL mode, not memory: several
connections must meet the same locks as there.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

if "DESPACHO_DATA" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="despacho-test-")
    os.environ["DESPACHO_DATA"] = _folder  # parallel test processes are children, and share it
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)

from console.settings import *  # noqa: E402, F403
from console.settings import DATA_DIR, DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # nothing is collected, so nothing is stale
STATIC_ROOT = None
