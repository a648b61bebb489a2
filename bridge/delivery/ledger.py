"""What a ledger promises: the one durable record of leads, deliveries and attempts.

`MemoryLedger` and `RedisLedger` keep the same promises; `tests/contract` proves it on both. Times
in answers are unix seconds of the ledger's own clock; durations are seconds. All calls are atomic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NewType, Protocol

from bridge.outcomes import Decision, State

LeadId = NewType("LeadId", str)
DeliveryId = NewType(
    "DeliveryId", str
)  # "<lead id>:<destination>": one lead, one destination, once

Mode = Literal["send", "verify", "judge"]
Health = Literal["good", "bad", "none"]
Duplicates = Literal["hold", "drop", "deliver"]
Breaker = Literal["on", "observe", "off"]


class LedgerError(Exception):
    """The ledger cannot be reached or cannot be written; the text is one sentence for a person."""


def delivery_id(lead_id: str, destination: str) -> DeliveryId:
    return DeliveryId(f"{lead_id}:{destination}")


# --- accepting ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery to be opened; `wishes` are fingerprints that guard its route against doubles."""

    destination: str
    account: str
    route: str
    after: str = ""  # the destination it waits for, of the same lead
    wishes: tuple[str, ...] = ()
    duplicates: Duplicates = "hold"
    skip: str = ""  # a reason to be `skipped` from the start


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """A parsed lead as it enters; nothing in it is personal but the sealed `blob`."""

    lead_id: LeadId
    source: str
    external_id: str
    intent: str
    test: bool
    blob: bytes
    identities: tuple[str, ...]  # fingerprints of the message: any of them seen → the same message
    contacts: tuple[str, ...] = ()  # fingerprints of each e-mail and phone, to find it again
    about: str = ""  # fingerprint of the property, which a withdrawal names
    occurred_at: float | None = None  # an earlier withdrawal only stops what occurred before it
    status: str = "accepted"  # or unrouted, withdrawal
    entry: bytes = b'{"what":"accepted"}\n'
    deliveries: tuple[NewDelivery, ...] = ()
    identity_window: float = 30 * 86_400
    wish_window: float = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`fresh` False: the same message came before and `lead_id` is the first one's."""

    lead_id: LeadId
    fresh: bool
    status: str
    first: LeadId | None = None  # the lead that wished the same, where there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """`about` "*": every property. `lead_ids`: leads that it names by their own id."""

    contacts: tuple[str, ...]
    about: str = "*"
    lead_ids: tuple[LeadId, ...] = ()
    at: float
    window: float = 30 * 86_400


# --- delivering ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account allows, over all workers. `rate`: (count, seconds)."""

    concurrency: int = 8
    rate: tuple[int, float] | None = None
    breaker: Breaker = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One delivery, given to one worker until its lease ends; `token` fences out older holders."""

    delivery_id: DeliveryId
    lead_id: LeadId
    destination: str
    account: str
    token: int
    mode: Mode  # judge: the worker that had it is gone
    attempt: int  # the ones that count, this one included
    unknowns: int
    age: float
    source: str
    blob: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    claims: tuple[Claim, ...] = ()
    wait: float | None = None  # until more may be claimed; None: nothing is in line
    blocked: str = ""  # why nothing was given though something is due


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The end of an attempt. `entry`: plain JSON header, newline, sealed bodies."""

    claim: Claim
    decision: Decision
    unknown: bool = False  # the outcome was Unknown
    health: Health = "none"
    account_wait: float = 0.0  # the vendor asked the whole account to wait
    refused: bool = False
    pause_after_refusals: int = 25
    entry: bytes = b"{}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """`applied` False: a newer holder has it; the entry is on the log all the same."""

    applied: bool
    state: State
    woken: tuple[str, ...] = ()  # accounts whose waiting deliveries became due


# --- looking ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    lead_id: LeadId
    source: str
    external_id: str
    intent: str
    status: str
    received_at: float
    test: bool
    first: str = ""
    destinations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    delivery_id: DeliveryId
    lead_id: LeadId
    destination: str
    account: str
    state: State
    attempts: int
    next_at: float | None
    reference: str
    reason: str
    updated_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of a lead's timeline: what happened, and the sealed bodies where there are any."""

    at: float
    header: Mapping[str, object]
    sealed: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    account: str
    in_flight: int
    due: int
    breaker: str
    paused: str  # the reason, empty where it works
    paused_at: float | None
    last_good: float | None
    parked: Mapping[str, str] = field(default_factory=dict)  # destination → why it is paused


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    quarantine_id: str
    source: str
    received_at: float
    reason: str
    sealed: bytes = b""


BY_HAND = "by hand"  # a pause whose reason starts so ends by hand too
Act = Literal["retry", "cancel", "delivered", "resend"]


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
    async def act(self, delivery: DeliveryId, act: Act, *, who: str) -> State | None:
        """Do it by hand; None: no such delivery; raises `ValueError` where it cannot be done."""
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
        self, *, state: State | None, account: str | None, limit: int
    ) -> list[DeliveryRow]:
        """Newest first."""
        ...

    async def leads_of(self, contact: str) -> list[LeadId]: ...

    async def counts(self) -> dict[tuple[str, State], int]:
        """Deliveries by account and state."""
        ...

    async def accounts(self) -> list[AccountRow]: ...

    # quarantine, the property directory, what the workers share
    async def quarantine(self, row: QuarantineRow) -> str: ...

    async def quarantined(self, *, limit: int) -> list[QuarantineRow]: ...

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

    async def shelf_drop(self, name: str, *, only_if: bytes | None = None) -> None: ...

    async def beat(self, worker: str, *, ttl: float) -> None: ...

    async def workers(self) -> dict[str, float]:
        """Worker → when it was last seen."""
        ...
