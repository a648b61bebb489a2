"""GET api/Integrations/RecentlyModified/Cases and what goes with it (FACTS F8, F10, F11; F-T11).

The page names neither the parameter nor OData; `fromDate` and 365 days are the vendor's demo
client's. Whatever is asked for, an answer with everything at once is understood too.
"""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from bridge.connectors.base import LookUpError
from bridge.connectors.cases import Change, Page, UnreadError
from bridge.connectors.flow import asking, cases, odata
from bridge.connectors.flow.api import FlowCalls
from bridge.outcomes import RateLimited, Unsendable

T = TypeVar("T")
TURNS = (6, 30.0)  # "max 6 times per 30 seconds", over all workers
TOP = 100  # OData's default here, so never more than an endpoint allows (F-T12)
STEP = 80  # pages lap over: a case that changes between two of them moves the others
LARGEST = 16 * 1024 * 1024  # bytes of an answer: a year of changes, should there be no pages
ASKED = 20  # case numbers in one search
# RemovalFailed and PublishUpdateFailed are still to be seen; NotPublished and PublishFailed never
# were, which says nothing of a case that its broker shows elsewhere.
ONLINE = frozenset({"Published", "RemovalFailed", "PublishUpdateFailed"})
TAKEN_DOWN = frozenset({"Removed", "Paused"})


async def changed(calls: FlowCalls, since: float, skip: int) -> Page:
    """Raises `UnreadError`."""
    account = calls.api.account
    name = f"flow-modified:{account.base_url}:{account.client_id}"
    wait = await calls.api.shelf.spend(name, *TURNS)
    if wait > 0:
        raise UnreadError(f"Flow allows {TURNS[0]} readings in {TURNS[1]:g} s", wait=wait)
    moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = odata.Query(size=TOP, more={"fromDate": moment}).text(skip=skip)
    found = _rows(await _ask(calls, f"Integrations/RecentlyModified/Cases?{query}"))
    more = skip + STEP if len(found) == TOP else None
    return Page(changes=tuple(_changes(found)), skip=more)


async def names(calls: FlowCalls, case_ids: Sequence[int]) -> Mapping[int, str]:
    """Case number → GUID, by search: RecentlyModified has the number alone (F-T1)."""
    query = odata.Query(where=odata.one_of("Id", case_ids[:ASKED]), select=("Id", "Guid"))
    found = await _looked(cases.search(calls, query))
    return {
        one["Id"]: str(one["Guid"]).lower()
        for one in found
        if isinstance(one.get("Id"), int) and one.get("Guid")
    }


async def published(calls: FlowCalls, case_id: int) -> bool | None:
    """Only what exists is asked for (F-T7)."""

    async def look() -> set[str]:
        return {str(one.get("Status")) async for one in cases.publications(calls, case_id)}

    states = await _looked(look())
    if states & ONLINE:
        return True
    return False if states & TAKEN_DOWN else None


async def _looked(work: Awaitable[T]) -> T:
    try:
        return await work
    except asking.RefusedError as error:
        raise UnreadError(str(error), final=True) from None
    except LookUpError as error:
        raise UnreadError(str(error)) from None


async def _ask(calls: FlowCalls, path: str) -> Any:
    found = await calls.get(path)
    if isinstance(found, list | dict):
        return found
    if isinstance(found, RateLimited):
        until = found.until or calls.api.clock()
        wait = max((until - calls.api.clock()).total_seconds(), 3.5)
        raise UnreadError("Flow asked us to wait", wait=wait)
    reason = getattr(found, "reason", "") or "an answer of another shape"
    raise UnreadError(reason, final=isinstance(found, Unsendable))


def _rows(found: Any) -> list[odata.Row]:
    try:
        return odata.read(found)[0]
    except LookUpError as error:
        raise UnreadError(str(error), final=True) from None


def _changes(rows: Sequence[odata.Row]) -> Iterator[Change]:
    for row in rows:
        modified = _moment(row.get("ModifiedDate"))
        if isinstance(row.get("CaseId"), int) and modified is not None:
            yield Change(
                case_id=row["CaseId"],
                modified=modified,
                activated=_moment(row.get("CaseActivatedDate")),
                sold=_moment(row.get("CaseSoldDate")),
                joined=_moment(row.get("CaseEntityChangedDate")),
                publication=_moment(row.get("PublicationChangedDate")),
            )


def _moment(text: object) -> float | None:
    """A DateTimeOffset; .NET's year 1 stands for none, an offset that is missing for UTC."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if moment is None or moment.year == 1:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
