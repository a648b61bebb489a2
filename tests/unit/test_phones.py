"""The phone rules: the published sample, what a `Phone` tells, and what hypothesis finds."""

import json
import time
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.phones import Kind, Status, normalize

SAMPLE = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/phones.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case["note"])
def test_the_published_sample(case: dict[str, Any]) -> None:
    phone = normalize(case["raw"], case["default_region"])
    assert phone.e164 == case["expect"], phone
    assert phone.kind == case["kind"]


@pytest.mark.parametrize(
    ("raw", "region", "status", "reason"),
    [
        ("070-174 06 05", "SE", Status.NORMALIZED, ""),
        ("+46 70 174 06 05", None, Status.NORMALIZED, ""),
        ("701740605", "SE", Status.ASSUMED, "its first 0 was missing"),
        ("46701740605", "SE", Status.ASSUMED, "its country code has no +"),
        ("46701740605", "NO", Status.ASSUMED, "46 at its start was taken for the country code"),
        ("+46 46 70 174 06 05", None, Status.ASSUMED, "its country code stood there twice"),
        ("O7O-174 O6 O5", "SE", Status.ASSUMED, "letters were read as 0 or 1"),
        ("+0701740605", "SE", Status.ASSUMED, "the + before its 0 was left out"),
        ("41234690", "SE", Status.AMBIGUOUS, "Norwegian, Danish or a local number"),
        ("41234690", None, Status.AMBIGUOUS, "8 digits without a country: could be Norwegian"),
        ("0701740605", None, Status.AMBIGUOUS, "10 digits without a country"),
        ("468123456", "SE", Status.AMBIGUOUS, "a country code, or with an area code"),
        ("070-174 06 055", "SE", Status.INVALID, "not a valid number in SE"),
        ("+41234690", "NO", Status.INVALID, "not a number of the country in its code"),
        ("112", "SE", Status.INVALID, "a short or emergency number"),
        ("0" * 30, "SE", Status.INVALID, "too many digits"),
        ("2025-01-31", "SE", Status.INVALID, "a date, not a phone number"),
        ("", "SE", Status.INVALID, "no digits in it"),
        (None, None, Status.INVALID, "no digits in it"),
    ],
)
def test_how_sure_it_is_and_why(raw: object, region: str | None, status: str, reason: str) -> None:
    phone = normalize(raw, region)
    assert (phone.status, bool(phone.reason)) == (status, bool(reason))
    assert reason in phone.reason


@pytest.mark.parametrize(
    ("raw", "region", "decided", "by"),
    [
        ("070-174 06 05", "se", "SE", "source"),
        ("701740605", "SE", "SE", "source"),
        ("79123490", "NO", "NO", "source"),
        ("+4741234690", "SE", "NO", "number"),
        ("0046701740605", "NO", "SE", "number"),
        ("011 46 70 174 06 05", "US", "SE", "number"),
        ("46701740605", "NO", "SE", "shape"),
        ("41234690", "SE", "SE", "source"),
        ("41234690", None, None, "none"),
        ("41234690", "Norge", None, "none"),
        ("2025-01-31", "SE", None, "none"),
    ],
)
def test_which_region_decided(raw: str, region: str | None, decided: str | None, by: str) -> None:
    phone = normalize(raw, region, "source")
    assert (phone.region, phone.region_source) == (decided, by)


def test_only_certain_mobiles_are_texted() -> None:
    assert normalize("070-174 06 05", "SE").textable
    assert normalize("32 12 34 90", "DK").textable
    for raw in ("701740605", "08-465 004 12", "0900-123 45 90", "41234690"):
        assert not normalize(raw, "SE").textable


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("+46 20 123456", Kind.TOLL_FREE),
        ("+46 900 123 45 90", Kind.PREMIUM),
        ("+46 771 123456", Kind.SHARED_COST),
        ("+46 10 123 45 67", Kind.UAN),
        ("+46 740 123456", Kind.PAGER),
    ],
)
def test_numbers_that_are_stored_and_never_texted(raw: str, kind: Kind) -> None:
    phone = normalize(raw, None)
    assert (phone.status, phone.kind, phone.textable) == (Status.NORMALIZED, kind, False)


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "raw",
    [None, True, 3.5, float("nan"), float("inf"), 10**30, 10**5000, b"\xff", [], Hostile()],
    ids=lambda raw: type(raw).__name__,  # 10**5000 cannot be written out
)
def test_what_is_no_text_is_no_number_and_no_error(raw: object) -> None:
    assert normalize(raw, "SE").status is Status.INVALID


@pytest.mark.parametrize("raw", [701740605, 701740605.0, 46701740605.0, b"070-174 06 05"])
def test_what_is_no_text_may_be_a_number(raw: object) -> None:
    phone = normalize(raw, "SE")
    assert phone.e164 == "+46701740605"
    assert isinstance(phone.raw, str)


def _seconds(raw: str, region: str | None) -> float:
    began = time.perf_counter()
    normalize(raw, region)
    return time.perf_counter() - began


NUMBERISH = st.text(
    st.sampled_from("0123456789+-() ./,;:xXolI*#e|&%4607\n\u00a0\u200eåkr@_°<>"), max_size=5_000
)
REPEATED = st.builds(str.__mul__, st.text(max_size=12) | NUMBERISH, st.integers(1, 400))


@settings(deadline=None, max_examples=200)
@given(
    raw=st.text() | NUMBERISH | REPEATED,
    region=st.sampled_from(["SE", "NO", "DK", "FI", "AX", "DE", "US", None]),
)
@example(raw="1," * 2500, region="SE")
@example(raw="+46" * 1500, region="SE")
@example(raw="0 " * 2500, region="FI")
@example(raw="070-1740605 " * 400, region="SE")
@example(raw="41234690 " * 500, region="NO")
@example(raw="&#48;" * 1000, region="SE")
@example(raw="kr 3 600 " * 500, region="NO")
@example(raw="ref " + "1 " * 2400, region="SE")
@example(raw="(" * 5000, region=None)
@example(raw="1*" * 2500, region=None)
@example(raw="\u0315\u0300" * 2500, region="SE")
@example(raw="\ufdfa" * 5000, region="SE")
@example(raw="\ud800" * 5000, region="SE")
def test_no_text_raises_or_takes_long(raw: str, region: str | None) -> None:
    normalize("0701740605", region)  # the library reads a country's data once
    # Twice, since the machine may be busy; a blank more goes past the cache.
    assert min(_seconds(again, region) for again in (raw, raw + " ")) < 0.02
    phone = normalize(raw, region)
    assert (phone.e164 is not None) == (phone.status in {Status.NORMALIZED, Status.ASSUMED})
    assert (phone.e164 is not None) == (phone.kind is not None)
    for e164 in filter(None, (phone.e164, *phone.alternates)):
        number = phonenumbers.parse(e164)
        assert phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.UNKNOWN
        assert normalize(e164, "NO").e164 == e164


@given(digits=st.from_regex(r"[2-9][0-9]{7}|7[02369][0-9]{7}", fullmatch=True))
def test_a_number_of_ours_is_known_again_under_any_region(digits: str) -> None:
    for country in ("46", "47", "45"):
        e164 = f"+{country}{digits}"
        number = phonenumbers.parse(e164)
        if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.UNKNOWN:
            assert {normalize(e164, region).e164 for region in ("SE", "NO", "FI", None)} == {e164}
