"""`normalize`: clean, take out what is no phone, find the numbers, take the first valid one."""

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from bridge.phones.cleaning import clean
from bridge.phones.fields import phones_in, with_digits_for_letters
from bridge.phones.library import assumed, regions
from bridge.phones.lookalikes import without_lookalikes
from bridge.phones.national import Home
from bridge.phones.values import Phone, Status


def normalize(raw: object, region: str | None, region_source: str = "given") -> Phone:
    """`region`: two letters of any case; `region_source`: the level that named it (rule 1)."""
    code = region.strip().upper() if isinstance(region, str) else ""
    home = Home(code, region_source) if code in regions() else Home(None, "none")
    return _normalize(_text(raw), home)


def _text(raw: object) -> str:
    if isinstance(raw, bytes | bytearray):
        return raw.decode("utf-8", "replace")
    with suppress(Exception):  # whatever an object's `__str__` may do
        return "" if raw is None else str(raw)
    return ""


@lru_cache(maxsize=4096)
def _normalize(raw: str, home: Home) -> Phone:
    text, letters_read = with_digits_for_letters(clean(raw))
    text, lookalike = without_lookalikes(text)
    found = list(phones_in(text, home))
    numbers: dict[str, Phone] = {}
    for phone in found:
        if phone.e164:
            numbers.setdefault(phone.e164, phone)
    if not numbers:
        return replace(_why_none(found, lookalike), raw=raw)
    primary, *alternates = numbers
    phone = replace(numbers[primary], raw=raw, alternates=tuple(alternates))
    return assumed(phone, "letters were read as 0 or 1") if letters_read else phone


def _why_none(found: list[Phone], lookalike: str) -> Phone:
    """Of all that was tried, the one nearest to a number."""
    for phone in found:
        if phone.status is Status.AMBIGUOUS:
            return phone
    if lookalike:
        return Phone(status=Status.INVALID, raw="", reason=f"{lookalike}, not a phone number")
    return found[0] if found else Phone(status=Status.INVALID, raw="", reason="no digits in it")
