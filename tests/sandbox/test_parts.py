"""Parts of an SMS, against what published libraries count."""

from __future__ import annotations

import json
from typing import Any

import pytest

from campaigns.sandbox.sms import measure
from tests.paths import SHARED

VECTORS: list[dict[str, Any]] = json.loads((SHARED / "data" / "sms_segments.json").read_text("utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_text_is_measured_as_the_published_libraries_measure_it(vector: dict[str, Any]) -> None:
    length = measure(vector["text"])
    ours = {"encoding": length.encoding, "units": length.units, "segments": length.parts}
    theirs = {name: vector[name] for name in ours if vector[name] is not None}  # null: the libraries differ
    assert {name: ours[name] for name in theirs} == theirs
