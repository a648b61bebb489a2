"""Rule 3: what only looks like a number is blanked before anything is parsed.

With region SE every ISO date is a valid number to the library, and one identity number in ten.
"""

import re
from collections.abc import Callable
from datetime import date

GAP = " | "  # a boundary: what stands on both sides of it is never one number

MASKED = re.compile(
    r"\d[\s().-]{0,3}(?:[xX]{2,}|[xX]\s*$|[*_•#]{1,}(?!\d)|\?{2,}|\?(?=\d))|(?:[xX]{2,}|[*_?]{2,})[\s().-]{0,3}\d"
)
SCIENTIFIC = re.compile(r"\d(?:[.,]\d{1,15})?\s?[eE]\s?[+-]?\s?\d{1,3}(?!\d)")
SHEET_ERROR = re.compile(r"#(?:NUM|N/A|VALUE|REF|NAME|DIV/0|NULL)[!?]?|#{3,}", re.IGNORECASE)

EMAIL = re.compile(r"\S{1,64}@\S{1,100}")
WEB = re.compile(
    r"(?:https?://|www\.)\S{1,200}|\b[\w-]{1,60}\.(?:se|no|com|net|org|dk|fi|nu)\b/?\S{0,100}",
    re.IGNORECASE,
)
LABELLED = re.compile(
    r"\b(?:kund(?:nr|nummer|id|-id)?|kundenr|kundenummer|customer(?:\s?(?:id|no|number))?|"
    r"org(?:anisations?|anisasjons)?\.?[\s-]?(?:nr|nummer|no)|orgnr|org|"
    r"(?:person|f[øo]dsels)(?:nr|nummer)|pnr|fnr|"
    r"(?:[äa]rende|sak|saks|case|ticket|objekts?|object|oppdrags?|uppdrags?|"
    r"order|ordre|faktura|invoice|konto|account|medlems?|avtals?|bokning|booking|policy|l[äa]genhet|"
    r"lgh|fastighets?|bostads?|post|bank|plus)[\s-]?(?:nr|nummer|no|number|id|giro)?|"
    r"ref(?:erens|eranse|erence)?|id|bg|pg|iban|ocr|kid|zip|reg\.?nr|pin|kod|kode|code)"
    r"\b\.?\s?(?:nr|nummer|no|id)?\.?\s{0,3}[:#=]?\s{0,3}[A-Za-z]{0,4}-?\d[\d .-]{0,30}",
    re.IGNORECASE,
)
MONEY = re.compile(
    r"\b(?:kr|sek|nok|dkk|eur|usd)\b\.?\s{0,2}\d[\d .,]{0,20}|[€$£]\s{0,2}\d[\d .,]{0,20}|"
    r"\d[\d .,]{0,20}\s{0,2}(?:(?:kr|sek|nok|dkk|eur|usd|mkr|tkr|msek|mnok|kronor|kroner|mill?|"
    r"miljoner|millioner)\b|[€$£]|:-|,-)",
    re.IGNORECASE,
)
COORDINATES = re.compile(r"-?\d{1,3}\.\d{3,12}\s{0,2}[,; ]\s{0,2}-?\d{1,3}\.\d{3,12}")
HOURS = re.compile(
    r"(?<![\d.:-])(?:[01]?\d|2[0-4])[.:][0-5]\d\s{0,2}-\s{0,2}(?:[01]?\d|2[0-4])[.:][0-5]\d(?![\d.:])"
)
CLOCK = re.compile(
    r"(?<![\d.:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])|"
    r"\b(?:kl|klockan|klokka|klokken)\b\.?\s{0,2}\d{1,2}(?:[.:]\d{2})?"
    r"(?:\s{0,2}-\s{0,2}\d{1,2}(?:[.:]\d{2})?)?(?!\d)",
    re.IGNORECASE,
)
DATE = re.compile(
    r"(?<![\d.+-])(?:(?P<y>(?:19|20)\d\d)(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})"
    r"|(?P<d2>\d{1,2})(?P<s2>[-/.])(?P<m2>\d{1,2})(?P=s2)(?P<y2>(?:19|20)\d\d))"
    r"(?:T\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?(?![\d-])"
)
IP = re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
# Swedish and Danish: yymmdd-nnnn, a + from the 100th birthday on, 60 added to a coordination day.
IDENTITY = re.compile(r"(?<![\d+-])(19|20)?(\d\d)(\d\d)(\d\d)\s?([-+])\s?(\d{4})(?![\d-])")
LONG_IDENTITY = re.compile(r"(?<![\d+-])(19|20)(\d\d)(\d\d)(\d\d)(\d{4})(?![\d-])")
SHORT_IDENTITY = re.compile(r"(?<![\d+-])([1-9]\d)(\d\d)(\d\d)(\d{4})(?![\d-])")
NORWEGIAN = re.compile(r"(?<![\d+-])(\d\d)(\d\d)(\d\d)( ?)(\d{5})(?![\d-])")

