"""claim, record, renew: the same steps as `lua/claim.lua`, `record.lua`, `renew.lua`, `due.lua`."""

from collections.abc import Iterator, Sequence

from bridge.delivery.memory_ledger.store import Account, Delivery, Store
from bridge.delivery.values import (
    Claim,
    Claimed,
    DeliveryId,
    Health,
    LeadId,
    Mode,
    Record,
    Recorded,
    Terms,
)
from bridge.outcomes import Hold, PauseAccount, ReadBack, SendAgain, Settle, State

MINUTE = 60.0
ENOUGH = 10  # outcomes in a minute before a breaker judges


class Working:
    def __init__(self, store: Store, *, grace: float, breaker_open: float) -> None:
        self._store = store
        self._grace = grace
        self._breaker_open = breaker_open

    async def claim(self, account: str, terms: Terms, *, limit: int, lease: float) -> Claimed:
        known = self._store.accounts[account]
        claims = [self._give(name, "judge", lease) for name in self._dead(known, limit)]
        now = self._store.now
        if known.paused:
            return Claimed(claims=tuple(claims), blocked=f"paused: {known.paused}")
        first = known.next_due()
        if first is None or first > now:
            return Claimed(claims=tuple(claims), wait=None if first is None else first - now)
        room = min(limit - len(claims), terms.concurrency - len(known.leases))
        blocked, wait, room = self._allowed(known, terms, room)
        if blocked:
            return Claimed(claims=tuple(claims), wait=wait, blocked=blocked)
        given = list(self._take(known, room, lease))
        if known.tokens is not None and terms.rate:
            known.tokens -= len(given)
        if terms.breaker == "on" and known.breaker != "closed" and given:
            known.breaker, known.probe = "half-open", now + lease
        first = known.next_due()
        wait = None if first is None else max(0.0, first - now)
        return Claimed(claims=(*claims, *given), wait=wait)

    async def record(self, records: Sequence[Record]) -> list[Recorded]:
        return [self._record(one) for one in records]

    async def renew(self, claims: Sequence[Claim], *, lease: float) -> list[bool]:
        kept = []
        for claim in claims:
            one, account = self._store.deliveries[claim.delivery_id], claim.account
            leases = self._store.accounts[account].leases
            mine = one.token == claim.token and one.name in leases
            if mine:
                leases[one.name] = self._store.now + lease
            kept.append(mine)
        return kept

    async def due(self, accounts: Sequence[str]) -> list[str]:
        return [one for one in accounts if self._has_work(self._store.accounts[one])]

    def _has_work(self, account: Account) -> bool:
        now, first = self._store.now, account.next_due()
        shut = account.paused or account.until > now or account.probe > now
        dead = any(ends <= now - self._grace for ends in account.leases.values())
        return dead or (not shut and first is not None and first <= now)

    def _dead(self, account: Account, limit: int) -> list[str]:
        """What a dead worker left; a read-back that died sent nothing and goes back in line."""
        now, judged = self._store.now, []
        ended = [n for n, ends in account.leases.items() if ends <= now - self._grace][:limit]
        for name in ended:
            if self._store.deliveries[name].verify:
                del account.leases[name]
                account.due[name] = now
            else:
                judged.append(name)
        return judged

    def _allowed(self, known: Account, terms: Terms, room: int) -> tuple[str, float | None, int]:
        now = self._store.now
        if known.until > now:
            return "the vendor asked us to wait", known.until - now, 0
        if terms.breaker == "on" and known.breaker != "closed":
            ready = max(known.opened + self._breaker_open, known.probe)
            if ready > now:
                return f"the breaker is {known.breaker}", ready - now, 0
            room = min(room, 1)
        if terms.rate:
            count, seconds = terms.rate
            had = count if known.tokens is None else known.tokens
            known.tokens = min(count, had + (now - known.filled) * count / seconds)
            known.filled = now
            if known.tokens < 1:
                wait = (1 - known.tokens) * seconds / count
                return "the rate of the account is used up", wait, 0
            room = min(room, int(known.tokens))
        return "", None, room

    def _take(self, known: Account, room: int, lease: float) -> Iterator[Claim]:
        now = self._store.now
        line = sorted((at, name) for name, at in known.due.items() if at <= now)
        for _, name in line:
            if room <= 0:
                return
            one = self._store.deliveries[name]
            parked = known.parked.get(one.destination)
            if parked and not one.verify:
                del known.due[name]
                known.parked_deliveries[one.destination].add(name)
                self._store.move(one, State.HELD, parked)
                continue
            room -= 1
            yield self._give(name, "verify" if one.verify else "send", lease)

    def _give(self, name: str, mode: Mode, lease: float) -> Claim:
        store, one = self._store, self._store.deliveries[name]
        account, lead = store.accounts[one.account], store.leads[one.lead_id]
        one.token += 1
        if mode == "send":
            one.attempts += 1
            one.state, one.updated_at = State.SENDING, store.now
        account.due.pop(name, None)
        account.leases[name] = store.now + lease
        return Claim(
            delivery_id=DeliveryId(name),
            lead_id=LeadId(one.lead_id),
            destination=one.destination,
            account=one.account,
            token=one.token,
            mode=mode,
            attempt=one.attempts,
            unknowns=one.unknowns,
            age=store.now - (lead.received_at if one.since is None else one.since),
            source=lead.source,
            blob=store.blobs.get(one.lead_id, b""),
        )

    def _record(self, record: Record) -> Recorded:
        store = self._store
        one = store.deliveries.get(record.claim.delivery_id)
        if one is None or one.state is None:
            return Recorded(applied=False, state=State.CANCELLED)
        store.log(one.lead_id, record.entry)
        account = store.accounts[one.account]
        mine, in_flight = one.token == record.claim.token, one.name in account.leases
        if mine and not in_flight:
            return Recorded(applied=True, state=one.state)
        settle = record.decision if isinstance(record.decision, Settle) else None
        delivered = settle is not None and settle.state is State.DELIVERED
        if not mine:
            if not delivered or one.state.final:
                return Recorded(applied=False, state=one.state)
            if in_flight:
                one.late = (settle.reference if settle else "") or "-"
                return Recorded(applied=False, state=one.state)
        self._store.tally[f"attempts/{one.account}/{one.destination}/{record.outcome}"] += 1
        self._watch(account, one, record, delivered=delivered)
        to = self._apply(one, account, record)
        woken = store.wake_dependants(one) if to.final else []
        return Recorded(applied=True, state=to, woken=tuple(woken))

    def _apply(self, one: Delivery, account: Account, record: Record) -> State:
        to, delay, reason, reference = _next(record)
        if one.late is not None and to is not State.DELIVERED:
            to, delay = State.DELIVERED, None
            reason = "an earlier attempt turned out to have arrived"
            reference = "" if one.late == "-" else one.late
        elif one.cancel_asked and to is State.RETRYING:
            to, delay = State.CANCELLED, None
            reason = "the person withdrew, or it was cancelled by hand"
        account.leases.pop(one.name, None)
        one.late = None
        one.unknowns += record.unknown
        if _is_free(record):
            one.attempts -= 1
        one.verify = isinstance(record.decision, ReadBack) and to is State.UNKNOWN
        account.due.pop(one.name, None)
        one.next_at = None
        if delay is not None:
            one.next_at = account.due[one.name] = self._store.now + delay
        if to is State.DELIVERED:
            self._store.measure(one)
        self._store.move(one, to, reason, reference)
        return to

    def _watch(self, account: Account, one: Delivery, record: Record, *, delivered: bool) -> None:
        now = self._store.now
        if record.health == "none":
            account.probe = 0.0
        else:
            self._breathe(account, record.health)
        if record.account_wait:
            account.until = now + record.account_wait
        if isinstance(record.decision, PauseAccount) and not account.paused:
            account.paused, account.paused_at = record.decision.reason, now
        if delivered:
            account.good = now
            account.refused.pop(one.destination, None)
        elif record.refused:
            account.refused[one.destination] += 1
            limit = record.pause_after_refusals
            if account.refused[one.destination] >= limit:
                why = getattr(record.decision, "reason", "")
                text = f"{limit} refusals in a row at {one.destination}, the last one: {why}"
                account.parked.setdefault(one.destination, text)

    def _breathe(self, account: Account, health: Health) -> None:
        now = self._store.now
        if account.breaker == "half-open" and health == "good":
            account.breaker, account.window, account.probe = "closed", [], 0.0
            return
        account.window = [seen for seen in account.window if seen[0] > now - MINUTE]
        account.window.append((now, health == "good"))
        bad = sum(not good for _, good in account.window)
        half = len(account.window) >= ENOUGH and bad * 2 >= len(account.window)
        if half or (account.breaker != "closed" and health == "bad"):
            account.breaker, account.opened, account.probe = "open", now, 0.0


def _next(record: Record) -> tuple[State, float | None, str, str]:
    """The state, the delay (None: not in line), the reason, the reference."""
    match record.decision:
        case Settle(state=state, reason=reason, reference=reference):
            return state, None, reason, reference or ""
        case SendAgain(delay=delay, reason=reason):
            return State.RETRYING, delay, reason, ""
        case ReadBack(delay=delay, reason=reason):
            return State.UNKNOWN, delay, reason, ""
        case Hold(reason=reason):
            return State.HELD, None, reason, ""
        case PauseAccount(reason=reason):
            return State.HELD, 0.0, reason, ""


def _is_free(record: Record) -> bool:
    """Attempts that the vendor refused before looking at the lead do not count."""
    match record.decision:
        case SendAgain(counts=counts):
            return not counts
        case PauseAccount():
            return True
        case _:
            return False
