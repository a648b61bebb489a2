"""An account's cases as flat objects, for commands and the console."""

from typing import Any

from bridge.pipeline import views
from bridge.pipeline.parts import Parts
from bridge.pipeline.watching.book import Book, Standing
from bridge.pipeline.watching.holding import waiting, watched

COLUMNS = (
    *("account", "case_id", "standing", "since", "leads", "holds_leads"),
    *("let_go_by", "modified", "case_guid"),
)


async def cases_of(
    parts: Parts, account: str, *, limit: int, standing: Standing | None = None, every: bool = False
) -> list[dict[str, Any]]:
    """Last changed first: those that leads wait for, else those of one standing, or `every` one.

    `leads`: deliveries that wait. Raises `LedgerError`.
    """
    book, known = Book(parts.ledger, account), watched(parts, account)
    leads = await waiting(parts, account)
    cases = [
        one
        for one in await book.all_cases()
        if every or (one.standing == standing if standing else one.change.case_id in leads)
    ][:limit]
    ids = [one.change.case_id for one in cases]
    holds = known[1].holds if known else frozenset()
    shut = await book.shut([str(one) for one in ids], holds)
    free = await book.let_go(ids)
    return [
        {
            "account": account,
            "case_id": number,
            "standing": one.standing,
            "since": views.moment(one.since),
            "leads": leads.get(number, 0),
            "holds_leads": str(number) in shut,
            "let_go_by": _who(free.get(number, {}), one.key),
            "modified": views.moment(one.change.modified),
            "case_guid": one.name or None,
        }
        for number, one in zip(ids, cases, strict=True)
    ]


def _who(free: dict[str, str], key: str) -> str | None:
    return free.get("who") if free.get("key") == key else None
