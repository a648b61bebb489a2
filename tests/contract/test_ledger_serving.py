"""What any ledger promises about what an order is told: a memory, and how many leads got there."""

import asyncio

from bridge.delivery.ledger import Ledger
from bridge.delivery.values import Served
from bridge.outcomes import Hold, Settle, State
from tests.contract.ledgers import Bench, claim, delivery, done, lead


def test_of_many_that_write_over_the_same_memory_one_does(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        assert await ledger.shelf_swap("order", None, b"one")
        assert not await ledger.shelf_swap("order", None, b"two")
        assert not await ledger.shelf_swap("order", b"two", b"three")
        tries = [ledger.shelf_swap("order", b"one", b"%d" % number) for number in range(5)]
        assert sum(await asyncio.gather(*tries)) == 1
        assert await ledger.shelf_get("order") != b"one"
        await ledger.shelf_put("short", b"one", ttl=0.02)
        assert await ledger.shelf_swap("short", b"one", b"two")
        await asyncio.sleep(0.04)
        assert await ledger.shelf_get("short") == b"two"  # for good

    bench.tell(story)


def test_leads_are_counted_once_by_mark_account_and_destination(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        both = (delivery("watch"), delivery("alert"))
        await ledger.open([lead("A", *both, marks=("case", "reference"))])
        await ledger.open([lead("B", marks=("case",))])
        await ledger.open([lead("C", marks=("case",), test=True)])
        await ledger.open([lead("D", delivery(account="other"), marks=("case",))])
        await ledger.open([lead("E", marks=("elsewhere",))])
        await ledger.open([lead("F", marks=("case",))])
        marks = ("case", "reference")
        assert await ledger.served(marks, "acme", ("watch", "alert")) == Served()
        for one in await claim(ledger):
            why = Hold("no processing basis") if one.lead_id == "B" else None
            await ledger.record([done(one, why)])
        for one in await claim(ledger, "other"):
            await ledger.record([done(one)])
        served = await ledger.served(marks, "acme", ("watch", "alert"))
        assert (served.leads, served.held) == (2, ("no processing basis",))
        assert served.last is not None
        assert (await ledger.served(marks, "acme", ("alert",))).leads == 1
        assert (await ledger.served(("nobody",), "acme", ("watch",))).last is None
        assert (await ledger.served(marks, "other", ("watch",))).leads == 1

    bench.tell(story)


def test_what_was_refused_or_sent_again_does_not_count_until_it_is_there(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("A", marks=("case",))])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Settle(State.REJECTED, "no"))])
        assert (await ledger.served(("case",), "acme", ("watch",))).leads == 0
        await ledger.act(one.delivery_id, "replay", who="eva")
        (again,) = await claim(ledger)
        assert (await ledger.served(("case",), "acme", ("watch",))).leads == 0
        await ledger.record([done(again)])
        assert (await ledger.served(("case",), "acme", ("watch",))).leads == 1

    bench.tell(story)
