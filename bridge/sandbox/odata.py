"""The OData of Flow's lists, with counts that change the shape of the answer (F-T12)."""

import re
from typing import Any

from starlette.datastructures import QueryParams

MOST = 200  # a larger $top is a 400; the real limits differ by endpoint
DEFAULT = 100
CLAUSE = re.compile(r"\s*(\w+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|[\w.:+-]+)\s*")


class BadQueryError(ValueError):
    """An OData query that Flow answers with 400."""


def answer(rows: list[dict[str, Any]], query: QueryParams) -> list[Any] | dict[str, Any]:
    """A list, or `{"Count", "Results"}` where a count was asked for."""
    top, skip = _number(query, "$top", DEFAULT), _number(query, "$skip", 0)
    if top > MOST:
        raise BadQueryError(f"$top must be at most {MOST}")
    found = [row for row in rows if _fits(row, query.get("$filter", ""))]
    shown: list[Any] = found[skip : skip + top]
    if query.get("$select"):
        names = [name.strip() for name in query["$select"].split(",")]
        shown = [{name: row.get(name) for name in names} for row in shown]
    if query.get("$inlinecount") == "allpages" or query.get("$count") == "true":
        return {"Count": len(found), "Results": shown}
    return shown


def _number(query: QueryParams, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit():
        raise BadQueryError(f"{name} is a number")
    return int(text)


def _fits(row: dict[str, Any], condition: str) -> bool:
    if not condition:
        return True
    return any(
        all(_clause(row, clause) for clause in re.split(r"\s+and\s+", part))
        for part in re.split(r"\s+or\s+", condition)
    )


def _clause(row: dict[str, Any], clause: str) -> bool:
    match = CLAUSE.fullmatch(clause)
    if match is None:
        raise BadQueryError(f"$filter cannot be read: {clause}")
    name, operator, raw = match.groups()
    wanted = raw[1:-1].replace("''", "'") if raw.startswith("'") else raw
    given = row.get(name)
    text = str(given).lower() if isinstance(given, bool) else str(given)
    if operator in {"eq", "ne"}:
        return (text == wanted) == (operator == "eq")
    if _numeric(text) and _numeric(wanted):
        order = float(text) - float(wanted)
    else:
        order = (text > wanted) - (text < wanted)
    return {"gt": order > 0, "ge": order >= 0, "lt": order < 0, "le": order <= 0}[operator]


def _numeric(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", text))
