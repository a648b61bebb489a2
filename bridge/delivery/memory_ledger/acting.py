"""A person acts: the same steps as `lua/act.lua` and `lua/steer.lua`."""

import orjson

from bridge.delivery.memory_ledger.store import Delivery, Store
from bridge.delivery.values import Act, DeliveryId, delivery_id
from bridge.outcomes import State


class Acting:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def act(
        self, delivery: DeliveryId, act: Act, *, who: str, scope: str = "", reference: str = ""
    ) -> State | None:
        one = self._store.deliveries.get(delivery)
        if one is None or one.state is None:
            return None
        if scope and one.scope == scope:
            return one.state
        account = self._store.accounts[one.account]
        header = {"what": act, "destination": one.destination, "who": who}
        header |= {"run": scope} if scope else {}
        if one.name in account.leases and act == "cancel":
            one.cancel_asked = True
            self._store.log(one.lead_id, orjson.dumps(header) + b"\n")
            return one.state
        refusal = self._refusal(one, act)
        if refusal:
            raise ValueError(f"{delivery} {refusal}")
        self._store.log(one.lead_id, orjson.dumps(header) + b"\n")
        account.parked_deliveries[one.destination].discard(one.name)
        one.verify = one.cancelled_for_after = one.cancel_asked = False
        one.next_at = one.late = None
        if act in {"cancel", "delivered"}:
            account.due.pop(one.name, None)
            to = State.CANCELLED if act == "cancel" else State.DELIVERED
            self._store.move(one, to, f"by {who}", reference)
            self._store.wake_dependants(one)
            return to
        one.scope = scope or one.scope
        return self._again(one, who)

    def _refusal(self, one: Delivery, act: Act) -> str:
        state = one.state
        if one.name in self._store.accounts[one.account].leases:
            return "is being sent at this moment; try again in a few seconds"
        if state is State.DELIVERED and act != "again":
            return "is delivered already"
        final = state is not None and state.final
        if act in {"replay", "again"} and not final and state is not State.HELD:
            return f"is {state}: it is on its way already"
        if act == "retry" and one.unknowns and not final:
            return "may have arrived: say which with `resolve --delivered` or `resolve --resend`"
        return f"is {state} already" if act == "cancel" and final else ""

    def _again(self, one: Delivery, who: str) -> State:
        store = self._store
        before = store.deliveries.get(delivery_id(one.lead_id, one.after)) if one.after else None
        to = State.PENDING if before is None or before.state is State.DELIVERED else State.WAITING
        one.attempts = 0
        one.since = store.now
        store.move(one, to, f"sent again by {who}")
        store.accounts[one.account].due.pop(one.name, None)
        if to is State.PENDING:
            store.accounts[one.account].due[one.name] = store.now
        for name in one.dependants:
            other = store.deliveries[delivery_id(one.lead_id, name)]
            if other.cancelled_for_after:
                other.cancelled_for_after = False
                store.move(other, State.WAITING)
        return to

    async def pause(self, account: str, reason: str, *, destination: str = "") -> None:
        known = self._store.accounts[account]
        if destination:
            known.parked[destination] = reason
        else:
            known.paused, known.paused_at = reason, self._store.now

    async def resume(self, account: str, *, destination: str = "") -> None:
        known = self._store.accounts[account]
        if not destination:
            known.paused, known.paused_at, known.until = "", None, 0.0
            return
        known.parked.pop(destination, None)
        known.refused.pop(destination, None)
        for name in known.parked_deliveries.pop(destination, set()):
            one = self._store.deliveries[name]
            if one.state is State.HELD:
                self._store.move(one, State.PENDING)
                known.due[name] = self._store.now
