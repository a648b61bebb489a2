"""What a ledger promises for what happens to a lead long after it came."""

import asyncio

from bridge.delivery.ledger import Ledger
from bridge.delivery.values import LeadId, Withdrawal
from bridge.outcomes import Hold, State
from tests.contract.ledgers import Bench, claim, delivery, done, lead

ENTRY = b'{"what":"routed"}\n'
A = LeadId("a")


async def states(ledger: Ledger) -> dict[str, State]:
    return {row.destination: row.state for row in await ledger.deliveries_of(A)}


def test_a_lead_that_was_taken_back_goes_nowhere_new(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("anna",))])
        (one,) = await claim(ledger)
        await ledger.record([done(one)])
        row = await ledger.lead(A)
        assert row is not None
        assert not row.withdrawn
        await ledger.withdraw(Withdrawal(contacts=("anna",)))
        row = await ledger.lead(A)
        assert row is not None
        assert (row.withdrawn, row.status) == (True, "accepted")
        await ledger.extend(A, [delivery("later")], entry=ENTRY)
        assert await states(ledger) == {"watch": State.DELIVERED, "later": State.CANCELLED}

    bench.tell(story)


def test_what_is_opened_anew_is_as_old_as_its_opening(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", delivery("watch", skip="no"))])
        await asyncio.sleep(0.05)
        await ledger.extend(A, [delivery("new")], entry=ENTRY, anew=True)
        await ledger.extend(A, [delivery("old")], entry=ENTRY)
        ages = {one.destination: one.age for one in await claim(ledger)}
        assert ages["new"] < 0.05 <= ages["old"]

    bench.tell(story)


def test_some_of_a_drawer_are_found_by_name(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.drawer_put("d", {"a": b"1", "b": b"\x00", "c": b"3"})
        assert await ledger.drawer_find("d", ["b", "x", "a"]) == {"a": b"1", "b": b"\x00"}
        assert await ledger.drawer_find("d", []) == {}
        assert await ledger.drawer_find("none", ["a"]) == {}

    bench.tell(story)


def test_what_arrived_after_all_has_its_reference_and_its_doubts(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Hold("it may have arrived"), unknown=True)])
        (row,) = await ledger.deliveries_of(LeadId("a"))
        assert (row.state, row.unknowns) == (State.HELD, 1)
        await ledger.act(row.delivery_id, "delivered", who="a read-back", reference="70003")
        (row,) = await ledger.deliveries_of(LeadId("a"))
        assert (row.state, row.reference) == (State.DELIVERED, "70003")

    bench.tell(story)
