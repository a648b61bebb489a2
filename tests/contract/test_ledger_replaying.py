"""What a ledger promises of a wanted resend: done once a run, also of what is final."""

import asyncio

import pytest

from bridge.delivery.ledger import Ledger
from bridge.delivery.values import LeadId
from bridge.outcomes import Hold, SendAgain, Settle, State
from tests.contract.ledgers import Bench, claim, delivery, done, lead

A = LeadId("a")


async def _state(ledger: Ledger) -> State:
    (row,) = await ledger.deliveries_of(A)
    return row.state


@pytest.mark.parametrize("state", [State.REJECTED, State.EXPIRED, State.CANCELLED, State.SKIPPED])
def test_a_replay_opens_what_was_final(bench: Bench, state: State) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Settle(state, "so it was"))])
        opened = await ledger.act(one.delivery_id, "replay", who="kim", scope="run-1")
        assert opened is State.PENDING
        last = (await ledger.log(A))[-1].header
        assert (last["what"], last["who"], last["run"]) == ("replay", "kim", "run-1")
        (again,) = await claim(ledger)
        assert again.attempt == 1

    bench.tell(story)


def test_one_run_sends_a_delivery_once_however_often_it_is_said(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one)])
        with pytest.raises(ValueError, match="delivered already"):
            await ledger.act(one.delivery_id, "replay", who="kim", scope="run-1")
        await ledger.act(one.delivery_id, "again", who="kim", scope="run-1")
        (again,) = await claim(ledger)
        await ledger.record([done(again)])
        said = await ledger.act(one.delivery_id, "again", who="kim", scope="run-1")
        assert said is State.DELIVERED
        assert await claim(ledger) == ()
        assert await ledger.act(one.delivery_id, "again", who="kim", scope="run-2") is State.PENDING

    bench.tell(story)


def test_what_is_on_its_way_is_not_replayed(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", delivery("first"), delivery("second", after="first"))])
        for name in ("a:first", "a:second"):
            row = next(one for one in await ledger.deliveries_of(A) if one.delivery_id == name)
            with pytest.raises(ValueError, match="on its way already"):
                await ledger.act(row.delivery_id, "again", who="kim")
        (one,) = await claim(ledger)
        with pytest.raises(ValueError, match="being sent at this moment"):
            await ledger.act(one.delivery_id, "replay", who="kim")
        await ledger.record([done(one, SendAgain(60.0, "503"))])
        with pytest.raises(ValueError, match="is retrying"):
            await ledger.act(one.delivery_id, "replay", who="kim")

    bench.tell(story)


def test_the_age_counts_from_the_moment_a_person_sends_it_again(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Hold("look"))])
        await asyncio.sleep(0.2)
        await ledger.act(one.delivery_id, "replay", who="kim")
        (again,) = await claim(ledger)
        assert again.age < 0.15

    bench.tell(story)


def test_deliveries_in_a_state_are_told_a_page_at_a_time(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        for name in "abc":
            await ledger.open([lead(name)])
            (one,) = await claim(ledger)
            await ledger.record([done(one, Hold("look"))])
            await asyncio.sleep(0.003)
        seen: list[str] = []
        before: float | None = None
        while page := await ledger.deliveries(
            state=State.HELD, account=None, limit=1, before=before
        ):
            seen += [row.lead_id for row in page]
            before = page[-1].updated_at
        assert seen == ["c", "b", "a"]

    bench.tell(story)
