"""What a ledger promises about personal data: erased, expired, sealed anew; and what it counts."""

import asyncio
import itertools

from bridge.delivery.ledger import Ledger
from bridge.delivery.values import Amendment, Keep, LeadId, Place, QuarantineRow, Withdrawal
from bridge.outcomes import Hold, SendAgain, Settle, State
from tests.contract.ledgers import Bench, claim, delivery, done, lead

A = LeadId("a")
ERASED = b'{"what":"erased"}\n'
NOW = Keep(payload=0, bodies=0, held=3600, quarantine=3600)
LONG = Keep(payload=3600, bodies=3600, held=3600, quarantine=3600)


async def states(ledger: Ledger, name: LeadId = A) -> dict[str, State]:
    return {row.destination: row.state for row in await ledger.deliveries_of(name)}


async def bodies(ledger: Ledger, name: LeadId = A) -> list[bytes]:
    return [one.sealed for one in await ledger.log(name) if one.sealed]


def test_an_erased_lead_keeps_its_row_and_loses_the_person(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        both = (delivery("watch"), delivery("later", account="other"))
        await ledger.open([lead("a", *both, contacts=("c1", "c2")), lead("b", contacts=("c1",))])
        (one, _) = await claim(ledger)
        await ledger.record([done(one)])
        cancelled = await ledger.forget(A, entry=ERASED, tombstone=60)
        assert cancelled == ["a:later"]
        assert await states(ledger) == {"watch": State.DELIVERED, "later": State.CANCELLED}
        row = await ledger.lead(A)
        assert row is not None
        assert row.status == "erased"
        assert await ledger.blob(A) is None
        assert await bodies(ledger) == []
        assert await ledger.leads_of("c1") == ["b"]
        assert await ledger.leads_of("c2") == []
        assert [one.header["what"] for one in await ledger.log(A)][-1] == "erased"
        assert (await ledger.deliveries_of(A))[0].reference == "R1"
        assert await ledger.forget(LeadId("nobody"), entry=ERASED, tombstone=60) is None
        assert not await ledger.amend(Amendment(lead_id=A, blob=b"again"))

    bench.tell(story)


def test_a_tombstone_stops_the_same_message_and_no_other(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("c",), identity_window=0.05)])
        await ledger.forget(A, entry=ERASED, tombstone=60)
        await asyncio.sleep(0.08)  # the window of the message itself is over
        same, other = await ledger.open(
            [lead("x", identities=("id-a",), contacts=("c",)), lead("y", contacts=("c",))]
        )
        assert (same.fresh, same.lead_id, same.status) == (False, "a", "erased")
        assert other.fresh
        assert await ledger.blob(LeadId("x")) is None

    bench.tell(story)


def test_what_was_in_flight_comes_back_without_bodies_and_is_not_sent_again(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        assert await ledger.forget(A, entry=ERASED, tombstone=60) == []
        (recorded,) = await ledger.record([done(one, SendAgain(0.0, "busy"))])
        assert recorded.state is State.CANCELLED
        assert await bodies(ledger) == []
        assert await ledger.note(A, b'{"what":"milestone"}\nsealed')
        assert await bodies(ledger) == []
        assert await claim(ledger) == ()

    bench.tell(story)


def test_a_payload_goes_when_its_lead_rests_and_an_open_one_stays(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("c",)), lead("b", delivery("slow", account="slow"))])
        (one,) = await claim(ledger)
        await ledger.record([done(one)])
        await asyncio.sleep(0.01)
        assert await ledger.expire(LONG) == await ledger.expire(LONG, dry_run=True)
        assert (await ledger.expire(LONG)).payloads == 0
        told = await ledger.expire(NOW, dry_run=True)
        assert (told.payloads, told.bodies) == (1, 1)
        assert await ledger.blob(A)
        taken = await ledger.expire(NOW)
        assert (taken.payloads, taken.bodies) == (1, 1)
        assert await ledger.blob(A) is None
        assert await ledger.leads_of("c") == []
        assert await states(ledger) == {"watch": State.DELIVERED}
        assert await ledger.blob(LeadId("b"))
        assert (await ledger.expire(NOW)).payloads == 0

    bench.tell(story)


