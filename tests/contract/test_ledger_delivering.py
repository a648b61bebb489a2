"""What any ledger promises about sending: one holder, fencing, isolation by account."""

import asyncio

import pytest

from bridge.delivery.ledger import Ledger
from bridge.delivery.values import Act, DeliveryId, LeadId, Terms
from bridge.outcomes import (
    Decision,
    Hold,
    PauseAccount,
    ReadBack,
    SendAgain,
    Settle,
    State,
)
from tests.contract.ledgers import BREAKER_OPEN, GRACE, Bench, claim, delivery, done, lead


async def state(ledger: Ledger, name: str = "a", destination: str = "watch") -> State:
    rows = await ledger.deliveries_of(LeadId(name))
    return next(row.state for row in rows if row.destination == destination)


async def expire(lease: float = 0.01) -> None:
    await asyncio.sleep(lease + GRACE + 0.03)


def test_a_claim_gives_each_delivery_to_one_worker(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead(str(n)) for n in range(20)])
        given = await asyncio.gather(*(claim(ledger) for _ in range(5)))
        ids = [one.delivery_id for claims in given for one in claims]
        assert len(ids) == len(set(ids)) == 20
        first = given[0][0] if given[0] else next(c[0] for c in given if c)
        assert (first.mode, first.attempt, first.token, first.blob[:6]) == ("send", 1, 1, b"sealed")
        assert await state(ledger, "0") == State.SENDING

    bench.tell(story)


def test_concurrency_holds_over_all_workers(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead(str(n)) for n in range(10)])
        first = await claim(ledger, concurrency=3)
        assert len(first) == 3
        assert await claim(ledger, concurrency=3) == ()
        await ledger.record([done(first[0])])
        assert len(await claim(ledger, concurrency=3)) == 1

    bench.tell(story)


def test_the_rate_of_an_account_is_a_bucket(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead(str(n)) for n in range(10)])
        assert len(await claim(ledger, rate=(4, 0.4))) == 4
        blocked = await ledger.claim("acme", Terms(rate=(4, 0.4)), limit=9, lease=9)
        assert "rate" in blocked.blocked
        assert blocked.wait is not None
        await asyncio.sleep(blocked.wait + 0.02)
        assert 1 <= len(await claim(ledger, rate=(4, 0.4))) <= 2

    bench.tell(story)


def test_a_later_time_is_waited_for_and_said(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, SendAgain(0.08, "503"), health="bad")])
        rest = await ledger.claim("acme", Terms(), limit=9, lease=9)
        assert rest.claims == ()
        assert rest.wait is not None
        assert 0.0 < rest.wait <= 0.08
        (row,) = await ledger.deliveries_of(LeadId("a"))
        assert (row.state, row.reason, row.attempts) == (State.RETRYING, "503", 1)
        assert row.next_at is not None
        await asyncio.sleep(0.1)
        (again,) = await claim(ledger)
        assert (again.attempt, again.mode) == (2, "send")

    bench.tell(story)


