"""A form's name fields → first and last name, with a note for whatever was assumed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """`left`: a whole name that says something else than the two; it is kept elsewhere."""

    first: str | None
    last: str | None
    note: str = ""
    left: str = ""


def names(whole: str, first: str | None, last: str | None) -> Names:
    """`whole` is the field that holds the full name, at least as its label says."""
    whole = " ".join(whole.split())
    if first and last:
        return Names(first, last, left="" if _same(whole, f"{first} {last}") else whole)
    if first:
        return _beside_first(whole, first)
    if last:
        return _beside_last(whole, last)
    head, _, tail = whole.rpartition(" ")
    if not head:
        return Names(tail, None)
    return Names(head, tail, "first and last name were split at the last blank (assumed)")


def _beside_first(whole: str, first: str) -> Names:
    if _same(whole, first):
        return Names(first, None)
    if _same(whole[: len(first) + 1], f"{first} "):
        rest = whole[len(first) + 1 :]
        return Names(first, rest, "the last name is what follows the first name (assumed)")
    return Names(first, whole, "the name field was taken for the last name (assumed)")


def _beside_last(whole: str, last: str) -> Names:
    if _same(whole, last):
        return Names(None, last)
    if _same(whole[-len(last) - 1 :], f" {last}"):
        rest = whole[: -len(last) - 1]
        return Names(rest, last, "the first name is what precedes the last name (assumed)")
    return Names(whole, last, "the name field was taken for the first name (assumed)")


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
