"""`$filter`: comparisons joined by and, or and brackets; quotes inside text are doubled."""

import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

Test = Callable[[dict[str, Any]], bool]
TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<bracket>[()])|(?P<word>[^\s()']+))")
EQUALITY = frozenset({"eq", "ne"})
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
WORDS: dict[str, Any] = {"null": None, "true": True, "false": False}


class BadFilterError(ValueError):
    """A filter that cannot be read, or that names what is not there."""


def parse(text: str, fields: Sequence[str]) -> Test:
    """Raises `BadFilterError`. `or` binds more loosely than `and`."""
    if not text.strip():
        return lambda _: True
    reader = _Reader(_tokens(text), fields)
    test = reader.any_of()
    if reader.left:
        raise BadFilterError(f"Syntax error at '{reader.left[0]}'")  # F-T23: a missing `or`
    return test


class _Reader:
    def __init__(self, tokens: list[str], fields: Sequence[str]) -> None:
        self.left = tokens
        self._fields = fields

    def any_of(self) -> Test:
        tests = [self._all_of()]
        while self._next_is("or"):
            tests.append(self._all_of())
        return lambda row: any(test(row) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._one()]
        while self._next_is("and"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._next_is("("):
            test = self.any_of()
            if not self._next_is(")"):
                raise BadFilterError("A bracket is not closed")
            return test
        if len(self.left) < 3:
            raise BadFilterError("A comparison is not complete")
        name, how, literal = self.left[:3]
        del self.left[:3]
        if name not in self._fields:
            raise BadFilterError(f"Could not find a property named '{name}'")
        return _comparison(name, how, _literal(literal))

    def _next_is(self, word: str) -> bool:
        if self.left and self.left[0] == word:
            del self.left[0]
            return True
        return False


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise BadFilterError(f"Syntax error at '{text[at:]}'")
        found.append(match[0].strip())
        at = match.end()
    return found


def _literal(token: str) -> Any:
    """A quoted text, a number, null, true, false, or a date without quotes."""
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if token in WORDS:
        return WORDS[token]
    if re.fullmatch(r"-?\d+", token):
        return int(token)
    try:
        moment = datetime.fromisoformat(token)
    except ValueError:
        raise BadFilterError(f"'{token}' is no literal") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _comparison(name: str, how: str, wanted: Any) -> Test:
    if how not in COMPARE:
        raise BadFilterError(f"'{how}' is no operator")
    compare = COMPARE[how]

    def test(row: dict[str, Any]) -> bool:
        given = row.get(name)
        if isinstance(wanted, datetime) and isinstance(given, str):
            given = _literal(given)
        return compare(given, wanted) if how in EQUALITY else _ordered(compare, given, wanted)

    return test


def _ordered(compare: Callable[[Any, Any], bool], given: Any, wanted: Any) -> bool:
    """Null is neither more nor less; a text and a number cannot be compared."""
    if given is None or wanted is None:
        return False
    if type(given) is not type(wanted):
        raise BadFilterError(f"'{wanted}' cannot be compared with '{given}'")
    return compare(given, wanted)