Judge = Callable[[re.Match[str]], bool]


def hopeless(text: str) -> str:
    """Why nothing in the text can be trusted, or nothing."""
    if MASKED.search(text):
        return "some of its digits are masked"
    if SCIENTIFIC.search(text):
        return "a spreadsheet turned it into scientific notation"
    if SHEET_ERROR.search(text):
        return "a spreadsheet's error stands in its place"
    return ""


def blanked(text: str) -> str:
    """The text with a boundary in place of everything that is no phone number."""
    if "@" in text:
        text = EMAIL.sub(GAP, text)
    if any(char.isalpha() for char in text):
        text = CLOCK.sub(GAP, LABELLED.sub(GAP, WEB.sub(GAP, text)))
    for pattern, is_one in CHECKS:
        text = _without(text, pattern, is_one)
    return text


def _without(text: str, pattern: re.Pattern[str], is_one: Judge) -> str:
    return pattern.sub(lambda found: GAP if is_one(found) else found[0], text)


def _always(_: re.Match[str]) -> bool:
    return True


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_date(found: re.Match[str]) -> bool:
    year, month, day = (found[a] or found[b] for a, b in (("y", "y2"), ("m", "m2"), ("d", "d2")))
    return _is_day(int(year), int(month), int(day))


def _is_ip(found: re.Match[str]) -> bool:
    """070.174.06.05 and 41.23.46.90 are phones: no leading zeros, not all in pairs."""
    groups = found.groups()
    if any(int(one) > 255 or (one[0] == "0" and one != "0") for one in groups):
        return False
    return not all(len(one) == len(groups[0]) == 2 for one in groups)


def _born(month: str, day: str) -> bool:
    number = int(day) % 60 if int(day) > 60 else int(day)
    return 1 <= int(month) <= 12 and 1 <= number <= 31


def _is_identity(found: re.Match[str]) -> bool:
    return _born(found[3], found[4])


def _is_short_identity(found: re.Match[str]) -> bool:
    """Ten plain digits: only with a right check digit, since they may be anything."""
    return _born(found[2], found[3]) and _luhn(found[0])


def _luhn(digits: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _is_norwegian(found: re.Match[str]) -> bool:
    """ddmmyy nnnnn, 40 added to the day of a D-number; its two check digits are modulo 11."""
    day = int(found[1]) - 40 if int(found[1]) > 40 else int(found[1])
    if not (1 <= day <= 31 and 1 <= int(found[2]) <= 12):
        return False
    digits = [int(char) for char in found[0] if char != " "]
    weights = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    right = all(sum(w * d for w, d in zip(row, digits, strict=False)) % 11 == 0 for row in weights)
    return right or bool(found[4])


CHECKS: tuple[tuple[re.Pattern[str], Judge], ...] = (
    (MONEY, _always),
    (COORDINATES, _always),
    (HOURS, _always),
    (CLOCK, _always),
    (DATE, _is_date),
    (IP, _is_ip),
    (IDENTITY, _is_identity),
    (LONG_IDENTITY, _is_identity),
    (SHORT_IDENTITY, _is_short_identity),
    (NORWEGIAN, _is_norwegian),
)
