"""One candidate without letters → a number, or why it is none. Rule 6 is here."""

import re
from collections.abc import Iterator

from bridge.phones.library import NUMBER, assumed, leading_country_code, valid
from bridge.phones.national import Home, national, refused, unfit
from bridge.phones.values import Phone, Status

FEWEST, MOST = 4, 20  # more than 15 digits only where a repair takes some away
NON_DIGITS = re.compile(r"\D")
KEEPS_ITS_ZERO = "39"  # Italy


def read(text: str, home: Home) -> Phone:
    """`text`: digits and punctuation, with a plus only before them."""
    digits = NON_DIGITS.sub("", text)
    if not FEWEST <= len(digits) <= MOST:
        return unfit(digits, home)
    if digits.startswith("00"):
        return _international(digits[2:])
    if "+" not in text:
        return national(digits, home)
    if digits.startswith("0"):  # no country code does, so the plus is noise
        return assumed(national(digits, home), "the + before its 0 was left out")
    return _international(digits)


def _international(digits: str) -> Phone:
    """An invalid number with a country code is never read as a national one."""
    found = valid(f"+{digits}")
    if found:
        return found
    for repaired, assumption in _repairs(digits):
        found = valid(f"+{repaired}")
        if found:
            return assumed(found, assumption)
    return refused(Status.INVALID, "not a number of the country in its code", Home(None, NUMBER))


def _repairs(digits: str) -> Iterator[tuple[str, str]]:
    """A second code that begins with a plus is a candidate of its own: `fields` parts them."""
    code = leading_country_code(digits)
    if code is None:
        return
    rest = digits[len(code) :]
    bare = rest.lstrip("0")
    if rest.startswith("00"):
        yield rest[2:], "the second of its two country codes was taken"
    if bare.startswith(code):
        yield bare, "its country code stood there twice"
    if bare != rest and code != KEEPS_ITS_ZERO:
        yield code + bare, "the 0 after its country code was left out"
