"""Workers whose clocks are days off do no harm: what is due is decided by the ledger's server."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge import wiring
from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.values import LeadId
from bridge.outcomes import FINAL, State
from bridge.pipeline import Acceptor, Drain, Drained, Intake, Parts
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

DAYS = timedelta(days=3)


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


async def worker(bridge: BridgeUnderTest, off: timedelta) -> Parts:
    """What a worker process has, with a clock that is `off`."""
    values = {name: v for name, v in bridge.environment.items() if name.startswith("BRIDGE_")}

    async def nobody(_: str) -> None:
        """The test drains by itself."""

    return await wiring.build(
        wiring.read(wiring.read_settings(values)),
        nudge=nobody,
        clock=lambda: datetime.now(UTC) + off,
    )


async def drain(parts: Parts, account: str) -> Drained:
    return await Drain(parts, parts.routing.accounts[account], budget=5).run()


@pytest.mark.parametrize("off", [DAYS, -DAYS], ids=["ahead", "behind"])
def test_a_retry_is_due_when_it_is_due_whatever_a_workers_clock_says(
    bridge: BridgeUnderTest, off: timedelta
) -> None:
    bridge.sandbox.fault("status", code=503, times=1, match={"vendor": "vitec"})

    async def story() -> list[State]:
        wrong, right = await worker(bridge, off), await worker(bridge, timedelta())
        try:
            came = Intake(payload=lead(1, intent="interest"), source="crm")
            lead_id = LeadId(str((await Acceptor(wrong).accept(came)).lead_id))
            states = []
            await drain(wrong, "vitec-acme")
            for _ in range(40):
                await drain(right, "vitec-acme")
                rows = {one.destination: one for one in await right.ledger.deliveries_of(lead_id)}
                states.append(rows["acme-watch"].state)
                if rows["acme-watch"].state in FINAL:
                    break
                await asyncio.sleep(0.1)
            return states
        finally:
            await wrong.close()
            await right.close()

    assert asyncio.run(story())[-1] is State.DELIVERED
    assert len(bridge.sandbox.received(kind="final_price_watched")) == 1


@pytest.mark.parametrize("off", [DAYS, -DAYS], ids=["ahead", "behind"])
def test_a_lease_is_kept_and_ended_by_the_servers_clock(
    bridge: BridgeUnderTest, off: timedelta
) -> None:
    """A second worker, days away, neither takes over what is being sent nor sends it again."""
    bridge.sandbox.fault("delay", seconds=1, times=1, match={"vendor": "vitec"})

    async def story() -> None:
        right, wrong = await worker(bridge, timedelta()), await worker(bridge, off)
        try:
            came = Intake(payload=lead(1, intent="interest"), source="crm")
            await Acceptor(right).accept(came)
            sending = asyncio.create_task(drain(right, "vitec-acme"))
            await asyncio.sleep(0.3)
            assert (await drain(wrong, "vitec-acme")).deliveries == []
            assert (await sending).states == {"delivered": 1}
        finally:
            await right.close()
            await wrong.close()

    asyncio.run(story())
    assert len(bridge.sandbox.received(kind="final_price_watched")) == 1


def test_a_withdrawal_without_a_time_is_now_on_the_servers_clock(bridge: BridgeUnderTest) -> None:
    """A web process that is days ahead must not withdraw what is wished tomorrow."""

    async def story() -> str:
        ahead, right = await worker(bridge, DAYS), await worker(bridge, timedelta())
        try:
            wish = lead(1, intent="interest")
            taken_back = {**wish, "external_id": "other", "intent": "withdrawal"}
            await Acceptor(ahead).accept(Intake(payload=taken_back, source="crm"))
            later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
            again = {**wish, "external_id": "again", "occurred_at": later}
            return (await Acceptor(right).accept(Intake(payload=again, source="crm"))).status
        finally:
            await ahead.close()
            await right.close()

    assert asyncio.run(story()) == "accepted"
