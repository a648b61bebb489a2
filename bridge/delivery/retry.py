"""What to do next after an outcome: a pure function of numbers (DESIGN 1.6, FACTS 1A.5, 1B.5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from bridge.outcomes import (
    AccountProblem,
    Decision,
    Delivered,
    Hold,
    NotSent,
    Outcome,
    PauseAccount,
    RateLimited,
    ReadBack,
    Rejected,
    SendAgain,
    Settle,
    State,
    Unknown,
    Unsendable,
)

OnUnknown = Literal["verify", "retry", "retry_once", "hold"]

FIRST_WAITS = (10.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0)
LONG_WAIT = 4 * 3600.0  # from then on, until `max_age`
JITTER = 0.2
READ_BACK_AFTER = 5.0  # a vendor's own search needs a moment to see what it just stored
RATE_FALLBACK = 3.5  # Flow: "if unsure, wait 3.5 seconds"
RATE_CAP = 3600.0  # a vendor's `Retry-After` is honoured up to here (X-T10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A destination's rules. `schedule` None: the default one; durations in seconds."""

    on_unknown: OnUnknown = "hold"
    max_age: float = 72 * 3600.0
    schedule: tuple[float, ...] | None = None

    def wait(self, attempt: int) -> float | None:
        """Seconds to wait after attempt number `attempt`; None: the schedule is over."""
        if self.schedule is not None:
            return self.schedule[attempt - 1] if attempt <= len(self.schedule) else None
        return FIRST_WAITS[attempt - 1] if attempt <= len(FIRST_WAITS) else LONG_WAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a delivery stands when its outcome comes in. `luck`: 0…1, spreads the retries."""

    attempt: int  # of the ones that count, this one included
    unknowns: int  # earlier outcomes that were Unknown
    age: float  # seconds since the lead was accepted
    now: datetime
    luck: float = 0.5


def decide(outcome: Outcome | Unsendable, policy: Policy, situation: Situation) -> Decision:
    match outcome:
        case Delivered(reference=reference):
            return Settle(State.DELIVERED, reference=reference)
        case Rejected(reason=reason):
            return Settle(State.REJECTED, reason)
        case RateLimited(until=until):
            return _rate_limited(until, policy, situation)
        case NotSent(reason=reason):
            return _again(reason, policy, situation)
        case Unknown(reason=reason):
            return _unknown(reason, policy, situation)
        case AccountProblem(reason=reason):
            return PauseAccount(reason)
        case Unsendable(state=State.SKIPPED, reason=reason):
            return Settle(State.SKIPPED, reason)
        case Unsendable(reason=reason):
            return Hold(reason)
        case _:
            assert_never(outcome)


def absent(reason: str, policy: Policy, situation: Situation) -> Decision:
    """After a read-back that found nothing: one more send, then a person (DESIGN 1.6)."""
    if situation.unknowns > 1:
        return Hold(f"{reason}; the vendor does not have it, and a resend ended the same way")
    return _within_age(0.0, f"{reason}; the vendor does not have it", policy, situation)


def _rate_limited(until: datetime | None, policy: Policy, situation: Situation) -> Decision:
    asked = (until - situation.now).total_seconds() if until else RATE_FALLBACK
    wait = min(max(asked, 0.1), RATE_CAP)
    reason = f"the vendor asked us to wait {wait:.0f} s"
    if situation.age + wait > policy.max_age:
        return _expired(reason, policy)
    return SendAgain(wait * (1 + JITTER * situation.luck), reason, counts=False)


def _again(reason: str, policy: Policy, situation: Situation) -> Decision:
    wait = policy.wait(situation.attempt)
    if wait is None:
        return Settle(State.EXPIRED, f"gave up after {situation.attempt} attempts: {reason}")
    spread = 1 + JITTER * (2 * situation.luck - 1)
    return _within_age(wait * spread, reason, policy, situation)


def _within_age(wait: float, reason: str, policy: Policy, situation: Situation) -> Decision:
    if situation.age + wait > policy.max_age:
        return _expired(reason, policy)
    return SendAgain(wait, reason)


def _expired(reason: str, policy: Policy) -> Settle:
    return Settle(State.EXPIRED, f"older than {policy.max_age / 3600:g} h: {reason}")


def _unknown(reason: str, policy: Policy, situation: Situation) -> Decision:
    match policy.on_unknown:
        case "verify":
            return ReadBack(READ_BACK_AFTER, reason)
        case "retry":
            return _again(reason, policy, situation)
        case "retry_once" if situation.unknowns == 0:
            return _again(reason, policy, situation)
        case "retry_once":
            return Hold(f"{reason}; it was sent twice and may have arrived")
        case "hold":
            return Hold(f"{reason}; it may have arrived")
