"""What a vendor's answer means (Outcome) and what we do next (Decision): plain values.

A connector returns an `Outcome`, the retry policy turns it into a `Decision`, the ledger writes the
decision down. Nothing here raises, logs or waits.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where one delivery stands (DESIGN 1.6)."""

    PENDING = "pending"
    SENDING = "sending"
    RETRYING = "retrying"  # waits for its time
    WAITING = "waiting"  # the delivery it comes `after` is not done
    UNKNOWN = "unknown"  # may have arrived; being verified
    HELD = "held"  # a person or a repaired account must act
    DELIVERED = "delivered"
    REJECTED = "rejected"  # the vendor said no for good
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def final(self) -> bool:
        return self in FINAL


FINAL = frozenset(
    {State.DELIVERED, State.REJECTED, State.EXPIRED, State.CANCELLED, State.SKIPPED},
)


# --- outcomes: what the vendor's answer means ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivered:
    """The vendor has it. `reference` is the vendor's own id, opaque to us, where it gave one."""

    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The vendor said no for good, in its own words (without the person)."""

    reason: str


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Refused before processing, come back at `until`; None where the vendor did not say."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """Provably not sent, or refused before processing: always safe to send again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have arrived. Never sent again blindly."""

    reason: str


@dataclass(frozen=True, slots=True)
class AccountProblem:
    """The account's credentials or rights do not serve; the lead itself is not at fault."""

    reason: str


Outcome = Delivered | Rejected | RateLimited | NotSent | Unknown | AccountProblem


@dataclass(frozen=True, slots=True)
class Unsendable:
    """We decided not to call the vendor: `skipped` for good, or `held` until a person acts."""

    state: State
    reason: str

    def __post_init__(self) -> None:
        if self.state not in {State.SKIPPED, State.HELD}:
            raise ValueError(f"an unsendable lead is skipped or held, not {self.state}")


# --- what a read-back after an Unknown found ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """The vendor has it after all."""

    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The vendor surely does not have it: one more send is safe."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The read-back gave no answer; a person decides with both facts."""

    reason: str


Verdict = Found | Absent | CannotTell


# --- decisions: what we do next -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settle:
    """Final."""

    state: State
    reason: str = ""
    reference: str | None = None

    def __post_init__(self) -> None:
        if not self.state.final:
            raise ValueError(f"{self.state} is not a final state")


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Wait `delay` seconds on the ledger's clock, then send. `counts`: it used up an attempt."""

    delay: float
    reason: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Wait `delay` seconds, then ask the vendor whether it arrived."""

    delay: float
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A person must act."""

    reason: str


@dataclass(frozen=True, slots=True)
class PauseAccount:
    """Hold this delivery and stop its account until a probe or a person says it works again."""

    reason: str


Decision = Settle | SendAgain | ReadBack | Hold | PauseAccount
