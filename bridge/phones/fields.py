"""Rules 4 and 5: a field's text → the numbers in it, each with its extension."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.phones.national import Home
from bridge.phones.numbers import NON_DIGITS, read
from bridge.phones.values import Phone, Status

MOST_TRIES = 60  # candidates that one field may cost
TOO_MANY = "too many numbers in one field"
LONGEST_DIALLED = 17  # 00 and fifteen digits

# Letters are boundaries; so is every sign that nobody writes within a number.
RUN = re.compile(r"[+\d(\[][\d+ ()\[\]._~/,-]*")
BEFORE_PLUS = re.compile(r"(?=\+)")
SEPARATOR = re.compile(r" ?[/,] ?")
# With one of these before it, a slash or a comma parts no numbers: 070/174 06 05.
AREA_CODE = re.compile(r" ?\(?(?:0\d{1,4}|\+\d{1,3}[ -]?(?:\(0\))?\d{1,4})\)?")
MOST_IN_ONE = 4  # 070/174/06/05
LAST_LINE = re.compile(r"(.{0,30}\d\d)-(\d{1,2})[ .]?")
EXTENSION = re.compile(
    r"(?<=\d)[\s,;().-]{0,3}(?:(?:extension|extn?|anknytning|anknytn|ankn?|internnr|internt|intern"
    r"|int|linje|line|lokal|lok|växel|vxl?|tilknytning|alanumero|durchwahl|dw|x)(?![^\W\d_])|\#)"
    r"[.:=# ]{0,3}(\d{1,6})(?![./-]?\d)(?! [1-9])",
    re.IGNORECASE,
)

LETTERS = re.compile(r"[^\W\d_]+")
LONE_LETTER = re.compile(r"(?<!\S)[^\W\d_](?!\S)")  # 070… o 08…: a word
MISTAKEN_LETTERS = frozenset("OoIl")
AS_DIGITS = str.maketrans("OoIl", "0011")


def with_digits_for_letters(text: str) -> tuple[str, bool]:
    """Rule 4: `O7O…`, where nothing else is a letter; and whether it was so."""
    letters = set("".join(LETTERS.findall(text)))
    if not letters or letters - MISTAKEN_LETTERS or LONE_LETTER.search(text):
        return text, False
    return text.translate(AS_DIGITS), True


def phones_in(text: str, home: Home) -> Iterator[Phone]:
    """Every candidate in field order, valid or not."""
    reader = Reader(home)
    pieces = EXTENSION.split(text)
    for before, extension in zip(pieces[::2], [*pieces[1::2], None], strict=True):
        phones = [phone for run in RUN.findall(before) for phone in reader.run(run)]
        if extension and phones:
            phones[-1] = replace(phones[-1], extension=extension)
        yield from phones


@dataclass(slots=True)
class Reader:
    """Reads one field's candidates, and no more of them than it may."""

    home: Home
    tries: int = MOST_TRIES

    def run(self, run: str) -> Iterator[Phone]:
        """Digits and punctuation. A plus begins a number wherever it stands."""
        for part in filter(None, BEFORE_PLUS.split(run)):
            chunks = SEPARATOR.split(part)
            while chunks:
                joined, size = self._after_area_code(chunks)
                yield from [joined] if joined else self._chunk(chunks[0])
                chunks = chunks[size:]

    def _after_area_code(self, chunks: list[str]) -> tuple[Phone | None, int]:
        """A number of several chunks, and how many; else one is to be read by itself."""
        if AREA_CODE.fullmatch(chunks[0]):
            for size in range(min(len(chunks), MOST_IN_ONE), 1, -1):
                joined = self._read(" ".join(chunks[:size]))
                if joined.e164:
                    return joined, size
        return None, 1

    def _chunk(self, chunk: str) -> list[Phone]:
        whole = self._read(chunk)
        if whole.status is not Status.INVALID:
            return [whole]
        switchboard = self._switchboard(chunk)
        if switchboard:
            return [switchboard]
        words = [word for word in chunk.split() if any(map(str.isdigit, word))]
        return self._row(words) or [whole] if words else []

    def _switchboard(self, chunk: str) -> Phone | None:
        """08-465 004 12-14: the first of a switchboard's lines."""
        found = LAST_LINE.fullmatch(chunk)
        if found is None or found[2] <= NON_DIGITS.sub("", found[1])[-len(found[2]) :]:
            return None
        first = self._read(found[1])
        return first if first.status is Status.NORMALIZED else None

    def _row(self, words: list[str]) -> list[Phone]:
        """Groups of words that are one number each, to the last word; or nothing."""
        found: list[Phone] = []
        while words:
            phone, rest = self._longest(words)
            if phone is None:
                return []
            found.append(phone)
            words = rest
        return found

    def _longest(self, words: list[str]) -> tuple[Phone | None, list[str]]:
        for size in range(_fitting(words), 0, -1):
            phone = self._read(" ".join(words[:size]))
            if phone.status is Status.NORMALIZED or (phone.e164 and size == 1):
                return phone, words[size:]
        return None, words

    def _read(self, text: str) -> Phone:
        self.tries -= 1
        if self.tries < 0:
            return Phone(status=Status.INVALID, raw="", reason=TOO_MANY)
        return read(text, self.home)


def _fitting(words: list[str]) -> int:
    """How many of the words may be one number."""
    digits = 0
    for place, word in enumerate(words):
        digits += sum(map(str.isdigit, word))
        if digits > LONGEST_DIALLED:
            return place
    return len(words)
