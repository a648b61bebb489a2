"""What a ledger promises: the one durable record of leads, deliveries and attempts.

`MemoryLedger` and `RedisLedger` keep the same promises; `tests/contract` proves it on both. All
calls are atomic. The values are in `values.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bridge.delivery.values import (
    AccountRow,
    Act,
    Amendment,
    Claim,
    Claimed,
    DeliveryId,
    DeliveryRow,
    Earlier,
    Expired,
    Keep,
    LeadId,
    LeadRow,
    LogEntry,
    NewDelivery,
    NewLead,
    Opened,
    Place,
    QuarantineRow,
    Record,
    Recorded,
    SealedPage,
    Served,
    Terms,
    Withdrawal,
)
from bridge.outcomes import State


class LedgerError(Exception):
    """The ledger cannot be reached or cannot be written; the text is one sentence for a person."""


class Ledger(Protocol):
    """See the module's docstring. Every method may raise `LedgerError`."""

    async def ready(self) -> None:
        """Raise unless the ledger can be written and never evicts."""
        ...

    async def close(self) -> None: ...

    # accepting
    async def open(self, leads: Sequence[NewLead]) -> list[Opened]:
        """Write each lead with its deliveries, once; a yes means that it is on disk."""
        ...

    async def withdraw(self, withdrawal: Withdrawal) -> list[DeliveryId]:
        """Cancel what is still open; remember it for what arrives late. Says what it cancelled."""
        ...

    async def lead_of(self, identity: str) -> LeadId | None: ...

    async def extend(
        self,
        lead_id: LeadId,
        deliveries: Sequence[NewDelivery],
        *,
        entry: bytes,
        wish_window: float = 86_400,
        anew: bool = False,
    ) -> list[DeliveryId] | None:
        """Open further deliveries of a lead; says which. One that is there already stays as it is.

        An unrouted lead that gets its first delivery is `accepted`. Who withdrew gets none: they
        are cancelled. `anew`: their age counts from now, not from the lead's. None: no such lead.
        """
        ...

    async def amend(self, amendment: Amendment) -> bool:
        """Put a corrected lead in the place of the old one; False: no such lead."""
        ...

    async def note(
        self, lead_id: LeadId, entry: bytes, *, once: str = "", window: float = 30 * 86_400
    ) -> bool:
        """One more line on a lead's timeline; False: no such lead.

        What has the same `once` stands there once, for `window` seconds.
        """
        ...

    # delivering
    async def claim(self, account: str, terms: Terms, *, limit: int, lease: float) -> Claimed: ...

    async def record(self, records: Sequence[Record]) -> list[Recorded]: ...

    async def renew(self, claims: Sequence[Claim], *, lease: float) -> list[bool]:
        """Keep what is still being sent; False where a newer holder has it."""
        ...

    async def due(self, accounts: Sequence[str]) -> list[str]:
        """The accounts with something to claim now."""
        ...

    async def nudge(self, account: str, *, ttl: float) -> bool:
        """True for the one caller that should send a nudge now."""
        ...

    async def ring(self, account: str) -> None:
        """Ask any worker for a nudge: for processes that cannot send one themselves."""
        ...

    async def heard(self, *, within: float) -> str | None:
        """The next account that somebody rang for; None after `within` seconds."""
        ...

    async def nudged(self, account: str) -> None:
        """The nudge was worked off: the next one may be sent."""
        ...

    # acting
    async def act(
        self, delivery: DeliveryId, act: Act, *, who: str, scope: str = "", reference: str = ""
    ) -> State | None:
        """Do it by hand; None: no such delivery; raises `ValueError` where it cannot be done.

        `scope`: the run that it belongs to; said twice within one run it is done once.
        `reference`: the vendor's own id, where it is delivered.
        """
        ...

    async def pause(self, account: str, reason: str, *, destination: str = "") -> None: ...

    async def resume(self, account: str, *, destination: str = "") -> None: ...

    # looking
    async def lead(self, lead_id: LeadId) -> LeadRow | None: ...

    async def blob(self, lead_id: LeadId) -> bytes | None: ...

    async def log(self, lead_id: LeadId) -> list[LogEntry]: ...

    async def deliveries_of(self, lead_id: LeadId) -> list[DeliveryRow]: ...

    async def leads(self, *, before: float | None, limit: int) -> list[LeadRow]:
        """Newest first."""
        ...

    async def deliveries(
        self,
        *,
        state: State | None,
        account: str | None,
        limit: int,
        before: float | None = None,
    ) -> list[DeliveryRow]:
        """Newest first; `before`: of those that a person may look for, changed before that time.

        What is in line or in flight, and what was delivered, has no such index.
        """
        ...

    async def leads_of(self, mark: str, *, limit: int = 1000) -> list[LeadId]:
        """The leads that have this contact or mark, newest first."""
        ...

    async def served(
        self, marks: Sequence[str], account: str, destinations: Sequence[str]
    ) -> Served:
        """What became of the leads with one of these marks at these destinations of an account.

        Test leads do not count. Of each mark the newest 10,000 leads are looked at.
        """
        ...

    async def earlier(
        self, people: Sequence[Sequence[str]], *, account: str, limit: int = 20
    ) -> list[tuple[Earlier, ...]]:
        """For each person's contacts: the references of what `account` delivered of them.

        Of the newest lead first; `limit` is how many leads of a contact are looked at.
        """
        ...

    async def counts(self) -> dict[tuple[str, State], int]:
        """Deliveries by account and state."""
        ...

    async def accounts(self) -> list[AccountRow]: ...

    async def tally(self) -> dict[str, int]:
        """Counters since the ledger began, for /metrics: `accepted/<source>`, `last/<source>` (ms),
        `attempts/<account>/<destination>/<outcome>`, `took/<destination>/<ms or inf>`,
        `took_ms/<destination>`, `quarantined`."""
        ...

    # keeping
    async def forget(
        self, lead_id: LeadId, *, entry: bytes, tombstone: float
    ) -> list[DeliveryId] | None:
        """Erase the person from a lead and cancel what is open; says what it cancelled.

        The same message is answered with this lead for `tombstone` seconds. None: no such lead.
        """
        ...

    async def expire(self, keep: Keep, *, limit: int = 100, dry_run: bool = False) -> Expired:
        """Take out what was kept long enough, at most `limit` of each kind."""
        ...

    async def sealed(self, cursor: str = "", *, under: str = "") -> SealedPage:
        """Every place that may hold sealed bytes, a page at a time; `under`: a key's beginning."""
        ...

    async def reseal(self, place: Place, whole: bytes) -> bool:
        """Put `whole` there, if what was seen there still stands there."""
        ...

    # quarantine, the property directory, what the workers share
    async def quarantine(self, row: QuarantineRow) -> str: ...

    async def quarantined(self, *, limit: int) -> list[QuarantineRow]: ...

    async def quarantine_size(self) -> int: ...

    async def quarantine_get(self, quarantine_id: str) -> QuarantineRow | None: ...

    async def quarantine_drop(self, quarantine_id: str) -> bool: ...

    async def properties(self, references: Sequence[str]) -> dict[str, str]:
        """Reference → entry as JSON, for those that are known."""
        ...

    async def properties_all(self) -> dict[str, str]: ...

    async def properties_put(self, entries: Mapping[str, str]) -> None: ...

    async def shelf_get(self, name: str) -> bytes | None: ...

    async def shelf_put(self, name: str, value: bytes, *, ttl: float | None) -> None: ...

    async def shelf_add(self, name: str, value: bytes, *, ttl: float | None) -> bool:
        """Put it only where nothing is; True if it was put."""
        ...

    async def shelf_swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Put `new` where `old` still stands (None: nothing), for good; True if it was put."""
        ...

    async def shelf_drop(self, name: str, *, only_if: bytes | None = None) -> None: ...

    async def drawer_put(
        self, drawer: str, entries: Mapping[str, bytes], *, ttl: float | None = None
    ) -> None:
        """A drawer is a small named collection that can be listed.

        `ttl`: the whole drawer ends so many seconds after its last put.
        """
        ...

    async def drawer_add(self, drawer: str, name: str, value: bytes) -> bool:
        """Put it only where nothing is; True if it was put."""
        ...

    async def drawer_get(self, drawer: str, name: str) -> bytes | None: ...

    async def drawer_find(self, drawer: str, names: Sequence[str]) -> dict[str, bytes]:
        """Those of them that are in it."""
        ...

    async def drawer_all(self, drawer: str) -> dict[str, bytes]: ...

    async def drawer_drop(self, drawer: str, name: str) -> bool: ...

    async def spend(self, name: str, count: int, seconds: float) -> float:
        """Take one of the `count` turns that there are in any `seconds`, over all workers.

        0.0: it was taken; else the seconds until the next one is free, and nothing was taken.
        """
        ...

    async def beat(self, worker: str, *, ttl: float) -> None: ...

    async def workers(self) -> dict[str, float]:
        """Worker → when it was last seen, for those of the last 30 s."""
        ...
