"""Rules 6 to 10: one candidate, without letters → a number, or why it is none."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException, PhoneNumberType

from bridge.phones.values import Kind, Status

KINDS: Mapping[int, Kind] = {
    PhoneNumberType.FIXED_LINE: Kind.FIXED,
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.FIXED_OR_MOBILE,
    PhoneNumberType.TOLL_FREE: Kind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: Kind.PREMIUM,
    PhoneNumberType.SHARED_COST: Kind.SHARED_COST,
    PhoneNumberType.VOIP: Kind.VOIP,
    PhoneNumberType.PERSONAL_NUMBER: Kind.PERSONAL,
    PhoneNumberType.PAGER: Kind.PAGER,
    PhoneNumberType.UAN: Kind.UAN,
    PhoneNumberType.VOICEMAIL: Kind.VOICEMAIL,
}
TRUNK_ZERO = frozenset({"SE", "FI", "AX"})
OWN_CODE = {"SE": "46", "FI": "358", "AX": "358"}
SHAPES = ("46", "47", "45", "358")
UNSAFE_SHAPES = frozenset({"45", "47"})  # with region FI or none they may be anything
SHORTEST_SHAPE = 10
ITALY = "39"  # its 0 belongs to the number
FRONT = re.compile(r"^[^+\d]{1,250}")  # brackets and the like before the number begins
MACHINES = re.compile(r"\+(?:47(?:58|59)\d{10}|46719\d{5,10}|4537\d{10}|358(?:49)\d{9,11})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one candidate turned out to be."""

    status: Status
    e164: str | None = None
    kind: Kind | None = None
    region: str | None = None
    source: str = "none"  # number | shape | given
    reason: str = ""

    @property
    def certain(self) -> bool:
        return self.e164 is not None


def read(text: str, region: str | None) -> Reading:
    """`text`: digits, `+` and punctuation."""
    start = FRONT.sub("", text)
    digits = re.sub(r"\D", "", text)
    if start.startswith("+"):
        if digits.startswith("00"):
            return _international(digits[2:], start)
        if digits.startswith("0"):
            return _noisy_plus(digits, region)
        return _international(digits, start)
    if digits.startswith("00"):
        return _international(digits[2:], start)
    if region is None:
        return _shape(digits, None) or _ambiguous("no country is known, and it has no country code")
    return _national(start, digits, region)


def _found(number: phonenumbers.PhoneNumber | None, **how: str) -> Reading | None:
    """Valid means that its type is known; machines' numbers are refused (rule 10)."""
    if number is None:
        return None
    kind = KINDS.get(phonenumbers.number_type(number))
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if kind is None or MACHINES.fullmatch(e164):
        return None
    status = Status.ASSUMED if "reason" in how else Status.NORMALIZED
    region = how.pop("region", None) or phonenumbers.region_code_for_number(number)
    return Reading(status=status, e164=e164, kind=kind, region=region, **how)


def _parsed(text: str, region: str | None = None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return None


def _explicit(digits: str, **how: str) -> Reading | None:
    return _found(_parsed("+" + digits), **how)


def _ambiguous(reason: str) -> Reading:
    return Reading(status=Status.AMBIGUOUS, reason=reason)


def _invalid(reason: str) -> Reading:
    return Reading(status=Status.INVALID, reason=reason)


def _international(digits: str, text: str) -> Reading:
    """Rule 6: with its own country code no region is asked; an invalid one is never re-read."""
    plain = _explicit(digits, source="number")
    if plain:
        return plain
    for repaired, reason in _repairs(digits, text):
        found = _explicit(repaired, source="number", reason=reason)
        if found:
            return found
    return _invalid("it has a country code and is no number of that country")


def _repairs(digits: str, text: str) -> Iterator[tuple[str, str]]:
    inner = re.sub(r"\D", "", text[text.rfind("+") :]) if text.rfind("+") > 0 else ""
    if inner:
        yield inner.removeprefix("00"), "it has two country codes; the inner one was taken"
    code = _country_code(digits)
    if not code:
        return
    rest = digits[len(code) :]
    if rest.startswith("00") and _country_code(rest[2:]):
        yield rest[2:], "it has two country codes; the inner one was taken"
    if rest.lstrip("0").startswith(code):
        yield rest.lstrip("0"), "its country code stood there twice"
    if rest.startswith("0") and code != ITALY:
        yield code + rest.lstrip("0"), "a 0 after the country code was left out"


def _country_code(digits: str) -> str:
    known = _codes()
    return next((digits[:size] for size in (1, 2, 3) if digits[:size] in known), "")


@cache
def _codes() -> frozenset[str]:
    return frozenset(str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def _noisy_plus(digits: str, region: str | None) -> Reading:
    """`+070…`: no country code begins with 0, so the plus is noise before a national number."""
    if region is None:
        return _ambiguous("it begins with +0, and no country is known")
    found = _found(
        _parsed(digits, region), region=region, source="given", reason="a + before the 0"
    )
    return found or _invalid("it begins with +0 and is no national number")


def _national(text: str, digits: str, region: str) -> Reading:
    if region in TRUNK_ZERO and not digits.startswith("0"):
        return _without_trunk_zero(digits, region)
    number = _parsed(text, region)
    found = _found(number, region=region, source="given", **_assumption(number, digits, region))
    if found:
        return found
    typed_zero = digits.startswith("0") and _shape(digits[1:], region, "0 typed for +")
    return typed_zero or _shape(digits, region) or _unfit(digits, region)


def _assumption(
    number: phonenumbers.PhoneNumber | None, digits: str, region: str
) -> dict[str, str]:
    if number is None:
        return {}
    if number.country_code_source == CountryCodeSource.FROM_NUMBER_WITHOUT_PLUS_SIGN:
        return {"reason": "it has its country code without a +"}
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata and metadata.national_prefix == "0" and digits[:1] != "0":
        return {"reason": "its leading 0 is missing"}
    return {}


def _without_trunk_zero(digits: str, region: str) -> Reading:
    """Rule 7: a spreadsheet ate the 0; but 7 or 8 digits may be Norwegian or Danish."""
    own = OWN_CODE[region]
    if digits.startswith(own):
        found = _explicit(digits, source="number", reason="it has its country code without a +")
        if found and len(digits) >= SHORTEST_SHAPE:
            return found
    lengths = (9,) if region == "SE" else (9, 10)
    if len(digits) in lengths:
        how = {"source": "given", "region": region, "reason": "its leading 0 is missing"}
        found = _found(_parsed("0" + digits, region), **how)
        if found and (region == "SE" or found.kind is Kind.MOBILE):
            return found
    if len(digits) in (7, 8):
        return _ambiguous(f"{len(digits)} digits without a leading 0 may be of another country")
    return _shape(digits, region) or _unfit(digits, region)


def _shape(digits: str, region: str | None, why: str = "no + before") -> Reading | None:
    """Rule 8: it looks like a neighbour's number with its country code."""
    for code in SHAPES:
        if not digits.startswith(code) or len(digits) < SHORTEST_SHAPE:
            continue
        if code in UNSAFE_SHAPES and region in {None, "FI", "AX"}:
            continue
        return _explicit(digits, source="shape", reason=f"{why} its country code {code}")
    return None


def _unfit(digits: str, region: str) -> Reading:
    if len(digits) < 7:
        return _invalid("it has too few digits")
    return _invalid(f"it is no number of {region}")
