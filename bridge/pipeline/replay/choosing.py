"""Which deliveries a replay is about, by id, state, destination and time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bridge.delivery.values import DeliveryRow, LeadId
from bridge.outcomes import State
from bridge.pipeline.parts import Parts
from bridge.pipeline.search import Wanted, deliveries, page

MOST = 10_000  # deliveries of one replay
UNROUTED = "unrouted"
REPLAYED = frozenset({State.HELD, State.REJECTED, State.EXPIRED, State.CANCELLED, State.SKIPPED})
CHUNK = 200
ALREADY = ("may have arrived", "it may have", "was sent twice", "may already")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`states`: of deliveries, or `unrouted` leads. `since`, `until`: unix seconds of the change.

    `again`: what was delivered is sent again too; without it nothing that is known to be there is.
    """

    states: tuple[str, ...] = ()
    destination: str = ""
    account: str = ""
    lead_ids: tuple[str, ...] = ()
    since: float = 0.0
    until: float | None = None
    again: bool = False

    def takes(self, row: DeliveryRow) -> bool:
        allowed = REPLAYED | ({State.DELIVERED} if self.again else frozenset())
        return (
            row.state in allowed
            and (not self.states or row.state in self.states)
            and self.destination in {"", row.destination}
            and self.account in {"", row.account}
            and row.updated_at >= self.since
            and (self.until is None or row.updated_at < self.until)
        )

    @property
    def words(self) -> str:
        """For the list of runs; names no person."""
        parts = [
            ", ".join(self.states) or "whatever is not on its way",
            f"to {self.destination}" if self.destination else "",
            f"of {self.account}" if self.account else "",
            f"{len(self.lead_ids)} leads by id" if self.lead_ids else "",
            "what was delivered too" if self.again else "",
        ]
        return "; ".join(filter(None, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A delivery to send again; or, with an empty `destination`, a lead to route again."""

    lead_id: LeadId
    destination: str = ""
    account: str = ""
    state: str = UNROUTED
    reason: str = ""
    reference: str = ""
    there: str = ""  # why it may be at the vendor already

    @property
    def name(self) -> str:
        return f"{self.lead_id}:{self.destination}"


async def choose(parts: Parts, choice: Choice) -> list[Item]:
    """At most `MOST`, newest first within a state."""
    found = [one async for one in _all(parts, choice)]
    return list({one.name: one for one in found}.values())[:MOST]


async def _all(parts: Parts, choice: Choice) -> AsyncIterator[Item]:
    if choice.lead_ids:
        for name in choice.lead_ids:
            async for one in _of_lead(parts, choice, LeadId(name)):
                yield one
        return
    named = choice.states or tuple(str(one) for one in REPLAYED)
    for state in named:
        rows = _unrouted(parts, choice) if state == UNROUTED else _in(parts, choice, State(state))
        number = 0
        async for one in rows:
            yield one
            number += 1
            if number >= MOST:
                break


async def _of_lead(parts: Parts, choice: Choice, lead_id: LeadId) -> AsyncIterator[Item]:
    row = await parts.ledger.lead(lead_id)
    if row is not None and row.status == UNROUTED and UNROUTED in {UNROUTED, *choice.states}:
        yield Item(lead_id=lead_id)
    for delivery in await parts.ledger.deliveries_of(lead_id):
        if choice.takes(delivery):
            yield await _item(parts, delivery)


async def _in(parts: Parts, choice: Choice, state: State) -> AsyncIterator[Item]:
    after = ""
    while True:
        rows, after = await deliveries(
            parts, state, account=choice.account, after=after, limit=CHUNK
        )
        for row in rows:
            if choice.takes(row):
                yield await _item(parts, row)
        old = state is not State.DELIVERED and rows and rows[-1].updated_at < choice.since
        if not after or old:
            return


async def _unrouted(parts: Parts, choice: Choice) -> AsyncIterator[Item]:
    after, wanted = "", Wanted(status=UNROUTED, until=choice.until)
    while True:
        some = await page(parts, wanted, after=after, limit=CHUNK)
        for one in some.found:
            if one.row.received_at < choice.since:
                return
            yield Item(lead_id=one.row.lead_id)
        after = some.after
        if not after:
            return


async def _item(parts: Parts, row: DeliveryRow) -> Item:
    return Item(
        lead_id=row.lead_id,
        destination=row.destination,
        account=row.account,
        state=str(row.state),
        reason=row.reason,
        reference=row.reference,
        there=await _there(parts, row),
    )


async def _there(parts: Parts, row: DeliveryRow) -> str:
    if row.state is State.DELIVERED:
        return f"it was delivered{f' as {row.reference}' if row.reference else ''}"
    if any(one in row.reason for one in ALREADY):
        return "an earlier attempt may have arrived"
    for entry in await parts.ledger.log(row.lead_id):
        here = entry.header.get("destination") == row.destination
        if here and entry.header.get("outcome") in {"Unknown", "Delivered"}:
            return "an earlier attempt may have arrived"
    return ""
