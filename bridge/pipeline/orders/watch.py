"""The watch over orders: says what changed, counts from the ledger, and repeats nothing."""

import logging

from bridge.connectors.orders import OrderDesk, OrderMemory
from bridge.delivery.values import Served
from bridge.outcomes import (
    AccountProblem,
    Delivered,
    NotSent,
    Outcome,
    RateLimited,
    Rejected,
    Unknown,
    Unsendable,
)
from bridge.pipeline.orders import registry
from bridge.pipeline.orders.look import Look
from bridge.pipeline.orders.registry import Tie
from bridge.pipeline.orders.wish import Facts, Wish, counted, pairs, wish
from bridge.pipeline.parts import Parts
from bridge.routing import PropertyEntry

log = logging.getLogger("bridge.orders")

AWAY = 60.0  # seconds that an account whose vendor could not be reached is left alone
REFUSED = 3600.0  # the same for an order that the vendor refuses, such as one that is gone
WHOLE = 300.0  # seconds after which all is looked at, whether anything changed or not
CALLS = 60  # changes of one account's orders in a minute, over all workers


class Watch:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._seen: dict[str, tuple[object, float]] = {}  # what a quiet look saw, and when
        self._began = False

    async def look(self, *, every: float) -> list[str]:
        """Tell what is to be told; says which orders. One worker at a time for each account."""
        told, known = [], registry.desks(self._parts)
        if known and not self._began:
            await self._begin()
        for account, desk in known.items():
            turn = f"turn:orders:{account}"
            ttl = max(every * 0.8, 0.01)
            if await self._parts.ledger.shelf_add(turn, b"1", ttl=ttl):
                told += await self._account(account, desk)
        return told

    async def _begin(self) -> None:
        """What was put into the directory before the account had orders on counts too."""
        entries = await self._parts.ledger.properties_all()
        read = (PropertyEntry.from_json(text) for text in entries.values())
        await registry.tie_references(self._parts, [one for one in read if one.order_id])
        self._began = True

    async def _account(self, account: str, desk: OrderDesk) -> list[str]:
        ledger, now = self._parts.ledger, self._parts.clock().timestamp()
        if await ledger.shelf_get(_away(account)):
            return []
        ties = await registry.all_ties(self._parts, account)
        if not ties:
            return []
        row = next((one for one in await ledger.accounts() if one.account == account), None)
        look = Look(
            account=account,
            desk=desk,
            row=row,
            destinations=[one.name for one in counted(self._parts.routing, account)],
            closed=await ledger.drawer_all(registry.CLOSED),
            trouble=await ledger.drawer_all(registry.TROUBLE),
        )
        sight = look.sight(await ledger.counts(), ties)
        known, at = self._seen.get(account, (None, 0.0))
        if known == sight and now - at < WHOLE:
            return []
        for one in ties:
            if not look.stopped:
                await self._order(look, one)
        if look.stopped:
            await ledger.shelf_put(_away(account), b"1", ttl=look.stopped)
        self._seen.pop(account, None)
        if look.quiet and not look.stopped:
            self._seen[account] = (sight, now)
        return list(dict.fromkeys(look.done))

    async def _order(self, look: Look, one: Tie) -> None:
        ledger = self._parts.ledger
        if await ledger.shelf_get(_refused(one)):
            return
        memory = await look.desk.known(one.order_id)
        served = await self._served(look, one, memory)
        trouble = ""
        if memory.uncertain:
            if not await self._settled(look, one):
                trouble = f"whether {memory.uncertain} was told is not known; it is not told twice"
            memory = await look.desk.known(one.order_id)
        trouble = await self._metadata(look, one, memory, served) or trouble
        before, memory = memory, await look.desk.known(one.order_id)
        if before.case_id != memory.case_id:  # the answer said which case it is
            served = await self._served(look, one, memory)
        facts = Facts(
            rules=look.desk.rules,
            routing=self._parts.routing,
            tie=one,
            memory=memory,
            served=served,
            account=look.row,
            closed=look.closed_of(one),
        )
        wanted = wish(facts)
        if wanted and not look.stopped and not (wanted.told(memory) and not memory.uncertain):
            trouble = await self._state(look, one, wanted) or trouble
        await self._trouble(look, one, trouble)

    async def _served(self, look: Look, one: Tie, memory: OrderMemory) -> Served:
        marks = registry.marks(self._parts, one, memory)
        return await self._parts.ledger.served(marks, look.account, look.destinations)

    async def _settled(self, look: Look, one: Tie) -> bool:
        if await self._parts.ledger.spend(f"orders:settle:{one.name}", 1, AWAY):
            return False
        return await look.desk.settle(one.order_id)

    async def _metadata(self, look: Look, one: Tie, memory: OrderMemory, served: Served) -> str:
        """First of all: its answer is what a lost state is read back from."""
        new = pairs(look.desk.rules, served) if look.desk.rules.metadata else {}
        if {**memory.metadata, **new} == memory.shown or not await self._may_call(look):
            return ""
        outcome = await look.desk.metadata(one.order_id, new)
        if isinstance(outcome, Delivered):
            look.done.append(one.name)
            log.info("order.metadata order=%s", one.name)
        return await self._meant(look, one, outcome)

    async def _state(self, look: Look, one: Tie, wanted: Wish) -> str:
        if not await self._may_call(look):
            return ""
        outcome = await look.desk.state(one.order_id, wanted.state, wanted.status)
        if isinstance(outcome, Delivered):
            look.done.append(one.name)
            log.info("order.state order=%s state=%s", one.name, wanted.state)
        return await self._meant(look, one, outcome)

    async def _may_call(self, look: Look) -> bool:
        wait = await self._parts.ledger.spend(f"orders:{look.account}", CALLS, 60.0)
        look.quiet = look.quiet and not wait
        return not wait

    async def _meant(self, look: Look, one: Tie, outcome: Outcome | Unsendable) -> str:
        """Why it was not told; what is the account's matter stops this look."""
        match outcome:
            case Delivered():
                return ""
            case Unsendable():
                look.quiet = False
                return ""
            case RateLimited(until=until):
                now = self._parts.clock()
                look.stopped = max((until - now).total_seconds(), 1.0) if until else AWAY
                return ""
            case AccountProblem(reason=reason):
                look.stopped = self._parts.probe
                return reason
            case NotSent(reason=reason):
                look.stopped = AWAY
                return reason
            case Rejected(reason=reason):
                await self._parts.ledger.shelf_put(_refused(one), b"1", ttl=REFUSED)
                return reason
            case Unknown(reason=reason):
                return reason

    async def _trouble(self, look: Look, one: Tie, trouble: str) -> None:
        look.quiet = look.quiet and not trouble
        known = look.trouble.get(one.name, b"").decode()
        if trouble == known:
            return
        if trouble:
            log.warning("order.untold order=%s reason=%s", one.name, trouble)
            await self._parts.ledger.drawer_put(registry.TROUBLE, {one.name: trouble.encode()})
        else:
            await self._parts.ledger.drawer_drop(registry.TROUBLE, one.name)


def _away(account: str) -> str:
    return f"orders:away:{account}"


def _refused(one: Tie) -> str:
    return f"orders:refused:{one.name}"
