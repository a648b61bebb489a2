"""What people look at, and the small rooms beside the deliveries."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ulid import ULID

from bridge.delivery.memory_ledger.store import Delivery, Store
from bridge.delivery.values import (
    AccountRow,
    DeliveryId,
    DeliveryRow,
    Earlier,
    LeadId,
    LeadRow,
    LogEntry,
    QuarantineRow,
    Served,
    delivery_id,
)
from bridge.outcomes import State


class Looking:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._properties: dict[str, str] = {}
        self._beats: dict[str, float] = {}
        self._turns: dict[str, list[float]] = defaultdict(list)
        self._bell: asyncio.Queue[str] = asyncio.Queue()

    async def lead(self, lead_id: LeadId) -> LeadRow | None:
        return self._store.leads.get(lead_id)

    async def blob(self, lead_id: LeadId) -> bytes | None:
        return self._store.blobs.get(lead_id)

    async def log(self, lead_id: LeadId) -> list[LogEntry]:
        return list(self._store.logs.get(lead_id, []))

    async def deliveries_of(self, lead_id: LeadId) -> list[DeliveryRow]:
        row = self._store.leads.get(lead_id)
        names = row.destinations if row else ()
        return [_row(self._store.deliveries[delivery_id(lead_id, name)]) for name in names]

    async def leads(self, *, before: float | None, limit: int) -> list[LeadRow]:
        rows = sorted(self._store.leads.values(), key=lambda row: row.received_at, reverse=True)
        return [row for row in rows if before is None or row.received_at < before][:limit]

    async def deliveries(
        self,
        *,
        state: State | None,
        account: str | None,
        limit: int,
        before: float | None = None,
    ) -> list[DeliveryRow]:
        found = [
            _row(one)
            for one in self._store.deliveries.values()
            if state in {None, one.state} and account in {None, one.account}
            if before is None or one.updated_at < before
        ]
        # Of one moment: by id, as a sorted set of the server has them. Pages go by it.
        newest = sorted(found, key=lambda row: (row.updated_at, row.delivery_id), reverse=True)
        return newest[:limit]

    async def leads_of(self, mark: str, *, limit: int = 1000) -> list[LeadId]:
        found = self._store.marks.get(mark, {})
        newest = sorted(found, key=found.__getitem__, reverse=True)
        return [LeadId(one) for one in newest[:limit]]

    async def served(
        self, marks: Sequence[str], account: str, destinations: Sequence[str]
    ) -> Served:
        store = self._store
        leads = {lead for mark in marks for lead in store.marks.get(mark, {})}
        found = [
            one
            for lead in leads
            for name in destinations
            if (one := store.deliveries.get(delivery_id(lead, name)))
            if one.account == account and not store.leads[LeadId(lead)].test
        ]
        done = [one for one in found if one.state is State.DELIVERED]
        return Served(
            leads=len({one.lead_id for one in done}),
            last=max((one.updated_at for one in done), default=None),
            held=tuple(sorted({one.reason for one in found if one.state is State.HELD})),
        )

    async def earlier(
        self, people: Sequence[Sequence[str]], *, account: str, limit: int = 20
    ) -> list[tuple[Earlier, ...]]:
        return [await self._earlier(marks, account, limit) for marks in people]

    async def _earlier(self, marks: Sequence[str], account: str, limit: int) -> tuple[Earlier, ...]:
        leads = {one for mark in marks for one in await self.leads_of(mark, limit=limit)}
        newest = sorted(leads, reverse=True)
        rows = [row for one in newest for row in await self.deliveries_of(one)]
        return tuple(
            Earlier(lead_id=row.lead_id, reference=row.reference)
            for row in rows
            if row.account == account and row.reference
        )

    async def counts(self) -> dict[tuple[str, State], int]:
        known = self._store.deliveries.values()
        return dict(Counter((one.account, one.state) for one in known if one.state))

    async def accounts(self) -> list[AccountRow]:
        return [
            AccountRow(
                account=name,
                in_flight=len(one.leases),
                due=len(one.due),
                breaker=one.breaker,
                paused=one.paused,
                paused_at=one.paused_at,
                last_good=one.good,
                parked=dict(one.parked),
                due_since=one.next_due(),
            )
            for name, one in sorted(self._store.accounts.items())
        ]

    async def nudge(self, account: str, *, ttl: float) -> bool:
        return await self.shelf_add(f"nudge:{account}", b"1", ttl=ttl)

    async def nudged(self, account: str) -> None:
        await self.shelf_drop(f"nudge:{account}")

    async def ring(self, account: str) -> None:
        self._bell.put_nowait(account)

    async def heard(self, *, within: float) -> str | None:
        try:
            return await asyncio.wait_for(self._bell.get(), within)
        except TimeoutError:
            return None

    async def quarantine(self, row: QuarantineRow) -> str:
        name = row.quarantine_id or str(ULID())
        self._store.quarantine[name] = replace(row, quarantine_id=name)
        self._store.tally["quarantined"] += 1
        return name

    async def quarantined(self, *, limit: int) -> list[QuarantineRow]:
        rows = sorted(
            self._store.quarantine.values(), key=lambda row: row.received_at, reverse=True
        )
        return rows[:limit]

    async def quarantine_size(self) -> int:
        return len(self._store.quarantine)

    async def quarantine_get(self, quarantine_id: str) -> QuarantineRow | None:
        return self._store.quarantine.get(quarantine_id)

    async def quarantine_drop(self, quarantine_id: str) -> bool:
        return self._store.quarantine.pop(quarantine_id, None) is not None

    async def properties(self, references: Sequence[str]) -> dict[str, str]:
        return {name: self._properties[name] for name in references if name in self._properties}

    async def properties_all(self) -> dict[str, str]:
        return dict(self._properties)

    async def properties_put(self, entries: Mapping[str, str]) -> None:
        self._properties |= entries

    async def shelf_get(self, name: str) -> bytes | None:
        return self._store.get(f"shelf:{name}")

    async def shelf_put(self, name: str, value: bytes, *, ttl: float | None) -> None:
        self._store.put(f"shelf:{name}", value, ttl)

    async def shelf_add(self, name: str, value: bytes, *, ttl: float | None) -> bool:
        if self._store.get(f"shelf:{name}") is not None:
            return False
        self._store.put(f"shelf:{name}", value, ttl)
        return True

    async def shelf_swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        if self._store.get(f"shelf:{name}") != old:
            return False
        self._store.put(f"shelf:{name}", new, None)
        return True

    async def shelf_drop(self, name: str, *, only_if: bytes | None = None) -> None:
        if only_if is None or self._store.get(f"shelf:{name}") == only_if:
            self._store.expiring.pop(f"shelf:{name}", None)

    async def drawer_put(
        self, drawer: str, entries: Mapping[str, bytes], *, ttl: float | None = None
    ) -> None:
        self._store.drawer(drawer).update(entries)
        if ttl is not None and entries:
            self._store.drawer_ends[drawer] = self._store.now + ttl

    async def drawer_add(self, drawer: str, name: str, value: bytes) -> bool:
        fresh = name not in self._store.drawer(drawer)
        self._store.drawer(drawer).setdefault(name, value)
        return fresh

    async def drawer_get(self, drawer: str, name: str) -> bytes | None:
        return self._store.drawer(drawer).get(name)

    async def drawer_find(self, drawer: str, names: Sequence[str]) -> dict[str, bytes]:
        known = self._store.drawer(drawer)
        return {name: known[name] for name in names if name in known}

    async def drawer_all(self, drawer: str) -> dict[str, bytes]:
        return dict(self._store.drawer(drawer))

    async def drawer_drop(self, drawer: str, name: str) -> bool:
        return self._store.drawer(drawer).pop(name, None) is not None

    async def spend(self, name: str, count: int, seconds: float) -> float:
        now = self._store.now
        turns = [at for at in self._turns[name] if at > now - seconds]
        self._turns[name] = turns
        if len(turns) >= count:
            return turns[0] + seconds - now
        turns.append(now)
        return 0.0

    async def beat(self, worker: str, *, ttl: float) -> None:
        now = self._store.now
        self._beats = {name: at for name, at in self._beats.items() if at > now - ttl}
        self._beats[worker] = now

    async def workers(self) -> dict[str, float]:
        since = self._store.now - 30
        return {name: at for name, at in self._beats.items() if at >= since}


def _row(one: Delivery) -> DeliveryRow:
    waits = one.state in {State.RETRYING, State.UNKNOWN}
    return DeliveryRow(
        delivery_id=DeliveryId(one.name),
        lead_id=LeadId(one.lead_id),
        destination=one.destination,
        account=one.account,
        state=one.state or State.PENDING,
        attempts=one.attempts,
        next_at=one.next_at if waits else None,
        reference=one.reference,
        reason=one.reason,
        updated_at=one.updated_at,
        unknowns=one.unknowns,
    )
