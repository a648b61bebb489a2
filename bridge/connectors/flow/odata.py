"""OData as Flow's lists take it: what to ask for, and every page of what comes (F-T12, F-T23).

Page: commonly used methods, OData. `$top` is 100 where nobody says otherwise, which cuts a list off
in silence, and what is too large is a 400; a count turns the list into `{"Count", "Results"}`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from bridge.connectors.base import LookUpError
from bridge.connectors.flow import asking
from bridge.connectors.flow.api import FlowCalls

PAGE = 100  # Flow's own default, so no endpoint's limit is below it
PAGES = 1000

Row = Mapping[str, Any]


def literal(value: str | float | bool) -> str:
    """In single quotes, a quote inside doubled; numbers and truth values as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def one_of(name: str, values: Sequence[str | int]) -> str:
    """`Type eq 'Seller' or Type eq 'Owner'`; built, since a published one lacks an `or` (F-T23)."""
    return " or ".join(f"{name} eq {literal(value)}" for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`more`: parameters that are the endpoint's own. `size`: rows of a page."""

    where: str = ""
    select: Sequence[str] = ()
    count: bool = False
    size: int = PAGE
    more: Mapping[str, str] = field(default_factory=dict)

    def text(self, *, skip: int = 0, top: int = 0) -> str:
        """After the `?`. Blanks are `%20`, never `+`; `$` and `,` stay, as the page writes them."""
        given = {
            **self.more,
            "$inlinecount": "allpages" if self.count else "",
            "$skip": str(skip) if skip else "",
            "$top": str(top or self.size),
            "$select": ",".join(self.select),
            "$filter": self.where,
        }
        named = {name: value for name, value in given.items() if value}
        return urlencode(named, quote_via=quote, safe="$,")


class Listing:
    """Every row of a list, page by page, as an async iterator. Raises `LookUpError`.

    `count` is how many there are, once the first page came, where it was asked for and told.
    """

    def __init__(
        self, calls: FlowCalls, path: str, query: Query | None = None, *, method: str = "GET"
    ) -> None:
        self.count: int | None = None
        self._calls = calls
        self._path = path
        self._query = query or Query()
        self._method = method
        self._top = self._query.size

    async def __aiter__(self) -> AsyncIterator[Row]:
        seen, last = 0, None
        for _ in range(PAGES):
            rows = await self._page(seen)
            if rows and rows == last:  # else it would never end
                raise LookUpError(f"Flow sends the same page of {_kind(self._path)} again")
            for row in rows:
                yield row
            seen, last = seen + len(rows), rows
            if not rows or self._is_whole(seen, len(rows)):
                return

    async def _page(self, skip: int) -> list[Row]:
        """Smaller pages from here on, where rows are so large that a page cannot be read."""
        path = f"{self._path}?{self._query.text(skip=skip, top=self._top)}"
        try:
            found = await asking.json(self._calls, path, method=self._method)
        except asking.TooLargeError:
            if self._top == 1:
                raise
            self._top //= 2
            return await self._page(skip)
        rows, count = read(found)
        self.count = count if count is not None else self.count
        return rows

    def _is_whole(self, seen: int, got: int) -> bool:
        """By the count; without one a page that is not full is the last."""
        return seen >= self.count if self.count is not None else got < self._top


def read(found: Any) -> tuple[list[Row], int | None]:
    """Both shapes of an answer: a list, or `{"Count": n, "Results": […]}`. Raises `LookUpError`."""
    count = found.get("Count") if isinstance(found, dict) else None
    rows = found.get("Results") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise LookUpError("Flow answered something that is no list")
    known = count if isinstance(count, int) else None
    return [one for one in rows if isinstance(one, dict)], known


def _kind(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]
