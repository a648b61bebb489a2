"""Personal and organisation numbers, written with no label (rule 3).

One in ten would pass for a Swedish phone. Where their own sign or blank does not show what they
are, the check digits must: ten or eleven plain digits are far more often a phone.
"""

import re

LONGEST_DAY = 31
COORDINATION_DAY = 60  # added to the day for those not registered in Sweden
D_NUMBER_DAY = 40  # the same in Norway
LAST_MONTH = 12
ORGANISATION_MONTH = 20  # an organisation's third and fourth digits are never a month

# Sweden's yymmdd-nnnn (a plus from the hundredth birthday on); Denmark's and Iceland's ddmmyy-nnnn.
SIGNED = re.compile(r"(?<![\d+-])((?:19|20|16)?)(\d{6}) ?[-+] ?(\d{4})(?![\d-])")
TWELVE_DIGITS = re.compile(r"(?<![\d+-])(?<![\d)] )(?:19|20)(\d{6}) ?\d{4}(?![\d-])")
TEN_DIGITS = re.compile(r"(?<![\d+-])(?<![\d)] )(\d{6})( ?)(\d{4})(?![\d-])")
NORWEGIAN = re.compile(r"(?<![\d+-])(?<![\d)] )(\d{6})( ?)(\d{5})(?![\d-])")
FINNISH = re.compile(r"(?<![\d+-])\d{6}(?:[-+A-FU-Y]\d{3}[A-FHJ-NPR-Y]|[A-FU-Y]\d{4})(?!\w)")
CARD = re.compile(r"(?<![\d+-])\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?![\d-])")

MODULO_11 = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))


def is_signed(found: re.Match[str]) -> bool:
    century, date, serial = found.groups()
    if date[0] == "0" and not century:
        return _may_begin_with_0(date, date + serial)
    organisation = int(date[2:4]) >= ORGANISATION_MONTH and _luhn(date + serial)
    return organisation or _year_first(date) or _day_first(date)


def is_twelve_digits(found: re.Match[str]) -> bool:
    return _year_first(found[1])


def is_ten_digits(found: re.Match[str]) -> bool:
    date, blank, serial = found.groups()
    if date[0] == "0":  # 0701740605 is a phone
        return bool(blank) and _exists(date[2:4], int(date[4:])) and _luhn(date + serial)
    return _year_first(date) and (bool(blank) or _luhn(date + serial))


def is_norwegian(found: re.Match[str]) -> bool:
    date, blank, serial = found.groups()
    day = int(date[:2])
    day -= D_NUMBER_DAY if day > D_NUMBER_DAY else 0
    return _exists(date[2:4], day) and (bool(blank) or _modulo_11(date + serial))


def is_card(found: re.Match[str]) -> bool:
    """Else its halves could be two Norwegian or Danish phones."""
    return _luhn(found[0].replace(found[1], ""))


def _may_begin_with_0(date: str, digits: str) -> bool:
    """070174-0605 is a Swedish mobile, oddly written, unless it is surely a person."""
    if _exists(date[2:4], int(date[4:])) or (_year_first(date) and _luhn(digits)):
        return True
    return _day_first(date) and not date.startswith("07")


def _year_first(date: str) -> bool:
    day = int(date[4:])
    return _exists(date[2:4], day - COORDINATION_DAY if day > COORDINATION_DAY else day)


def _day_first(date: str) -> bool:
    return _exists(date[2:4], int(date[:2]))


def _exists(month: str, day: int) -> bool:
    return 1 <= int(month) <= LAST_MONTH and 1 <= day <= LONGEST_DAY


def _luhn(digits: str) -> bool:
    doubled = (str(int(char) * (1 + place % 2)) for place, char in enumerate(reversed(digits)))
    return sum(map(int, "".join(doubled))) % 10 == 0


def _modulo_11(digits: str) -> bool:
    row = [int(char) for char in digits]
    return all(
        sum(weight * digit for weight, digit in zip(weights, row, strict=False)) % 11 == 0
        for weights in MODULO_11
    )