def test_an_attempt_that_does_not_count_is_given_back(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        for decision in (SendAgain(0.0, "429", counts=False), PauseAccount("401")):
            (one,) = await claim(ledger)
            assert one.attempt == 1
            await ledger.record([done(one, decision, health="none")])
            await ledger.resume("acme")
        (one,) = await claim(ledger)
        assert one.attempt == 1

    bench.tell(story)


def test_what_a_dead_worker_left_is_judged_with_a_new_token(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (old,) = await claim(ledger, lease=0.01)
        assert await claim(ledger) == ()
        await expire()
        assert await ledger.due(["acme"]) == ["acme"]
        (new,) = await claim(ledger)
        assert (new.mode, new.token, new.attempt) == ("judge", old.token + 1, 1)
        assert await state(ledger) == State.SENDING

    bench.tell(story)


def test_a_frozen_worker_cannot_record_over_the_new_holder(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (old,) = await claim(ledger, lease=0.01)
        await expire()
        (new,) = await claim(ledger)
        (late,) = await ledger.record([done(old, Settle(State.REJECTED, "late"))])
        assert not late.applied
        assert await state(ledger) == State.SENDING
        await ledger.record([done(new, Hold("it may have arrived"), unknown=True)])
        assert await state(ledger) == State.HELD
        entries = [entry.header["what"] for entry in await ledger.log(LeadId("a"))]
        assert entries == ["accepted", "attempt", "attempt"]  # what it sent is on the log

    bench.tell(story)


def test_a_late_yes_is_believed_while_nobody_is_sending(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (old,) = await claim(ledger, lease=0.01)
        await expire()
        (judged,) = await claim(ledger)
        await ledger.record([done(judged, SendAgain(9.0, "died"), unknown=True, health="bad")])
        (late,) = await ledger.record([done(old)])
        assert (late.applied, late.state) == (True, State.DELIVERED)
        assert await claim(ledger) == ()
        assert await ledger.due(["acme"]) == []

    bench.tell(story)


def test_a_late_yes_while_another_sends_ends_the_retries(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (old,) = await claim(ledger, lease=0.01)
        await expire()
        (judged,) = await claim(ledger)
        (late,) = await ledger.record([done(old)])
        assert not late.applied
        await ledger.record([done(judged, SendAgain(0.0, "died"), unknown=True, health="bad")])
        (row,) = await ledger.deliveries_of(LeadId("a"))
        assert (row.state, row.reference) == (State.DELIVERED, "R1")

    bench.tell(story)


def test_a_record_that_is_said_twice_counts_once(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        first, again = await ledger.record([done(one), done(one)])
        assert (first.applied, again.applied, again.state) == (True, True, State.DELIVERED)
        assert await ledger.counts() == {("acme", State.DELIVERED): 1}

    bench.tell(story)


def test_a_lease_is_kept_by_renewing_and_lost_to_a_new_holder(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a"), lead("b")])
        kept, lost = await claim(ledger, lease=0.05)
        assert await ledger.renew([kept], lease=9) == [True]
        await expire(0.05)
        assert [one.delivery_id for one in await claim(ledger)] == [lost.delivery_id]
        assert await ledger.renew([kept, lost], lease=9) == [True, False]
        assert await ledger.renew([], lease=9) == []

    bench.tell(story)


def test_a_read_back_waits_asks_and_goes_back_in_line_when_it_dies(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, ReadBack(0.0, "lost"), unknown=True, health="bad")])
        assert await state(ledger) == State.UNKNOWN
        (asking,) = await claim(ledger, lease=0.01)
        assert (asking.mode, asking.unknowns, asking.attempt) == ("verify", 1, 1)
        assert await state(ledger) == State.UNKNOWN
        await expire()
        (asking,) = await claim(ledger)
        assert asking.mode == "verify"
        await ledger.record([done(asking, SendAgain(0.0, "absent"))])
        (again,) = await claim(ledger)
        assert (again.mode, again.attempt, again.unknowns) == ("send", 2, 1)

    bench.tell(story)


async def breathe(ledger: Ledger, health: str, number: int) -> None:
    """So many attempts that went so."""
    for _ in range(number):
        (one, *_) = await claim(ledger, breaker="off", concurrency=1)
        again: Decision = SendAgain(0.0, "again")
        await ledger.record([done(one, again, health=health)])


def test_a_breaker_opens_lets_one_probe_through_and_closes(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a"), lead("b")])
        await breathe(ledger, "good", 5)
        await breathe(ledger, "bad", 4)
        assert (await ledger.accounts())[0].breaker == "closed"
        await breathe(ledger, "bad", 1)
        assert (await ledger.accounts())[0].breaker == "open"
        blocked = await ledger.claim("acme", Terms(), limit=9, lease=9)
        assert (blocked.claims, "breaker" in blocked.blocked) == ((), True)
        await asyncio.sleep(BREAKER_OPEN + 0.02)
        (probe,) = await claim(ledger)
        assert await claim(ledger) == ()
        assert await ledger.due(["acme"]) == []
        await ledger.record([done(probe, SendAgain(0.0, "503"), health="bad")])
        assert (await ledger.accounts())[0].breaker == "open"
        await asyncio.sleep(BREAKER_OPEN + 0.02)
        (probe,) = await claim(ledger)
        await ledger.record([done(probe)])
        assert (await ledger.accounts())[0].breaker == "closed"
        assert len(await claim(ledger)) == 1

    bench.tell(story)


def test_a_breaker_that_observes_does_not_act(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        await breathe(ledger, "bad", 12)
        assert (await ledger.accounts())[0].breaker == "open"
        assert len(await claim(ledger, breaker="observe")) == 1

    bench.tell(story)


def test_one_accounts_trouble_is_not_anothers(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        two = (delivery("watch"), delivery("mail", account="flow"))
        await ledger.open([lead("a", *two)])
        await ledger.pause("acme", "by hand")
        assert await ledger.due(["acme", "flow"]) == ["flow"]
        assert len(await claim(ledger, "flow")) == 1
        assert await claim(ledger) == ()
        await ledger.resume("acme")
        assert len(await claim(ledger)) == 1

    bench.tell(story)


def test_a_vendor_that_asks_to_wait_is_left_alone(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a"), lead("b")])
        one, two = await claim(ledger)
        again = SendAgain(0.08, "429", counts=False)
        await ledger.record([done(one, again, account_wait=0.08, health="none")])
        await ledger.record([done(two, SendAgain(0.0, "503"), health="bad")])
        blocked = await ledger.claim("acme", Terms(), limit=9, lease=9)
        assert (blocked.claims, blocked.blocked != "") == ((), True)
        await asyncio.sleep(0.1)
        assert len(await claim(ledger)) == 2

    bench.tell(story)


def test_wrong_credentials_pause_the_account_and_it_goes_on_by_itself(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a"), lead("b")])
        (one, *_) = await claim(ledger, concurrency=1)
        await ledger.record([done(one, PauseAccount("HTTP 401"), health="none")])
        (row,) = await ledger.accounts()
        assert (row.paused, row.due) == ("HTTP 401", 2)
        assert await state(ledger, one.lead_id) == State.HELD
        assert await ledger.due(["acme"]) == []
        await ledger.resume("acme")
        assert len(await claim(ledger)) == 2

    bench.tell(story)


def test_refusals_in_a_row_park_the_destination_and_nothing_is_burnt(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead(str(n)) for n in range(5)])
        no = Settle(State.REJECTED, "HTTP 400")
        for _ in range(3):
            (one, *_) = await claim(ledger, concurrency=1)
            await ledger.record([done(one, no, refused=True, pause_after_refusals=3)])
        assert await claim(ledger) == ()
        held = await ledger.deliveries(state=State.HELD, account="acme", limit=9)
        assert len(held) == 2
        assert "3 refusals in a row" in held[0].reason
        (row,) = await ledger.accounts()
        assert list(row.parked) == ["watch"]
        await ledger.resume("acme", destination="watch")
        assert len(await claim(ledger)) == 2

    bench.tell(story)


def test_a_yes_between_refusals_starts_the_count_again(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead(str(n)) for n in range(5)])
        no = Settle(State.REJECTED, "HTTP 400")
        for decision in (no, no, Settle(State.DELIVERED), no, no):
            (one, *_) = await claim(ledger, concurrency=1)
            refused = decision is no
            await ledger.record([done(one, decision, refused=refused, pause_after_refusals=3)])
        assert (await ledger.accounts())[0].parked == {}

    bench.tell(story)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("retry", State.PENDING),
        ("resend", State.PENDING),
        ("cancel", State.CANCELLED),
        ("delivered", State.DELIVERED),
    ],
)
def test_a_person_acts_on_a_held_delivery(bench: Bench, act: Act, expected: State) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Hold("look"), health="none")])
        assert await ledger.act(one.delivery_id, act, who="kim") == expected
        assert len(await claim(ledger)) == (expected is State.PENDING)
        assert (await ledger.log(LeadId("a")))[-1].header["who"] == "kim"

    bench.tell(story)


def test_what_may_have_arrived_is_not_simply_retried(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Hold("it may have arrived"), unknown=True)])
        with pytest.raises(ValueError, match="may have arrived"):
            await ledger.act(one.delivery_id, "retry", who="kim")
        assert await ledger.act(one.delivery_id, "resend", who="kim") == State.PENDING

    bench.tell(story)


def test_acts_that_cannot_be_say_why(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        assert await ledger.act(DeliveryId("x:watch"), "retry", who="kim") is None
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        with pytest.raises(ValueError, match="being sent"):
            await ledger.act(one.delivery_id, "retry", who="kim")
        assert await ledger.act(one.delivery_id, "cancel", who="kim") == State.SENDING
        await ledger.record([done(one)])
        with pytest.raises(ValueError, match="delivered already"):
            await ledger.act(one.delivery_id, "resend", who="kim")

    bench.tell(story)
