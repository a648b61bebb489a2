"""open and withdraw: the same steps as `lua/open.lua` and `lua/withdraw.lua`."""

from collections.abc import Sequence

from bridge.delivery.memory_ledger.store import Delivery, Store
from bridge.delivery.values import (
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


class Accepting:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def open(self, leads: Sequence[NewLead]) -> list[Opened]:
        return [self._open(lead) for lead in leads]

    async def lead_of(self, identity: str) -> LeadId | None:
        known = self._store.get(f"identity:{identity}")
        return LeadId(known.decode()) if known else None

    async def withdraw(self, withdrawal: Withdrawal) -> list[DeliveryId]:
        store = self._store
        leads = list(withdrawal.lead_ids)
        for contact in withdrawal.contacts:
            marks = store.withdrawn[contact]
            marks[withdrawal.about] = max(marks.get(withdrawal.about, -1.0), withdrawal.at)
            leads += [
                LeadId(one)
                for one in store.contacts[contact]
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
        first = ""
        opened = []
        for delivery in new.deliveries:
            one = Delivery(
                name=delivery_id(new.lead_id, delivery.destination), account=delivery.account
            )
            state, reason, earlier = self._first_state(new, delivery, withdrawn=withdrawn)
            first = earlier or first
            opened.append((delivery, one, state, reason))
        self._keep(new, first, "withdrawn" if withdrawn else new.status)
        self._start(opened)
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

    def _first_state(
        self, new: NewLead, delivery: NewDelivery, *, withdrawn: bool
    ) -> tuple[State, str, str]:
        """The state, the reason, and the lead that wished the same."""
        if withdrawn:
            return State.CANCELLED, "the person withdrew before it arrived", ""
        if delivery.skip:
            return State.SKIPPED, delivery.skip, ""
        earlier = ""
        for wish in delivery.wishes:
            name = f"wish:{delivery.route}:{wish}"
            known = self._store.get(name)
            if known and known.decode() != new.lead_id:
                earlier = known.decode()
            elif not known and new.wish_window > 0:
                self._store.put(name, new.lead_id.encode(), new.wish_window)
        reason = f"the same wish came before, as lead {earlier}"
        if earlier and delivery.duplicates == "hold":
            return State.HELD, reason, earlier
        if earlier and delivery.duplicates == "drop":
            return State.SKIPPED, reason, earlier
        return State.PENDING, "", earlier

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
        for contact in new.contacts:
            store.contacts[contact][new.lead_id] = store.now
        store.log(new.lead_id, new.entry)

    def _start(self, opened: list[tuple[NewDelivery, Delivery, State, str]]) -> None:
        store = self._store
        by_name = {delivery.destination: one for delivery, one, _, _ in opened}
        for delivery, one, _, _ in opened:
            store.deliveries[one.name] = one
            if delivery.after in by_name:
                one.after = delivery.after
                by_name[delivery.after].dependants.append(delivery.destination)
        for _, one, state, reason in opened:
            waits = one.after and state is State.PENDING
            store.move(one, State.WAITING if waits else state, reason)
            account = store.accounts[one.account]
            if one.state is State.PENDING:
                account.due[one.name] = store.now
        for _, one, _, _ in opened:
            if one.state is not None and one.state.final:
                store.wake_dependants(one)
