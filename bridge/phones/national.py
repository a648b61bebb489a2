"""Rules 7 to 9: digits with neither + nor 00 before them."""

from dataclasses import replace
from typing import NamedTuple

from bridge.phones.library import assumed, country_code, has_trunk_zero, valid
from bridge.phones.values import Kind, Phone, Status

LONGEST = 15
SHORTEST = 7  # Norway's company numbers have five and are found before this is asked
NORDIC_LENGTH = 8  # of every Norwegian and Danish number

# Rule 7: a spreadsheet ate the trunk 0; so many digits are left.
EATEN_ZERO = {"SE": (9,), "FI": (9, 10), "AX": (9, 10)}
ONLY_MOBILES = frozenset({"FI", "AX"})
FOREIGN_OR_LOCAL = (7, 8)

# Rule 8
SHAPES = ("46", "47", "45", "358")
SHORTEST_SHAPE = 10
UNSAFE_SHAPES = frozenset({"45", "47"})  # Finnish mobiles begin so too
UNSAFE_WITH = frozenset({None, "FI", "AX"})

NO_PLUS = "its country code has no +"
NO_ZERO = "its first 0 was missing"


class Home(NamedTuple):
    """Where numbers without a country code are from, and which level said so (rule 1)."""

    region: str | None
    level: str


def national(digits: str, home: Home) -> Phone:
    region = home.region
    if region is None:
        return _shaped(digits, None) or _homeless(digits, home)
    if region in EATEN_ZERO and digits[0] != "0":
        found = _without_zero(digits, region, home)
    else:
        found = _as_dialled(digits, region, home)
    return found or _shaped(digits, region) or unfit(digits, home)


def refused(status: Status, reason: str, home: Home) -> Phone:
    return Phone(status=status, raw="", region=home.region, region_source=home.level, reason=reason)


def unfit(digits: str, home: Home) -> Phone:
    if len(digits) < SHORTEST:
        reason = "too few digits: incomplete, or a short or emergency number"
    elif len(digits) > LONGEST:
        reason = "too many digits for one number"
    else:
        reason = f"not a valid number in {home.region}"
    return refused(Status.INVALID, reason, home)


def _as_dialled(digits: str, region: str, home: Home) -> Phone | None:
    """What the library silently adds to a national number is an assumption of ours."""
    found = valid(digits, region)
    code = country_code(region)
    if found is None or not str(found.e164).startswith(f"+{code}"):
        return found  # with the region's own prefix for calls abroad, such as 011
    if digits.startswith("0") or not has_trunk_zero(region):
        # 1 is the country code of the United States and what is dialled there as well.
        with_code = found.e164 == f"+{digits}" and code != "1"
        return _at_home(found, home, NO_PLUS if with_code else "")
    own = valid(f"+{digits}") if digits.startswith(code) else None
    return _either(own, found, home)


def _without_zero(digits: str, region: str, home: Home) -> Phone | None:
    """Rule 7: most Norwegian mobiles would parse as valid Swedish landlines."""
    if len(digits) in FOREIGN_OR_LOCAL:
        others = "Norwegian, Danish or " if len(digits) == NORDIC_LENGTH else ""
        reason = f"{len(digits)} digits without a first 0: could be {others}a local number"
        return refused(Status.AMBIGUOUS, reason, home)
    own = valid(f"+{digits}") if digits.startswith(country_code(region)) else None
    eaten = valid(f"0{digits}", region) if len(digits) in EATEN_ZERO[region] else None
    if eaten and region in ONLY_MOBILES and eaten.kind is not Kind.MOBILE:
        eaten = None
    return _either(own, eaten, home)


def _either(own: Phone | None, eaten: Phone | None, home: Home) -> Phone | None:
    """`own`: read with its country code; `eaten`: with the 0 that it may have lost."""
    if own and eaten and own.e164 != eaten.e164:
        reason = "could begin with a country code, or with an area code that lacks its 0"
        return refused(Status.AMBIGUOUS, reason, home)
    if own:
        return _at_home(own, home, NO_PLUS)
    return eaten and _at_home(eaten, home, NO_ZERO)


def _at_home(found: Phone, home: Home, assumption: str) -> Phone:
    found = replace(found, region=home.region, region_source=home.level)
    return assumed(found, assumption) if assumption else found


def _shaped(digits: str, region: str | None) -> Phone | None:
    """Rule 8: a neighbour's number with its country code and no plus, or with a 0 for the plus."""
    if region:
        digits = digits.removeprefix("0")
    code = next((code for code in SHAPES if digits.startswith(code)), None)
    if code is None or len(digits) < SHORTEST_SHAPE:
        return None
    if code in UNSAFE_SHAPES and region in UNSAFE_WITH:
        return None
    found = valid(f"+{digits}")
    reason = f"{code} at its start was taken for the country code"
    return found and assumed(replace(found, region_source="shape"), reason)


def _homeless(digits: str, home: Home) -> Phone:
    """Rule 9."""
    if not SHORTEST <= len(digits) <= LONGEST:
        return unfit(digits, home)
    reason = f"{len(digits)} digits without a country"
    if len(digits) == NORDIC_LENGTH:
        reason += ": could be Norwegian or Danish"
    return refused(Status.AMBIGUOUS, reason, home)
