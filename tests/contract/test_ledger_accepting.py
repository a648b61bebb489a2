"""What any ledger promises about taking leads in: identity, wishes, order, withdrawal."""

import asyncio

import pytest

from bridge.delivery.ledger import Ledger
from bridge.delivery.values import LeadId, Withdrawal
from bridge.outcomes import Hold, SendAgain, Settle, State
from tests.contract.ledgers import Bench, claim, delivery, done, lead


async def states(ledger: Ledger, name: str) -> dict[str, State]:
    return {row.destination: row.state for row in await ledger.deliveries_of(LeadId(name))}


def test_a_lead_is_there_with_everything_that_was_written(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        (opened,) = await ledger.open([lead("a", contacts=("c1",))])
        assert (opened.lead_id, opened.fresh, opened.status) == ("a", True, "accepted")
        row = await ledger.lead(LeadId("a"))
        assert row is not None
        assert (row.source, row.external_id, row.destinations) == ("web", "ext-a", ("watch",))
        assert await ledger.blob(LeadId("a")) == b"sealed a"
        assert [one.header for one in await ledger.log(LeadId("a"))] == [{"what": "accepted"}]
        assert await ledger.leads_of("c1") == ["a"]
        assert await ledger.lead_of("id-a") == "a"
        assert await ledger.lead(LeadId("b")) is None

    bench.tell(story)


def test_the_same_message_again_is_the_first_lead(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (again,) = await ledger.open([lead("b", identities=("other", "id-a"))])
        assert (again.lead_id, again.fresh) == ("a", False)
        assert await ledger.lead(LeadId("b")) is None
        assert len(await claim(ledger)) == 1

    bench.tell(story)


def test_fifty_at_the_same_instant_make_one_lead(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        same = [lead(f"n{n}", identities=("one",)) for n in range(50)]
        opened = await asyncio.gather(*(ledger.open([one]) for one in same))
        assert sum(one.fresh for (one,) in opened) == 1
        assert len({one.lead_id for (one,) in opened}) == 1
        assert len(await claim(ledger)) == 1

    bench.tell(story)


def test_a_message_is_forgotten_after_its_window(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", identity_window=0.02)])
        await asyncio.sleep(0.05)
        (again,) = await ledger.open([lead("b", identities=("id-a",))])
        assert again.fresh

    bench.tell(story)


@pytest.mark.parametrize(
    ("policy", "state"),
    [("hold", State.HELD), ("drop", State.SKIPPED), ("deliver", State.PENDING)],
)
def test_the_same_wish_again_is_decided_by_the_route(
    bench: Bench, policy: str, state: State
) -> None:
    async def story(ledger: Ledger) -> None:
        two = (
            delivery("watch", wishes=("w",), duplicates=policy),
            delivery("mail", wishes=("w",), duplicates=policy),
        )
        await ledger.open([lead("a", *two)])
        (second,) = await ledger.open([lead("b", *two)])
        assert (second.fresh, second.first) == (True, "a")
        assert await states(ledger, "a") == {"watch": State.PENDING, "mail": State.PENDING}
        assert await states(ledger, "b") == {"watch": state, "mail": state}
        row = await ledger.lead(LeadId("b"))
        assert row is not None
        assert row.first == "a"

    bench.tell(story)


def test_the_same_wish_on_another_route_or_after_its_window_is_new(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", delivery(wishes=("w",)), wish_window=0.02)])
        await ledger.open([lead("b", delivery(wishes=("w",), route="other"))])
        await asyncio.sleep(0.05)
        await ledger.open([lead("c", delivery(wishes=("w",)))])
        for name in "abc":
            assert await states(ledger, name) == {"watch": State.PENDING}

    bench.tell(story)


def test_a_delivery_waits_for_the_one_it_comes_after(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        chain = (delivery("first"), delivery("second", account="flow", after="first"))
        await ledger.open([lead("a", *chain)])
        assert await claim(ledger, "flow") == ()
        (one,) = await claim(ledger)
        (recorded,) = await ledger.record([done(one)])
        assert recorded.woken == ("flow",)
        assert [claimed.destination for claimed in await claim(ledger, "flow")] == ["second"]

    bench.tell(story)


def test_what_waits_for_a_refused_one_is_cancelled_in_a_chain_and_comes_back(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        chain = (
            delivery("first"),
            delivery("second", after="first"),
            delivery("third", after="second"),
        )
        await ledger.open([lead("a", *chain)])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Settle(State.REJECTED, "no"))])
        assert await states(ledger, "a") == {
            "first": State.REJECTED,
            "second": State.CANCELLED,
            "third": State.CANCELLED,
        }
        await ledger.act(one.delivery_id, "retry", who="kim")
        assert (await states(ledger, "a"))["second"] == State.WAITING
        (one,) = await claim(ledger)
        await ledger.record([done(one)])
        assert (await states(ledger, "a"))["second"] == State.PENDING

    bench.tell(story)


def test_a_skipped_delivery_is_final_and_takes_its_dependants_along(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        two = (delivery("first", skip="a test lead"), delivery("second", after="first"))
        await ledger.open([lead("a", *two)])
        assert await states(ledger, "a") == {"first": State.SKIPPED, "second": State.CANCELLED}

    bench.tell(story)


def test_a_withdrawal_cancels_what_is_open_about_that_property(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("anna",), about="p1")])
        await ledger.open([lead("b", contacts=("anna",), about="p2")])
        await ledger.open([lead("c", contacts=("bo",), about="p1")])
        gone = await ledger.withdraw(Withdrawal(contacts=("anna",), about="p1", at=1.0))
        assert gone == ["a:watch"]
        assert await states(ledger, "a") == {"watch": State.CANCELLED}
        assert {one.lead_id for one in await claim(ledger)} == {"b", "c"}

    bench.tell(story)


def test_a_withdrawal_of_everything_and_of_a_lead_by_its_id(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("anna",), about="p1")])
        await ledger.open([lead("b", contacts=("anna",), about="p2")])
        await ledger.open([lead("c")])
        gone = await ledger.withdraw(
            Withdrawal(contacts=("anna",), lead_ids=(LeadId("c"),), at=1.0)
        )
        assert sorted(gone) == ["a:watch", "b:watch", "c:watch"]

    bench.tell(story)


def test_h_t5_a_withdrawal_that_came_first_stops_what_happened_before_it(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.withdraw(Withdrawal(contacts=("anna",), about="p1", at=100.0))
        changes = {"contacts": ("anna",), "about": "p1"}
        (before,) = await ledger.open([lead("a", occurred_at=99.0, **changes)])
        (after,) = await ledger.open([lead("b", occurred_at=101.0, **changes)])
        (unknown,) = await ledger.open([lead("c", **changes)])
        assert (before.status, after.status, unknown.status) == (
            "withdrawn",
            "accepted",
            "accepted",
        )
        assert await states(ledger, "a") == {"watch": State.CANCELLED}

    bench.tell(story)


def test_a_withdrawal_while_it_is_being_sent_stops_only_the_resend(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("x",)), lead("b", contacts=("x",))])
        first, second = await claim(ledger)
        assert await ledger.withdraw(Withdrawal(contacts=("x",), at=1.0)) == []
        await ledger.record([done(first, SendAgain(0.0, "503")), done(second)])
        assert await states(ledger, first.lead_id) == {"watch": State.CANCELLED}
        assert await states(ledger, second.lead_id) == {"watch": State.DELIVERED}

    bench.tell(story)


