"""What a ledger promises of leads that are there already, and of what all workers share."""

import asyncio
from collections.abc import Sequence

from bridge.delivery.ledger import Ledger
from bridge.delivery.values import Amendment, LeadId, Withdrawal
from bridge.outcomes import Settle, State
from tests.contract.ledgers import Bench, claim, delivery, done, lead

ENTRY = b'{"what":"routed"}\n'
A = LeadId("a")


async def states(ledger: Ledger, name: LeadId = A) -> dict[str, State]:
    return {row.destination: row.state for row in await ledger.deliveries_of(name)}


def test_an_unrouted_lead_gets_its_deliveries_later(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        new = lead("b", delivery("watch"))
        await ledger.open([lead("a", status="unrouted"), new])
        unrouted = lead("c", delivery("x"), status="unrouted")
        await ledger.open([unrouted])
        opened = await ledger.extend(LeadId("c"), [delivery("x"), delivery("y")], entry=ENTRY)
        assert opened == ["c:y"]
        row = await ledger.lead(LeadId("c"))
        assert row is not None
        assert (row.status, row.destinations) == ("accepted", ("x", "y"))
        assert {one.delivery_id for one in await claim(ledger)} >= {"c:x", "c:y"}
        assert await ledger.extend(LeadId("nobody"), [delivery()], entry=ENTRY) is None

    bench.tell(story)


def test_a_delivery_that_is_there_stays_as_it_is(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", delivery("watch"))])
        (one,) = await claim(ledger)
        await ledger.record([done(one)])
        assert await ledger.extend(A, [delivery("watch")], entry=ENTRY) == []
        assert await states(ledger) == {"watch": State.DELIVERED}
        assert await claim(ledger) == ()

    bench.tell(story)


def test_what_comes_after_a_delivery_that_is_done_goes_on_at_once(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", delivery("first"), delivery("refused"), delivery("open"))])
        claims = {one.destination: one for one in await claim(ledger)}
        await ledger.record([done(claims["first"])])
        await ledger.record([done(claims["refused"], Settle(State.REJECTED, "no"))])
        later = [
            delivery("one", after="first"),
            delivery("two", after="refused"),
            delivery("three", after="open"),
            delivery("four", after="three"),
        ]
        await ledger.extend(A, later, entry=ENTRY)
        known = await states(ledger)
        assert known["one"] is State.PENDING
        assert known["two"] is State.CANCELLED
        assert known["three"] is known["four"] is State.WAITING
        await ledger.record([done(claims["open"])])
        assert (await states(ledger))["three"] is State.PENDING

    bench.tell(story)


def test_a_lead_that_was_withdrawn_before_it_was_routed_goes_nowhere(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", delivery("x", skip="none yet"), status="unrouted")])
        await ledger.withdraw(Withdrawal(contacts=(), lead_ids=(A,), at=0))
        row = await ledger.lead(A)
        assert row is not None
        assert row.status == "withdrawn"
        await ledger.extend(A, [delivery("watch")], entry=ENTRY)
        assert (await states(ledger))["watch"] is State.CANCELLED

    bench.tell(story)


def test_who_withdrew_and_comes_back_wishes_anew(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        wish = delivery("watch", wishes=("w",))
        await ledger.open([lead("a", wish, contacts=("anna",))])
        await ledger.withdraw(Withdrawal(contacts=("anna",)))
        await ledger.open([lead("b", wish, contacts=("anna",))])
        assert await states(ledger, LeadId("b")) == {"watch": State.PENDING}
        await ledger.open([lead("c", wish, contacts=("anna",))])
        assert await states(ledger, LeadId("c")) == {"watch": State.HELD}

    bench.tell(story)


def test_the_same_wish_is_known_again_when_a_lead_is_extended(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", delivery("watch", wishes=("w",))), lead("b", delivery("z"))])
        await ledger.extend(LeadId("b"), [delivery("watch", wishes=("w",))], entry=ENTRY)
        assert (await states(ledger, LeadId("b")))["watch"] is State.HELD

    bench.tell(story)


def test_a_lead_is_found_by_its_marks_newest_first(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("c",), marks=("m",))])
        await asyncio.sleep(0.002)
        await ledger.open([lead("b", marks=("m",))])
        assert await ledger.leads_of("m") == ["b", "a"]
        assert await ledger.leads_of("m", limit=1) == ["b"]
        assert await ledger.leads_of("c") == ["a"]
        assert await ledger.leads_of("other") == []

    bench.tell(story)


def test_a_corrected_lead_takes_the_place_of_the_old_one(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("old",), marks=("kept",))])
        better = Amendment(
            lead_id=A,
            blob=b"better",
            contacts=("new",),
            marks=("kept",),
            gone=("old",),
            entry=b'{"what":"amended","who":"eva"}\n',
        )
        assert await ledger.amend(better)
        assert await ledger.blob(A) == b"better"
        found = [await ledger.leads_of(one) for one in ("old", "new", "kept")]
        assert found == [[], ["a"], ["a"]]
        assert [one.header["what"] for one in await ledger.log(A)] == ["accepted", "amended"]
        (one,) = await claim(ledger)
        assert one.blob == b"better"
        assert not await ledger.amend(Amendment(lead_id=LeadId("nobody"), blob=b""))

    bench.tell(story)


def test_a_note_stands_on_the_timeline(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        assert await ledger.note(A, b'{"what":"milestone","kind":"signed"}\nsealed')
        last = (await ledger.log(A))[-1]
        assert (last.header["kind"], last.sealed) == ("signed", b"sealed")
        assert not await ledger.note(LeadId("nobody"), b"{}\n")
        for _ in range(2):
            assert await ledger.note(A, b'{"what":"milestone"}\n', once="uuid-1", window=60)
        assert len(await ledger.log(A)) == 3

    bench.tell(story)


def test_turns_are_never_more_than_allowed_in_any_window(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        taken = [await ledger.spend("polls", 3, 0.2) for _ in range(4)]
        assert taken[:3] == [0.0, 0.0, 0.0]
        assert 0 < taken[3] <= 0.2
        assert await ledger.spend("others", 3, 0.2) == 0.0
        await asyncio.sleep(taken[3] + 0.02)
        assert await ledger.spend("polls", 3, 0.2) == 0.0

    bench.tell(story)


def test_a_drawer_lists_what_was_put_into_it(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        assert await ledger.drawer_all("users") == {}
        await ledger.drawer_put("users", {"eva": b"1", "ola": b"2"})
        assert not await ledger.drawer_add("users", "eva", b"1")
        assert await ledger.drawer_add("users", "kim", b"3")
        assert await ledger.drawer_get("users", "eva") == b"1"
        assert await ledger.drawer_get("users", "nobody") is None
        assert await ledger.drawer_drop("users", "ola")
        assert not await ledger.drawer_drop("users", "ola")
        assert await ledger.drawer_all("users") == {"eva": b"1", "kim": b"3"}
        assert await ledger.drawer_all("others") == {}

    bench.tell(story)


async def known(
    ledger: Ledger, people: Sequence[Sequence[str]], *, account: str = "acme", limit: int = 20
) -> list[list[tuple[str, str]]]:
    found = await ledger.earlier(people, account=account, limit=limit)
    return [[(row.lead_id, row.reference) for row in one] for one in found]


def test_a_person_is_known_by_what_an_account_delivered_of_them(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        both = (delivery("watch"), delivery("case", account="other"))
        await ledger.open([lead("a", *both, contacts=("mail", "phone"))])
        await ledger.open([lead("b", contacts=("phone",)), lead("c", contacts=("nobody",))])
        for account, number in (("acme", 1), ("other", 2)):
            for one in await claim(ledger, account):
                reference = f"{account}-{one.lead_id}-{number}"
                await ledger.record([done(one, Settle(State.DELIVERED, reference=reference))])
        await ledger.open([lead("d", contacts=("mail",)), lead("e", contacts=("phone",))])
        people = (("mail", "phone"), ("mail",), (), ("stranger",), ("nobody",))
        assert await known(ledger, people) == [
            [("b", "acme-b-1"), ("a", "acme-a-1")],
            [("a", "acme-a-1")],
            [],
            [],
            [("c", "acme-c-1")],
        ]
        assert await known(ledger, [("mail",)], account="other") == [[("a", "other-a-2")]]
        assert await known(ledger, [("phone",)], limit=2) == [[("b", "acme-b-1")]]
        assert await known(ledger, []) == []

    bench.tell(story)


def test_who_was_erased_is_not_known_any_more(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("mail",))])
        await ledger.record([done(one) for one in await claim(ledger)])
        assert await known(ledger, [("mail",)]) == [[("a", "R1")]]
        await ledger.forget(A, entry=ENTRY, tombstone=60)
        assert await known(ledger, [("mail",)]) == [[]]

    bench.tell(story)
