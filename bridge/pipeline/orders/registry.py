"""Which orders there are, and which case each belongs to; kept in the ledger's drawers."""

import logging
import re
from collections.abc import Iterable, Iterator
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict

from bridge.connectors.orders import HasOrders, OrderDesk, OrderMemory
from bridge.delivery.values import LeadId
from bridge.leads import FlowProperty, Property
from bridge.pipeline import prints
from bridge.pipeline.parts import Parts
from bridge.routing import PropertyEntry

log = logging.getLogger("bridge.orders")

ORDERS = "orders"  # a drawer: "<account>/<order>" → its tie
CLOSED = "orders:closed"  # the same → what a person said of it
TROUBLE = "orders:trouble"  # the same → why it could not be told
ORDER_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,12}")  # F-T16
MOST = 10_000  # leads of one name of a case


class Tie(BaseModel):
    """What the directory or a person said of an order; a lead's own word is not believed here,
    since whoever signs in by an order sees the leads of its case."""

    model_config = ConfigDict(frozen=True)

    account: str
    order_id: Annotated[str, AfterValidator(lambda text: text.strip().lower())]
    references: tuple[str, ...] = ()
    case_guid: UUID | None = None
    case_id: int | None = None

    @property
    def name(self) -> str:
        return f"{self.account}/{self.order_id}"

    def differs(self, memory: OrderMemory) -> bool:
        """The vendor says that the order belongs to another case."""
        return None not in {self.case_id, memory.case_id} and self.case_id != memory.case_id

    def place(self, memory: OrderMemory) -> Property:
        known = FlowProperty(
            case_guid=self.case_guid,
            case_id=memory.case_id or self.case_id,
            order_id=self.order_id,
        )
        return Property(reference=next(iter(self.references), None), flow=known)


def desk_of(parts: Parts, account: str) -> OrderDesk | None:
    connector: object = parts.connectors.get(account)
    return connector.orders if isinstance(connector, HasOrders) else None


def desks(parts: Parts) -> dict[str, OrderDesk]:
    """By account, for those that have orders on."""
    found = {name: desk_of(parts, name) for name in parts.routing.accounts}
    return {name: one for name, one in found.items() if one is not None}


async def all_ties(parts: Parts, account: str = "") -> list[Tie]:
    """Raises `LedgerError`."""
    known = await parts.ledger.drawer_all(ORDERS)
    ties = [Tie.model_validate_json(known[name]) for name in sorted(known)]
    return [one for one in ties if account in {"", one.account}]


async def meet(parts: Parts, account: str, order_id: str) -> None:
    """There is such an order; which case it belongs to, nobody said. Raises `LedgerError`."""
    one = Tie(account=account, order_id=order_id)
    await parts.ledger.drawer_add(ORDERS, one.name, one.model_dump_json().encode())


async def forget(parts: Parts, one: Tie) -> None:
    """It is told nothing more; what it was told stays known, in case it comes back."""
    for drawer in (ORDERS, CLOSED, TROUBLE):
        await parts.ledger.drawer_drop(drawer, one.name)


async def tie(parts: Parts, new: Tie) -> Tie:
    """What `new` leaves open stays as it was. Raises `LedgerError`."""
    known = await parts.ledger.drawer_get(ORDERS, new.name)
    old = Tie.model_validate_json(known) if known else new
    merged = new.model_copy(
        update={
            "references": tuple(dict.fromkeys((*old.references, *new.references))),
            "case_guid": new.case_guid or old.case_guid,
            "case_id": new.case_id or old.case_id,
        }
    )
    await parts.ledger.drawer_put(ORDERS, {merged.name: merged.model_dump_json().encode()})
    return merged


async def tie_references(parts: Parts, entries: Iterable[PropertyEntry]) -> list[str]:
    """What the directory says of these references now; answers with the orders it cannot place.

    A reference has one order: what it had before is let go. Raises `LedgerError`.
    """
    wanted = {one.reference: one for one in entries}
    accounts, unplaced, changed = list(desks(parts)), [], {}
    if not wanted or not accounts:
        return []
    for old in await all_ties(parts):
        kept = tuple(one for one in old.references if one not in wanted)
        if kept != old.references:
            changed[old.name] = old.model_copy(update={"references": kept})
    for entry in wanted.values():
        if entry.order_id is None:
            continue
        if len(accounts) != 1:
            unplaced.append(entry.order_id)
            continue
        new = Tie(
            account=accounts[0],
            order_id=entry.order_id,
            references=(entry.reference,),
            case_guid=entry.case_guid,
            case_id=entry.case_id,
        )
        before = changed.get(new.name)
        references = (*before.references, *new.references) if before else new.references
        changed[new.name] = new.model_copy(update={"references": references})
    values = {name: one.model_dump_json().encode() for name, one in changed.items()}
    await parts.ledger.drawer_put(ORDERS, values)
    if unplaced:
        hint = "several accounts have orders on, bridge orders tie says whose it is"
        log.warning("orders.untied count=%d hint=%s", len(unplaced), hint)
    return unplaced


def marks(parts: Parts, one: Tie, memory: OrderMemory) -> list[str]:
    """The fingerprints by which the leads of its case are found."""
    return [prints.place(parts.vault, kind, name) for kind, name in _names(one, memory)]


async def leads_of(parts: Parts, account: str, order_id: str) -> frozenset[LeadId]:
    """The leads of an order's case, at whatever account. Raises `LedgerError`."""
    desk = desk_of(parts, account)
    known = await parts.ledger.drawer_get(ORDERS, f"{account}/{order_id}")
    one = Tie.model_validate_json(known) if known else Tie(account=account, order_id=order_id)
    memory = await desk.known(order_id) if desk else OrderMemory()
    found = [await parts.ledger.leads_of(mark, limit=MOST) for mark in marks(parts, one, memory)]
    return frozenset(lead for leads in found for lead in leads)


def _names(one: Tie, memory: OrderMemory) -> Iterator[tuple[prints.PlaceKind, str]]:
    """Where the vendor names another case than we were told, the vendor's word alone counts."""
    yield "flow order", one.order_id
    case_id = memory.case_id or one.case_id
    if case_id:
        yield "flow id", str(case_id)
    if one.differs(memory):
        return
    if one.case_guid:
        yield "flow", str(one.case_guid)
    for reference in one.references:
        yield "reference", reference
