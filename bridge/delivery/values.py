"""What goes into a ledger and what comes out of it: plain values.

Times are unix seconds of the ledger's own clock, durations are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType

from bridge.outcomes import Decision, PauseAccount, Settle, State

LeadId = NewType("LeadId", str)
DeliveryId = NewType(
    "DeliveryId", str
)  # "<lead id>:<destination>": one lead, one destination, once

Mode = Literal["send", "verify", "judge"]
Health = Literal["good", "bad", "none"]
Duplicates = Literal["hold", "drop", "deliver"]
Breaker = Literal["on", "observe", "off"]


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
    marks: tuple[
        str, ...
    ] = ()  # further fingerprints to find it by: property, external id, listing
    about: str = ""  # fingerprint of the property, which a withdrawal names
    wants: str = ""  # a property reference that the directory does not know
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
class Amendment:
    """A lead that a person corrected; `gone` are marks and contacts that no longer find it."""

    lead_id: LeadId
    blob: bytes
    contacts: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    about: str = ""
    entry: bytes = b'{"what":"amended"}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """`about` "*": every property. `lead_ids`: leads that it names by their own id.

    `at` None: now, on the ledger's own clock.
    """

    contacts: tuple[str, ...]
    about: str = "*"
    lead_ids: tuple[LeadId, ...] = ()
    at: float | None = None
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

    @property
    def outcome(self) -> str:
        """In one word, for counting."""
        decision = self.decision
        known = (
            ("delivered", isinstance(decision, Settle) and decision.state is State.DELIVERED),
            ("unknown", self.unknown),
            ("rejected", self.refused),
            ("account_problem", isinstance(decision, PauseAccount)),
            ("rate_limited", self.account_wait > 0),
            ("not_sent", self.health == "bad"),
        )
        return next((name for name, fits in known if fits), "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """`applied` False: a newer holder has it; the entry is on the log all the same."""

    applied: bool
    state: State
    woken: tuple[str, ...] = ()  # accounts whose waiting deliveries became due


# --- keeping ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long what is kept, in seconds: `payload` after a lead's last final state, `bodies` of
    attempts after they were made, `held` deliveries that nobody acts on, the quarantine."""

    payload: float = 30 * 86_400
    bodies: float = 14 * 86_400
    held: float = 180 * 86_400
    quarantine: float = 30 * 86_400
    identities: float = 90 * 86_400  # tombstones of erased leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What one step of retention took out; `more`: there may be more at once."""

    bodies: int = 0
    payloads: int = 0
    held: int = 0
    quarantine: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Bytes in the ledger that are sealed, or sealed behind a line in the clear; or neither."""

    key: str
    part: str
    whole: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPage:
    """A few places; `cursor` leads to the next ones, empty at the end."""

    places: tuple[Place, ...]
    cursor: str = ""


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
    withdrawn: bool = False  # the person took it back, whatever had become of it


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
    unknowns: int = 0  # attempts that may have arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """`leads` that one of some destinations has, `last`: when the latest got there; `held`: why
    others are held there, each reason once.
    """

    leads: int = 0
    last: float | None = None
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of a lead's timeline: what happened, and the sealed bodies where there are any."""

    at: float
    header: Mapping[str, object]
    sealed: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What a vendor called something that it got of a person."""

    lead_id: LeadId
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    account: str
    in_flight: int
    due: int
    breaker: str
    paused: str  # the reason, empty where it works
    paused_at: float | None
    last_good: float | None
    due_since: float | None = None  # when the first in line became due, or will
    parked: Mapping[str, str] = field(default_factory=dict)  # destination → why it is paused


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    quarantine_id: str
    source: str
    received_at: float
    reason: str
    sealed: bytes = b""


BUCKETS = (  # ms, of the histogram from lead to vendor; record.lua has the same
    *(100, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000),
    *(300_000, 900_000, 3_600_000, 21_600_000, 86_400_000),
)
BY_HAND = "by hand"  # a pause whose reason starts so ends by hand too
# replay: a wanted resend, also of what is final; again: of what was delivered too
Act = Literal["retry", "cancel", "delivered", "resend", "replay", "again"]
