"""The phone rules: the published sample, cases of our own by rule, and what hypothesis finds."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.phones import normalize

SAMPLE = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/phones.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case["note"])
def test_the_published_sample(case: dict[str, Any]) -> None:
    phone = normalize(case["raw"], case["default_region"])
    assert phone.e164 == case["expect"], phone
    assert (phone.kind if phone.e164 else None) == case["kind"]
