"""open and withdraw: the same steps as `lua/open.lua` and `lua/withdraw.lua`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.delivery.memory_ledger.store import Delivery, Store
from bridge.delivery.values import (
    Amendment,
    DeliveryId,
    LeadId,
    LeadRow,
    NewDelivery,
    NewLead,
    Opened,
    Withdrawal,
    delivery_id,
)
from bridge.outcomes import State


@dataclass(frozen=True, slots=True)
class _Judged:
    """A delivery's first state; `earlier`: the lead that wished the same."""

    delivery: NewDelivery
    state: State
    reason: str = ""
    earlier: str = ""


class Accepting:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def open(self, leads: Sequence[NewLead]) -> list[Opened]:
        return [self._open(lead) for lead in leads]

    async def lead_of(self, identity: str) -> LeadId | None:
        known = self._store.get(f"identity:{identity}")
        return LeadId(known.decode()) if known else None

    async def extend(
        self,
        lead_id: LeadId,
        deliveries: Sequence[NewDelivery],
        *,
        entry: bytes,
        wish_window: float = 86_400,
        anew: bool = False,
    ) -> list[DeliveryId] | None:
        lead = self._store.leads.get(lead_id)
        if lead is None:
            return None
        self._store.log(lead_id, entry)
        new = [one for one in deliveries if one.destination not in lead.destinations]
        withdrawn = lead.status == "withdrawn" or lead.withdrawn
        judged = [self._judge(lead_id, one, withdrawn=withdrawn, window=wish_window) for one in new]
        names = tuple(one.destination for one in new)
        status = "accepted" if new and lead.status == "unrouted" else lead.status
        self._store.leads[lead_id] = replace(
            lead, status=status, destinations=(*lead.destinations, *names)
        )
        self._start(lead_id, judged)
        for name in names if anew else ():
            self._store.deliveries[delivery_id(lead_id, name)].since = self._store.now
        return [delivery_id(lead_id, name) for name in names]

    async def amend(self, amendment: Amendment) -> bool:
        store, lead_id = self._store, amendment.lead_id
        if lead_id not in store.blobs:
            return False
        store.abouts[lead_id] = amendment.about
        store.contacts[lead_id] = amendment.contacts
        store.blobs[lead_id] = amendment.blob
        for mark in amendment.gone:
            store.marks[mark].pop(lead_id, None)
        for mark in (*amendment.contacts, *amendment.marks):
            store.marks[mark][lead_id] = store.leads[lead_id].received_at
        store.log(lead_id, amendment.entry)
        return True

    async def note(
        self, lead_id: LeadId, entry: bytes, *, once: str = "", window: float = 30 * 86_400
    ) -> bool:
        store = self._store
        if lead_id not in store.leads:
            return False
        if once and store.get(f"identity:{once}"):
            return True
        if once:
            store.put(f"identity:{once}", lead_id.encode(), window)
        store.log(lead_id, entry)
        return True

    async def withdraw(self, withdrawal: Withdrawal) -> list[DeliveryId]:
        store = self._store
        at = store.now if withdrawal.at is None else withdrawal.at
        leads = list(withdrawal.lead_ids)
        for contact in withdrawal.contacts:
            marks = store.withdrawn[contact]
            marks[withdrawal.about] = max(marks.get(withdrawal.about, -1.0), at)
            leads += [
                LeadId(one)
                for one in store.marks[contact]
                if store.leads[one].intent != "withdrawal"
                and withdrawal.about in {"*", store.abouts[one]}
            ]
        cancelled = [name for one in dict.fromkeys(leads) for name in self._cancel(one)]
        return [DeliveryId(name) for name in cancelled]

    def _cancel(self, lead_id: str) -> list[str]:
        cancelled = []
        lead = self._store.leads.get(lead_id)
        for name in lead.destinations if lead else ():
            one = self._store.deliveries[delivery_id(lead_id, name)]
            account = self._store.accounts[one.account]
            if one.name in account.leases:
                one.cancel_asked = True
            elif one.state is not None and not one.state.final:
                account.due.pop(one.name, None)
                self._store.move(one, State.CANCELLED, "the person withdrew")
                cancelled.append(one.name)
        self._store.withdrawn_leads.add(lead_id)
        if lead:
            status = "withdrawn" if lead.status == "unrouted" else lead.status
            self._store.leads[lead_id] = replace(lead, status=status, withdrawn=True)
        self._store.log(lead_id, b'{"what":"withdrawn"}\n')
        return cancelled

    def _open(self, new: NewLead) -> Opened:
        store = self._store
        for identity in new.identities:
            known = store.get(f"identity:{identity}")
            if known:
                row = store.leads[known.decode()]
                return Opened(
                    lead_id=row.lead_id,
                    fresh=False,
                    status=row.status,
                    first=LeadId(row.first) if row.first else None,
                )
        for identity in new.identities:
            store.put(f"identity:{identity}", new.lead_id.encode(), new.identity_window)
        withdrawn = self._was_withdrawn(new)
        judged = [
            self._judge(new.lead_id, one, withdrawn=withdrawn, window=new.wish_window)
            for one in new.deliveries
        ]
        first = next((one.earlier for one in reversed(judged) if one.earlier), "")
        self._keep(new, first, "withdrawn" if withdrawn else new.status)
        self._start(new.lead_id, judged)
        return Opened(
            lead_id=new.lead_id,
            fresh=True,
            status=store.leads[new.lead_id].status,
            first=LeadId(first) if first else None,
        )

    def _was_withdrawn(self, new: NewLead) -> bool:
        if new.intent == "withdrawal" or new.occurred_at is None:
            return False
        marks = [self._store.withdrawn[contact] for contact in new.contacts]
        times = [mark[name] for mark in marks for name in (new.about, "*") if name in mark]
        return any(at >= new.occurred_at for at in times)

    def _judge(
        self, lead_id: str, delivery: NewDelivery, *, withdrawn: bool, window: float
    ) -> _Judged:
        if withdrawn:
            return _Judged(delivery, State.CANCELLED, "the person withdrew before it arrived")
        if delivery.skip:
            return _Judged(delivery, State.SKIPPED, delivery.skip)
        earlier = ""
        for wish in delivery.wishes:
            name = f"wish:{delivery.route}:{wish}"
            known = (self._store.get(name) or b"").decode()
            if known not in {"", lead_id, *self._store.withdrawn_leads}:
                earlier = known
            elif known != lead_id and window > 0:
                self._store.put(name, lead_id.encode(), window)
        reason = f"the same wish came before, as lead {earlier}"
        if earlier and delivery.duplicates == "hold":
            return _Judged(delivery, State.HELD, reason, earlier)
        if earlier and delivery.duplicates == "drop":
            return _Judged(delivery, State.SKIPPED, reason, earlier)
        return _Judged(delivery, State.PENDING, "", earlier)

    def _keep(self, new: NewLead, first: str, status: str) -> None:
        store = self._store
        store.leads[new.lead_id] = LeadRow(
            lead_id=new.lead_id,
            source=new.source,
            external_id=new.external_id,
            intent=new.intent,
            status=status,
            received_at=store.now,
            test=new.test,
            first=first,
            destinations=tuple(one.destination for one in new.deliveries),
        )
        store.abouts[new.lead_id] = new.about
        store.blobs[new.lead_id] = new.blob
        for mark in (*new.contacts, *new.marks):
            store.marks[mark][new.lead_id] = store.now
        store.contacts[new.lead_id] = new.contacts
        store.identities[new.lead_id] = new.identities
        store.tally[f"accepted/{new.source}"] += 1
        store.tally[f"last/{new.source}"] = round(store.now * 1000)
        if new.wants:
            store.drawers["wanted"][new.wants] = new.source.encode()
        store.log(new.lead_id, new.entry)

    def _start(self, lead_id: str, judged: Sequence[_Judged]) -> None:
        store = self._store
        opened = [
            (one, Delivery(name=delivery_id(lead_id, name), account=one.delivery.account))
            for one in judged
            for name in (one.delivery.destination,)
        ]
        for _, delivery in opened:
            store.deliveries[delivery.name] = delivery
        for one, delivery in opened:
            before = store.deliveries.get(delivery_id(lead_id, one.delivery.after))
            if before is not None:
                delivery.after = one.delivery.after
                before.dependants.append(one.delivery.destination)
        for one, delivery in opened:
            before = store.deliveries.get(delivery_id(lead_id, delivery.after))
            waits = before is not None and before.state is not State.DELIVERED
            state = State.WAITING if waits and one.state is State.PENDING else one.state
            store.move(delivery, state, one.reason)
            if state is State.PENDING:
                store.accounts[delivery.account].due[delivery.name] = store.now
        for _, delivery in opened:
            before = store.deliveries.get(delivery_id(lead_id, delivery.after))
            if before is not None and before.state is not None and before.state.final:
                store.wake_dependants(before)
