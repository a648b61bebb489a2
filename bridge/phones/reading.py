"""normalize(): clean, refuse what is no phone, find the numbers, take the first certain one."""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from bridge.phones.cleaning import clean
from bridge.phones.lookalikes import GAP, blanked, hopeless
from bridge.phones.numbers import Reading, read
from bridge.phones.values import Phone, Status

# Rule 4: extensions are cut off and kept; a longer row of digits after the word is a number.
EXTENSION = re.compile(
    r"[\s,;(/-]{0,3}(?:\b(?:ext(?:ension)?|ankn(?:ytning)?|anknytn|int(?:ern(?:nr|nummer|t)?)?|linje|"
    r"lokal|vx|v[äa]xel|internnr|bilt?oner|direktval|kort(?:nr|nummer)?)|(?<=\d)\s?x|;ext)"
    r"[.:=\s]{0,4}(\d{1,6})(?!\d|[\s-]{1,2}\d)",
    re.IGNORECASE,
)
ZERO_AND_ONE = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
LETTERS = re.compile(r"[^\W\d_]+(?:['’.]?[^\W\d_]+)*", re.UNICODE)
BETWEEN = re.compile(
    r"[,;|\\&\n\r\t]+|\s{2,}|\s/\s|/|\s-\s|\s(?=\+)|\s\((?!0\))|"
    r"(?<=\d\d)-(?=\d{1,2}\s*$)"  # 08-46500412-14: a row of numbers, of which the first is whole
)
FEWEST, MOST = 3, 25  # digits that a candidate may have
TRIES = 100  # candidates that one field may cost


def normalize(raw: object, region: str | None, region_source: str = "given") -> Phone:
    """Rules 1 to 10. `region`: two letters or None; `region_source`: the level that it is of."""
    text = raw if isinstance(raw, str) else _text(raw)
    known = region.strip().upper() if isinstance(region, str) else ""
    return _normalize(text, known if known in _regions() else None, region_source)


def _text(raw: object) -> str:
    if isinstance(raw, bytes):
        return raw.decode("utf-8", "replace")
    return "" if raw is None or isinstance(raw, bool) else str(raw)


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    enable = getattr(phonenumbers, "enable_pattern_cache", None)
    if enable is not None:  # without it, a cliff once the standard library's own cache overflows
        enable()
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


@lru_cache(maxsize=8192)
def _normalize(raw: str, region: str | None, region_source: str) -> Phone:
    text = clean(raw)
    reason = hopeless(text)
    if reason:
        return Phone(status=Status.INVALID, raw=raw, reason=reason)
    text, extension = _cut_extension(blanked(text))
    text, mended = _letters(text)
    good, bad = _readings(text, region)
    if not good:
        worst = next((one for one in bad if one.status is Status.AMBIGUOUS), None)
        first = worst or next(iter(bad), None)
        return Phone(
            status=first.status if first else Status.INVALID,
            raw=raw,
            reason=first.reason if first else "there is no phone number in it",
        )
    first = good[0]
    others = dict.fromkeys(one.e164 for one in good if one.e164 and one.e164 != first.e164)
    return Phone(
        status=Status.ASSUMED if mended else first.status,
        raw=raw,
        e164=first.e164,
        kind=first.kind,
        region=first.region,
        region_source=region_source if first.source == "given" else first.source,
        alternates=tuple(others),
        extension=extension,
        reason="a letter was read as 0 or 1" if mended else first.reason,
    )


def _cut_extension(text: str) -> tuple[str, str | None]:
    found = EXTENSION.search(text)
    if found is None or not re.search(r"\d{2}", text[: found.start()]):
        return text, None
    return text[: found.start()] + GAP + text[found.end() :], found[1]


def _letters(text: str) -> tuple[str, bool]:
    """Letters are boundaries, never digits, but for O, l and I where no other letter stands."""
    letters = {char for char in text if char.isalpha()}
    if letters and letters <= set("OolI") and any(char.isdigit() for char in text):
        return text.translate(ZERO_AND_ONE), True
    return LETTERS.sub(GAP, text), False


def _readings(text: str, region: str | None) -> tuple[list[Reading], list[Reading]]:
    """The certain numbers in field order, and what the other candidates were."""
    good: list[Reading] = []
    bad: list[Reading] = []
    if text.count("+") > 1 and read("+" + text.split("+")[1], region).certain:
        text = text.replace("+", ";+")  # two whole numbers, not a country code typed twice
    if GAP.strip() not in text and ";+" not in text and _digits(text) <= MOST:
        whole = read(text, region)
        if whole.certain:
            return [whole], []
        if _digits(text) >= FEWEST:
            bad.append(whole)
    tries = iter(range(TRIES))
    for part in BETWEEN.split(text):
        if not FEWEST <= _digits(part) <= 4 * MOST or next(tries, None) is None:
            continue
        found = read(part, region)
        if found.certain:
            good.append(found)
            continue
        several = list(_row(part.split(), region, tries))
        good += several
        if not several:
            bad.append(found)
    return good, bad


def _row(words: list[str], region: str | None, tries: Iterator[int]) -> Iterator[Reading]:
    """Rule 5: blank groups that each form a full number, one after the other to the end."""
    found: list[Reading] = []
    start = 0
    while start < len(words):
        for end in range(start + 1, len(words) + 1):
            chunk = " ".join(words[start:end])
            if next(tries, None) is None or _digits(chunk) > MOST:
                return
            reading = read(chunk, region) if _digits(chunk) > FEWEST else None
            if reading and reading.status is Status.NORMALIZED:
                found.append(reading)
                start = end
                break
        else:
            return
    if len(found) > 1:
        yield from found


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)
