"""What is asked of `phonenumbers`: is it a number (rule 10), and how does its country write them?

No carrier or geocoder data, nothing about a region's borders: those fail Svalbard and Åland.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from bridge.phones.values import Kind, Phone, Status

NUMBER = "number"  # the region source of a number with a country code

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
DUTCH_MACHINES = "+3197"  # to the library machines' numbers have no type, but these are mobiles


@cache
def regions() -> frozenset[str]:
    enable = getattr(phonenumbers, "enable_pattern_cache", None)
    if enable is not None:  # without it a number costs 1.1 ms once the cache of `re` overflows
        enable()
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def valid(text: str, region: str | None = None) -> Phone | None:
    """`text`: digits, with a plus unless the region says how to read them."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    kind = KINDS.get(phonenumbers.number_type(number))
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if kind is None or e164.startswith(DUTCH_MACHINES):
        return None
    return Phone(
        status=Status.NORMALIZED,
        raw="",
        e164=e164,
        kind=kind,
        region=phonenumbers.region_code_for_number(number),
        region_source=NUMBER,
    )


def assumed(phone: Phone, what: str) -> Phone:
    """The same with one assumption more; what is no number remains none."""
    if phone.e164 is None:
        return phone
    reason = "; ".join(filter(None, (phone.reason, what)))
    return replace(phone, status=Status.ASSUMED, reason=reason)


def leading_country_code(digits: str) -> str | None:
    return next((digits[:size] for size in (1, 2, 3) if digits[:size] in _country_codes()), None)


@cache
def _country_codes() -> frozenset[str]:
    return frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


@cache
def country_code(region: str) -> str:
    return str(phonenumbers.country_code_for_region(region))


@cache
def has_trunk_zero(region: str) -> bool:
    return phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) == "0"
