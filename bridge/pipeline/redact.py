"""What went over the wire, without the person: for who may look but need not know who it is."""

import re
from collections.abc import Iterator

import orjson

from bridge import phones
from bridge.leads import Lead

DOTS = "•••"
EMAIL = re.compile(r"[^\s\"'<>@,;]+@[^\s\"'<>@,;]+")
DIGITS = re.compile(
    r"(?<![\w-])\+?\d[\d ()/-]{5,}\d(?![\w-])"
)  # not within a GUID or a vendor's id
SHORTEST = 2  # characters of a piece that is looked for
FEWEST = 5  # digits that may be a phone
LONG = 80  # characters of a text that is free text


class Redaction:
    """Of one lead; `region` is where its phones are from."""

    def __init__(self, lead: Lead | None, region: str | None) -> None:
        pieces = sorted(set(_pieces(lead, region)) if lead else (), key=len, reverse=True)
        found = "|".join(re.escape(one) for one in pieces)
        self._pieces = re.compile(found, re.IGNORECASE) if found else None

    def body(self, text: str) -> str:
        """JSON value by value, anything else as text."""
        try:
            tree = orjson.loads(text)
        except orjson.JSONDecodeError:
            return self.text(text)
        return orjson.dumps(self._tree(tree), option=orjson.OPT_INDENT_2).decode()

    def text(self, text: str) -> str:
        shown = EMAIL.sub(DOTS, text)
        shown = self._pieces.sub(DOTS, shown) if self._pieces else shown
        return DIGITS.sub(DOTS, shown)

    def _tree(self, value: object) -> object:
        match value:
            case dict():
                return {key: self._tree(one) for key, one in value.items()}
            case list():
                return [self._tree(one) for one in value]
            case str():
                return DOTS if len(value) > LONG or self.text(value) != value else value
            case _:
                return value


def plain(text: str) -> str:
    """As it was, set out for reading."""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return text


def masked(text: str) -> str:
    """Its first letter, and that there is more."""
    return " ".join(f"{word[0]}{DOTS}" for word in text.split())


def masked_number(number: str) -> str:
    """A phone by its last two digits."""
    digits = [at for at, one in enumerate(number) if one.isdigit()][:-2]
    return "".join("•" if at in digits else one for at, one in enumerate(number))


def _pieces(lead: Lead, region: str | None) -> Iterator[str]:
    """Every form in which a vendor may have got or repeated it."""
    for value in lead.personal_values():
        for word in (value, *value.split()):
            if len(word) >= SHORTEST:
                yield word
    address = lead.person.address
    yield from (one for one in (address.postal_code, address.city) if one)
    for phone in lead.person.phones:
        known = phones.normalize(phone.number, region)
        yield from (one for one in (known.e164, *known.alternates) if one)
        digits = "".join(filter(str.isdigit, phone.number))
        yield from [digits] if len(digits) >= FEWEST else []