def test_listings_are_newest_first_and_fit_their_filters(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        for name in "abc":
            await ledger.open([lead(name, delivery(account=f"acc-{name}"))])
            await asyncio.sleep(0.003)
        (one,) = await claim(ledger, "acc-a")
        await ledger.record([done(one)])
        (one,) = await claim(ledger, "acc-b")
        await ledger.record([done(one, Hold("look"))])
        rows = await ledger.leads(before=None, limit=2)
        assert [row.lead_id for row in rows] == ["c", "b"]
        older = await ledger.leads(before=rows[-1].received_at, limit=2)
        assert [row.lead_id for row in older] == ["a"]

        async def found(state: State | None, account: str | None = None) -> list[str]:
            rows = await ledger.deliveries(state=state, account=account, limit=10)
            return sorted(row.lead_id for row in rows)

        assert await found(State.DELIVERED) == ["a"]
        assert await found(State.HELD) == ["b"]
        assert await found(State.PENDING) == ["c"]
        assert await found(State.HELD, "acc-a") == []
        assert await found(None) == ["a", "b", "c"]
        assert await found(None, "acc-c") == ["c"]
        assert await ledger.counts() == {
            ("acc-a", State.DELIVERED): 1,
            ("acc-b", State.HELD): 1,
            ("acc-c", State.PENDING): 1,
        }

    bench.tell(story)
