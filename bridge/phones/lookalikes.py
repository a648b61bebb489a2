"""Rule 3: what only looks like a number is taken out before anything is parsed.

With region SE every ISO date is a valid number to the library. What stands beside it in the field
may still be a phone, so only the lookalike itself gives way, to a boundary.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from bridge.phones import identities, moments

BOUNDARY = " ; "
LETTER = re.compile(r"[^\W\d_]")

EMAIL = re.compile(r"[^\s,;/|<>()]{1,64}@[^\s,;/|<>()]{1,200}")
WEB = re.compile(
    r"(?:\bhttps?://|\bwww\.)\S{1,250}"
    r"|\b[a-z][\w-]{0,60}\.(?:se|no|dk|fi|ax|is|fo|de|eu|com|net|org|nu|io|me|info|app)\b"
    r"(?:/\S{0,200})?",
    re.IGNORECASE,
)
SHEET_ERROR = re.compile(r"#(?:N/A|DIV/0!|[A-ZÅÄÖÆØ]{3,12}[!?])|#{3,}", re.IGNORECASE)
SCIENTIFIC = re.compile(r"(?<![\w.,])\d{1,4}(?:[.,]\d{1,15})?e[+-]?\d{1,3}(?!\w)", re.IGNORECASE)

AROUND = r"[\d+(). -]{0,30}"  # one sign that is unsure makes the number around it unsure
MASKED_REST = r"[\dx*?#_. -]{0,30}"
MASK = re.compile(
    rf"{AROUND}(?:(?<=\d)|(?<=\d[ .-]))(?:x{{2,}}|[*?#_]{{2,}}){MASKED_REST}"
    rf"|(?<![^\W\d_])(?:x{{2,}}|[*#_]{{2,}})[ .-]?(?=\d){MASKED_REST}"
    rf"|{AROUND}(?<=\d[ .-])[*?](?=\d){MASKED_REST}"
    rf"|{AROUND}(?<=\d)(?:\.{{3,}}|-{{2,}}(?=\s|$)|\*|\?(?=\d)|x(?![\w.:=-]| ?\d)){MASKED_REST}"
    rf"|{AROUND}(?<=\D\d)\?{MASKED_REST}",  # half a pair is gone; else somebody only wonders
    re.IGNORECASE,
)
STRAY_LETTER = re.compile(  # but for an extension or an "or" with no blanks around it
    rf"{AROUND}\d[.-]?(?!(?:x|vx|el|og)[.-]?\d)[^\W\d_]{{1,2}}[.-]?\d{AROUND}"
    rf"|{AROUND}\d[OIl](?![^\W\d_]){AROUND}",
    re.IGNORECASE,
)

ID_LABELS = (
    "account|annons|avtals?|bankgiro|bg|boknings?|booking|bostads?|case|cpr|cvr|diarie|dnr|ean"
    "|eiendoms?|faktura|fastighets?|finn-?kode|fnr|iban|id|imei|invoice|isbn|kid|kode?|code|konto"
    "|lgh|lägenhets?|moms|objekts?|object|ocr|oppdrags?|orders?|ordre|org|organi[sz]ations?"
    "|organisasjons?|pg|pin|plusgiro|pnr|property|ref|referanse|referens|referen[cz]e?|sags?|saks?"
    "|ssn|ticket|uppdrags?|vat|y-tunnus|zip|[äa]rende"
)
OWNERS = (  # of a number or an id; with neither word, what follows may be their phone
    "artikel|client|customer|f[øo]dsels|f[öo]delse|klient|kunde?|lead|listing|löp|medlems?|member"
    "|person|post|serie"
)
NUMBER_OR_ID = r"[ .-]{0,2}(?:nr|nummer|numret|numero|number|num|no|id|n:o|kode?|code|#)"
LABELLED_ID = re.compile(
    rf"(?<![^\W\d_])(?:(?:{ID_LABELS})(?:{NUMBER_OR_ID})?|(?:{OWNERS}){NUMBER_OR_ID})"
    r"[\s.:#=-]{0,3}(?:(?:är|er|is) )?(?-i:[A-ZÅÄÖÆØ]{1,4}[/-]?)?"
    # It goes on over blanks and slashes until something begins as a phone does.
    r"\d{1,30}(?:[.-]\d{1,30}|/(?![0+])\d{1,30}| (?![0+])\d{1,30}){0,8}",
    re.IGNORECASE,
)

AMOUNT = r"(?<!\d)(?!0\d)(?:\d{1,3}(?:[ .,]\d{3}){1,4}|\d{1,12})(?:[.,]\d{1,2})?(?!\d)"
CURRENCY = r"(?:kr|sek|nok|dkk|isk|eur|euro|usd|gbp|pln|chf)"
LARGE_UNIT = r"(?:kron[aeo]r?|mkr|tkr|[mt](?:sek|nok|dkk)|milj|miljoner|mill?|millioner|million)"
PRICE_LABEL = r"(?:(?:utgångs)?pris(?:antydning)?|price)"
MONEY = re.compile(
    rf"{AMOUNT} ?(?:(?:{CURRENCY}|{LARGE_UNIT})(?![^\W\d_])|[€$£]|[:,]-)"
    rf"|(?:(?<![^\W\d_])(?:{CURRENCY}|{PRICE_LABEL})[.:]?|[€$£]) ?{AMOUNT}",
    re.IGNORECASE,
)

IP_ADDRESS = re.compile(r"(?<![\d.+])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
DEGREES = r"-?(?:0|[1-9]\d{0,2})\.\d{3,15}"
COORDINATES = re.compile(
    rf"(?<![\d.+]){DEGREES}[,; ]{{1,3}}{DEGREES}(?![\d.])"
    r"|(?<![\d.+])-?[1-9]\d{0,2}\.\d{5,15}(?![\d.])"
    r"|\d{1,3} ?°[\d .°]{0,20}"
)


class Lookalike(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    is_one: Callable[[re.Match[str]], bool] | None = None  # where a pattern cannot tell


def _is_ip_address(found: re.Match[str]) -> bool:
    """070.174.06.05 and 41.23.46.90 are phones: a leading zero, or all in pairs."""
    groups = found.groups()
    if any(int(one) > 255 or one != str(int(one)) for one in groups):
        return False
    return any(len(one) != len("41") for one in groups)


WITH_LETTERS = (
    Lookalike("an e-mail address", EMAIL),
    Lookalike("a web address", WEB),
    Lookalike("scientific notation from a spreadsheet", SCIENTIFIC),
    Lookalike("a labelled id", LABELLED_ID),
    Lookalike("a personal identity number", identities.FINNISH),
    Lookalike("hours", moments.SPOKEN_HOURS),
)
WITH_OR_WITHOUT = (
    Lookalike("an error from a spreadsheet", SHEET_ERROR),
    Lookalike("a masked number", MASK),
    Lookalike("an amount of money", MONEY),
    Lookalike("an identity number", identities.SIGNED, identities.is_signed),
    Lookalike("a personal identity number", identities.TWELVE_DIGITS, identities.is_twelve_digits),
    Lookalike("a personal identity number", identities.TEN_DIGITS, identities.is_ten_digits),
    Lookalike("a personal identity number", identities.NORWEGIAN, identities.is_norwegian),
    Lookalike("a card number", identities.CARD, identities.is_card),
    Lookalike("an IP address", IP_ADDRESS, _is_ip_address),
    Lookalike("coordinates", COORDINATES),
    Lookalike("a date", moments.FULL_DATE),
    Lookalike("a date", moments.SHORT_DATE),
    Lookalike("hours", moments.HOURS),
)
LETTERS_LAST = (Lookalike("digits with a letter among them", STRAY_LETTER),)


def without_lookalikes(text: str) -> tuple[str, str]:
    """The text with a boundary in place of each lookalike, and what the first one was."""
    has_letters = LETTER.search(text) is not None
    first = ""
    for one in (*WITH_LETTERS, *WITH_OR_WITHOUT, *LETTERS_LAST) if has_letters else WITH_OR_WITHOUT:
        bare = _without(text, one)
        if bare != text:
            text, first = bare, first or one.name
    return text, first


def _without(text: str, lookalike: Lookalike) -> str:
    is_one = lookalike.is_one
    if is_one is None:
        return lookalike.pattern.sub(BOUNDARY, text)
    return lookalike.pattern.sub(lambda found: BOUNDARY if is_one(found) else found[0], text)
