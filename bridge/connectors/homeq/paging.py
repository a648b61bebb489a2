"""HomeQ's long lists, page by page: what is held is one page."""

from collections.abc import AsyncIterator

from bridge.connectors.base import LookUpError
from bridge.connectors.homeq.answers import Row, TooLongError, number_of, rows_of
from bridge.connectors.homeq.api import Api

PAGES = 2000  # a list that is longer than this goes round in a circle
AMOUNT = 50  # rows asked for; ten is HomeQ's own number (H-T19), a row has pictures and is long


async def inventory(api: Api, path: str, **wanted: object) -> AsyncIterator[Row]:
    """Estates, flats and listings; `wanted` are HomeQ's own filters. Raises `LookUpError`.

    Everything below the root office, not only below the selected one (H-T19). The list is written
    meanwhile, so a row may come twice or be missed; `total` is not to be trusted alone.
    """
    amount, offset, before = AMOUNT, 0, ""
    for _ in range(PAGES):
        query = {**wanted, "use_root_office": "true", "amount": amount, "offset": offset}
        try:
            found = await api.get(path, query, patient=True)
        except TooLongError:
            if amount == 1:
                raise
            amount = max(amount // 2, 1)
            continue
        rows = rows_of(found)
        here = str([row.get("identifier") for row in rows if row.get("identifier")])
        if rows and here == before and here != "[]":
            raise LookUpError("HomeQ's inventory answers the same page again and again")
        for row in rows:
            yield row
        before, offset = here, offset + len(rows)
        total = number_of(found.get("total")) if isinstance(found, dict) else None
        # A page shorter than asked for may be HomeQ's own limit: then the total says that more is.
        if not rows or (len(rows) < amount and (total is None or offset >= total)):
            return


async def agreements(
    api: Api, path: str, *, patient: bool = True, **wanted: object
) -> AsyncIterator[Row]:
    """Agreements of a flat, or signed after a date. Raises `LookUpError`."""
    before: list[object] = []
    for page in range(1, PAGES + 1):
        rows = rows_of(await api.get(path, {"page": page, **wanted}, patient=patient))
        here = [row.get("id") for row in rows]
        if rows and here == before:
            raise LookUpError("HomeQ's agreements answer the same page again and again")
        for row in rows:
            yield row
        if not rows:
            return
        before = here
