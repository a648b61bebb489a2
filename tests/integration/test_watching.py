"""Cases that are watched: leads wait, go on, arrived and follow up, whatever dies in between."""

import pytest

from bridge.delivery.values import LeadId
from bridge.outcomes import State
from bridge.sandbox.server import Sandbox
from tests.integration.watch_bench import WatchBench, Worker


@pytest.fixture
def bench(sandbox: Sandbox) -> WatchBench:
    return WatchBench(sandbox)


async def held(worker: Worker, lead_id: LeadId) -> tuple[State, str]:
    row = await worker.delivery(lead_id)
    return row.state, row.reason


def test_a_sold_case_holds_its_leads_until_it_is_active_again(bench: WatchBench) -> None:
    bench.tell(lambda one: one.turn())
    bench.advance(60)
    bench.sell()
    bench.tell(lambda one: one.turn())

    async def comes(one: Worker) -> LeadId:
        lead_id = await one.accept()
        await one.drain()
        state, reason = await held(one, lead_id)
        assert state is State.HELD
        assert reason.startswith("case 48213 is sold since ")
        assert "`bridge cases release flow 48213` lets them go" in reason
        return lead_id

    lead_id = bench.tell(comes)
    assert bench.sandbox.received(kind="stakeholder") == []
    bench.advance(60)
    bench.sell(active=True)

    async def goes_on(one: Worker) -> None:
        await one.turn()
        assert (await one.delivery(lead_id)).state is State.PENDING
        await one.drain()
        assert (await one.delivery(lead_id)).state is State.DELIVERED

    bench.tell(goes_on)
    assert len(bench.sandbox.received(kind="stakeholder")) == 1
