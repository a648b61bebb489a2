"""The OData of Flow's lists, with counts that change the shape of the answer (F-T12)."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams

from bridge.sandbox.flow.odata_filter import BadFilterError, parse

MOST = 200  # a larger $top is a 400; the vendor's limits differ by endpoint and are not stated
DEFAULT = 100
OPTIONS = frozenset({"$top", "$skip", "$select", "$filter", "$inlinecount", "$count"})


class BadQueryError(ValueError):
    """An OData query that Flow answers with 400."""


def answer(
    rows: list[dict[str, Any]], fields: Sequence[str], query: QueryParams
) -> list[Any] | dict[str, Any]:
    """A list, or `{"Count", "Results"}` where a count was asked for.

    Starlette has already read `%24filter` and `+`, which httpx sends for `$filter` and blanks.
    """
    strange = [name for name in query if name.startswith("$") and name not in OPTIONS]
    if strange:
        raise BadQueryError(f"{strange[0]} is not supported")
    top = _number(query, "$top", DEFAULT)
    if top > MOST:
        raise BadQueryError(f"The limit of '{MOST}' for Top query has been exceeded")
    try:
        fits = parse(query.get("$filter", ""), fields)
        found = [row for row in rows if fits(row)]
    except BadFilterError as error:
        raise BadQueryError(str(error)) from None
    skip = _number(query, "$skip", 0)
    shown = [_selected(row, fields, query.get("$select", "")) for row in found[skip : skip + top]]
    if query.get("$inlinecount") == "allpages" or query.get("$count", "").lower() == "true":
        return {"Count": len(found), "Results": shown}
    return shown


def _number(query: QueryParams, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise BadQueryError(f"{name} is a number")
    return int(text)


def _selected(row: dict[str, Any], fields: Sequence[str], select: str) -> dict[str, Any]:
    if not select:
        return row
    names = [name.strip() for name in select.split(",")]
    unknown = [name for name in names if name not in fields]
    if unknown:
        raise BadQueryError(f"Could not find a property named '{unknown[0]}'")
    return {name: row.get(name) for name in names}
