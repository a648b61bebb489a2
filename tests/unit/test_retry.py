"""The retry policy is arithmetic: a table of (outcome, situation) → decision."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.delivery import retry
from bridge.delivery.retry import OnUnknown, Policy, Situation, decide
from bridge.outcomes import (
    AccountProblem,
    Delivered,
    Hold,
    NotSent,
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

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PLAIN = Policy()


def at(attempt: int = 1, **changes: float) -> Situation:
    known: dict[str, float] = {"age": 1.0, "luck": 0.5, "unknowns": 0, **changes}
    return Situation(
        attempt=attempt,
        unknowns=int(known["unknowns"]),
        age=known["age"],
        luck=known["luck"],
        now=NOW,
    )


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [
        (1, 10),
        (2, 30),
        (3, 120),
        (4, 600),
        (5, 1800),
        (6, 3600),
        (7, 7200),
        (8, 4 * 3600),
        (9, 4 * 3600),
        (20, 4 * 3600),
    ],
)
def test_the_default_schedule(attempt: int, seconds: float) -> None:
    decision = decide(NotSent("503"), PLAIN, at(attempt))
    assert decision == SendAgain(seconds, "503")


def test_it_ends_at_the_greatest_age() -> None:
    decision = decide(NotSent("503"), PLAIN, at(30, age=71 * 3600.0))
    assert decision == Settle(State.EXPIRED, "older than 72 h: 503")


def test_an_own_schedule_is_as_long_as_it_is() -> None:
    policy = Policy(schedule=(1.0, 2.0))
    assert decide(NotSent("x"), policy, at(2)) == SendAgain(2.0, "x")
    assert decide(NotSent("x"), policy, at(3)) == Settle(
        State.EXPIRED, "gave up after 3 attempts: x"
    )


@given(luck=st.floats(0, 1), attempt=st.integers(1, 40))
def test_jitter_stays_within_a_fifth(luck: float, attempt: int) -> None:
    decision = decide(NotSent("x"), PLAIN, at(attempt, luck=luck))
    plain = PLAIN.wait(attempt)
    assert isinstance(decision, SendAgain)
    assert plain is not None
    assert 0.8 * plain - 1e-6 <= decision.delay <= 1.2 * plain + 1e-6


@pytest.mark.parametrize(
    ("wait", "least", "most"),
    [(None, 3.5, 4.2), (30.0, 30, 36), (99_999.0, 3600, 4320), (-5.0, 0.1, 0.12)],
)
def test_a_vendor_that_asks_to_wait_is_heard_and_does_not_count(
    wait: float | None, least: float, most: float
) -> None:
    until = None if wait is None else NOW + timedelta(seconds=wait)
    for luck in (0.0, 1.0):
        decision = decide(RateLimited(until), PLAIN, at(luck=luck))
        assert isinstance(decision, SendAgain)
        assert not decision.counts
        assert least - 1e-9 <= decision.delay <= most + 1e-9


@pytest.mark.parametrize(
    ("on_unknown", "unknowns", "expected"),
    [
        ("verify", 0, ReadBack(retry.READ_BACK_AFTER, "lost")),
        ("retry", 0, SendAgain(10, "lost")),
        ("retry", 9, SendAgain(10, "lost")),
        ("retry_once", 0, SendAgain(10, "lost")),
        ("retry_once", 1, Hold("lost; it was sent twice and may have arrived")),
        ("hold", 0, Hold("lost; it may have arrived")),
    ],
)
def test_unknown_is_as_the_destination_wants_it(
    on_unknown: OnUnknown, unknowns: int, expected: object
) -> None:
    policy = Policy(on_unknown=on_unknown)
    assert decide(Unknown("lost"), policy, at(unknowns=unknowns)) == expected


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Delivered("R1"), Settle(State.DELIVERED, reference="R1")),
        (Rejected("no"), Settle(State.REJECTED, "no")),
        (AccountProblem("401"), PauseAccount("401")),
        (Unsendable(State.SKIPPED, "test"), Settle(State.SKIPPED, "test")),
        (Unsendable(State.HELD, "no estate"), Hold("no estate")),
    ],
)
def test_the_rest_needs_no_arithmetic(outcome: Delivered, expected: object) -> None:
    assert decide(outcome, PLAIN, at()) == expected


def test_what_is_surely_absent_is_sent_once_more_then_held() -> None:
    again = retry.absent("lost", PLAIN, at(unknowns=1))
    assert again == SendAgain(0.0, "lost; the vendor does not have it")
    assert isinstance(retry.absent("lost", PLAIN, at(unknowns=2)), Hold)


def test_contradictions_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="not a final state"):
        Settle(State.HELD)
    with pytest.raises(ValueError, match="skipped or held"):
        Unsendable(State.DELIVERED, "x")