def test_a_lead_that_was_looked_at_too_early_is_looked_at_again(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        keep = Keep(payload=0.6, bodies=0.6, held=3600, quarantine=3600)
        await ledger.open([lead("a")])
        await asyncio.sleep(0.7)
        assert (await ledger.expire(keep)).payloads == 0  # still open
        (one,) = await claim(ledger)
        await ledger.record([done(one)])
        await asyncio.sleep(0.02)
        assert (await ledger.expire(keep)).payloads == 0  # final, not long enough
        assert await bodies(ledger) == [b"sealed"]
        await asyncio.sleep(0.7)
        taken = await ledger.expire(keep)
        assert (taken.payloads, taken.bodies) == (1, 1)

    bench.tell(story)


def test_bodies_of_an_open_lead_go_before_its_payload(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Hold("a person must look"))])
        await asyncio.sleep(0.01)
        taken = await ledger.expire(NOW)
        assert (taken.bodies, taken.payloads) == (1, 0)
        assert await ledger.blob(A)
        assert await states(ledger) == {"watch": State.HELD}

    bench.tell(story)


def test_what_nobody_acts_on_expires_with_what_waits_for_it(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", delivery("watch"), delivery("then", after="watch"))])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Hold("a person must look"))])
        await asyncio.sleep(0.01)
        taken = await ledger.expire(Keep(payload=0, bodies=0, held=0))
        assert taken.held == 1
        assert await states(ledger) == {"watch": State.EXPIRED, "then": State.CANCELLED}

    bench.tell(story)


def test_the_quarantine_is_bounded_in_time(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        for at in (1.0, 4e9):
            row = QuarantineRow(quarantine_id="", source="web", received_at=at, reason="no")
            await ledger.quarantine(row)
        assert (await ledger.expire(NOW, dry_run=True)).quarantine == 1
        assert len(await ledger.quarantined(limit=5)) == 2
        assert (await ledger.expire(NOW)).quarantine == 1
        assert [one.received_at for one in await ledger.quarantined(limit=5)] == [4e9]

    bench.tell(story)


def test_a_drawer_can_end_by_itself(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.drawer_put("waits", {"x": b"1"}, ttl=0.03)
        assert await ledger.drawer_all("waits") == {"x": b"1"}
        await asyncio.sleep(0.06)
        assert await ledger.drawer_all("waits") == {}

    bench.tell(story)


def test_sealed_bytes_are_replaced_only_where_they_still_stand(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a"), lead("b")])
        found: list[Place] = []
        cursor = ""
        for _ in itertools.count():
            page = await ledger.sealed(cursor)
            found += page.places
            cursor = page.cursor
            if not cursor:
                break
        blobs = {one.whole: one for one in found if one.key.endswith(":blob")}
        assert set(blobs) == {b"sealed a", b"sealed b"}
        assert await ledger.reseal(blobs[b"sealed a"], b"new a")
        assert not await ledger.reseal(blobs[b"sealed a"], b"newer a")
        assert await ledger.blob(A) == b"new a"
        await ledger.forget(LeadId("b"), entry=ERASED, tombstone=1)
        assert not await ledger.reseal(blobs[b"sealed b"], b"new b")
        assert await ledger.blob(LeadId("b")) is None

    bench.tell(story)


def test_the_tally_counts_what_came_and_what_became_of_it(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a"), lead("b"), lead("c", identities=("id-a",))])
        one, two = await claim(ledger)
        await ledger.record([done(one), done(two, Settle(State.REJECTED, "no"), refused=True)])
        known = await ledger.tally()
        assert known["accepted/web"] == 2
        assert known["last/web"] > 0
        assert known["attempts/acme/watch/delivered"] == 1
        assert known["attempts/acme/watch/rejected"] == 1
        assert known["took/watch/100"] + known.get("took/watch/500", 0) == 1
        assert "took_ms/watch" in known

    bench.tell(story)


def test_a_withdrawal_after_an_erasure_meets_nobody(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.open([lead("a", contacts=("c",))])
        await ledger.forget(A, entry=ERASED, tombstone=60)
        assert await ledger.withdraw(Withdrawal(contacts=("c",))) == []

    bench.tell(story)
