"""What any ledger promises about the rooms beside the deliveries."""

import asyncio

from bridge.delivery.ledger import Ledger
from bridge.delivery.values import QuarantineRow
from tests.contract.ledgers import Bench


def test_the_quarantine_keeps_until_it_is_dropped(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        row = QuarantineRow(
            quarantine_id="", source="web", received_at=1.5, reason="no", sealed=b"\n\x00raw"
        )
        name = await ledger.quarantine(row)
        assert await ledger.quarantine_size() == 1
        (kept,) = await ledger.quarantined(limit=5)
        assert (kept.quarantine_id, kept.sealed, kept.received_at) == (name, b"\n\x00raw", 1.5)
        assert await ledger.quarantine_get(name) == kept
        assert await ledger.quarantine_drop(name)
        assert not await ledger.quarantine_drop(name)
        assert await ledger.quarantined(limit=5) == []

    bench.tell(story)


def test_properties_are_found_by_reference(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.properties_put({"AF43": "{}", "B": '{"x":1}'})
        assert await ledger.properties(["B", "C"]) == {"B": '{"x":1}'}
        assert await ledger.properties([]) == {}
        assert set(await ledger.properties_all()) == {"AF43", "B"}

    bench.tell(story)


def test_the_shelf_forgets_in_time_and_drops_only_what_it_still_is(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.shelf_put("token", b"one", ttl=0.03)
        await ledger.shelf_drop("token", only_if=b"two")
        assert await ledger.shelf_get("token") == b"one"
        assert not await ledger.shelf_add("token", b"three", ttl=1)
        await asyncio.sleep(0.05)
        assert await ledger.shelf_get("token") is None
        assert await ledger.shelf_add("token", b"three", ttl=None)
        await ledger.shelf_drop("token", only_if=b"three")
        assert await ledger.shelf_get("token") is None

    bench.tell(story)


def test_one_nudge_is_outstanding_until_it_was_worked_off(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        assert await ledger.nudge("acme", ttl=5)
        assert not await ledger.nudge("acme", ttl=5)
        assert await ledger.nudge("other", ttl=5)
        await ledger.nudged("acme")
        assert await ledger.nudge("acme", ttl=5)

    bench.tell(story)


def test_who_rings_is_heard(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.ring("acme")
        assert await ledger.heard(within=1) == "acme"
        assert await ledger.heard(within=0.05) is None

    bench.tell(story)


def test_workers_are_seen_for_a_while(bench: Bench) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.beat("one", ttl=30)
        await ledger.beat("two", ttl=30)
        assert set(await ledger.workers()) == {"one", "two"}

    bench.tell(story)
