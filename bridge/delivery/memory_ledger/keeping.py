"""Erasing, retention, resealing: the same steps as `lua/forget.lua` and `lua/expire.lua`."""

from dataclasses import replace

from bridge.delivery.memory_ledger.store import Delivery, Store
from bridge.delivery.values import DeliveryId, Expired, Keep, LeadId, Place, SealedPage, delivery_id
from bridge.outcomes import State


class Keeping:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def tally(self) -> dict[str, int]:
        return dict(self._store.tally)

    async def forget(
        self, lead_id: LeadId, *, entry: bytes, tombstone: float
    ) -> list[DeliveryId] | None:
        store, lead = self._store, self._store.leads.get(lead_id)
        if lead is None:
            return None
        cancelled = []
        for one in self._deliveries(lead_id):
            if one.name in store.accounts[one.account].leases:
                one.cancel_asked = True
            elif one.state is not None and not one.state.final:
                self._stop(one, State.CANCELLED, "the person's data was erased")
                cancelled.append(DeliveryId(one.name))
        for identity in store.identities[lead_id]:
            store.put(f"identity:{identity}", lead_id.encode(), tombstone)
        self._part(lead_id)
        store.leads[lead_id] = replace(lead, status="erased")
        store.log(lead_id, entry)
        return cancelled

    async def expire(self, keep: Keep, *, limit: int = 100, dry_run: bool = False) -> Expired:
        store = self._store
        bodies = payloads = held = 0
        for lead_id in list(store.leads):
            bodies += self._strip(lead_id, store.now - keep.bodies, dry_run=dry_run)
            ends = self._nobody_acted(lead_id, store.now - keep.held)
            if lead_id not in store.blobs:
                continue
            open_ = [one for one in self._deliveries(lead_id) if one.state and not one.state.final]
            rests = not open_ and self._since(lead_id) <= store.now - keep.payload
            held, payloads = held + len(ends), payloads + rests
            if dry_run:
                continue
            for one in ends:
                self._stop(one, State.EXPIRED, "nobody acted on it in time")
                store.wake_dependants(one)
            if rests:
                self._part(lead_id)
                store.log(lead_id, b'{"what":"payload removed"}\n')
        old = [
            name
            for name, row in store.quarantine.items()
            if row.received_at <= store.now - keep.quarantine
        ][:limit]
        for name in () if dry_run else old:
            del store.quarantine[name]
        return Expired(bodies=bodies, payloads=payloads, held=held, quarantine=len(old))

    async def sealed(self, cursor: str = "", *, under: str = "") -> SealedPage:
        store = self._store
        places = [Place(key=f"lead:{k}:blob", part="", whole=v) for k, v in store.blobs.items()]
        places += [
            Place(key=f"drawer:{name}", part=part, whole=whole)
            for name, entries in store.drawers.items()
            for part, whole in entries.items()
        ]
        places = [one for one in places if one.key.startswith(under)]
        return SealedPage(places=tuple(places) if not cursor else ())

    async def reseal(self, place: Place, whole: bytes) -> bool:
        lead_id = place.key.split(":")[1]
        if self._store.blobs.get(lead_id) != place.whole:
            return False
        self._store.blobs[lead_id] = whole
        return True

    def _deliveries(self, lead_id: str) -> list[Delivery]:
        names = self._store.leads[lead_id].destinations
        return [self._store.deliveries[delivery_id(lead_id, name)] for name in names]

    def _since(self, lead_id: str) -> float:
        moments = [one.updated_at for one in self._deliveries(lead_id)]
        return max([self._store.leads[lead_id].received_at, *moments])

    def _nobody_acted(self, lead_id: str, before: float) -> list[Delivery]:
        return [
            one
            for one in self._deliveries(lead_id)
            if one.state is State.HELD
            and one.updated_at <= before
            and one.name not in self._store.accounts[one.account].leases
        ]

    def _stop(self, one: Delivery, to: State, reason: str) -> None:
        account = self._store.accounts[one.account]
        account.due.pop(one.name, None)
        account.parked_deliveries[one.destination].discard(one.name)
        one.verify, one.next_at = False, None
        self._store.move(one, to, reason)

    def _strip(self, lead_id: str, before: float, *, dry_run: bool = False) -> int:
        log = self._store.logs[lead_id]
        cut = [i for i, one in enumerate(log) if one.sealed and one.at <= before]
        for i in () if dry_run else cut:
            log[i] = replace(log[i], sealed=b"")
        return len(cut)

    def _part(self, lead_id: str) -> None:
        store = self._store
        for contact in store.contacts.pop(lead_id, ()):
            store.marks[contact].pop(lead_id, None)
        store.blobs.pop(lead_id, None)
        self._strip(lead_id, store.now)
        store.erased.add(lead_id)
