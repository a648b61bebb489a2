"""Pages of leads and deliveries: each is shown once, also where hundreds came in one tick."""

import asyncio
from collections.abc import Iterator

import pytest

from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.values import DeliveryId
from bridge.outcomes import State
from bridge.pipeline import Intake, search
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

MANY = 230


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BridgeUnderTest]:
    folder = tmp_path_factory.mktemp("search")
    with EmbeddedServer(folder / "server", durability="everysec") as server, Sandbox() as sandbox:
        yield BridgeUnderTest(folder, server, sandbox)


def test_every_lead_and_delivery_stands_on_one_page(bridge: BridgeUnderTest) -> None:
    async def story() -> None:
        async with bridge.front_door() as acceptor:
            parts = acceptor._parts
            batch = [
                Intake(payload=lead(200 + n), source="crm" if n % 2 else "signed")
                for n in range(MANY)
            ]
            verdicts = await acceptor.accept_many(batch)
            ids = {one.lead_id for one in verdicts}
            seen, after, pages = [], "", 0
            while True:
                page = await search.page(parts, search.Wanted(), after=after, limit=50)
                seen += [one.row.lead_id for one in page.found]
                after, pages = page.after, pages + 1
                if not after:
                    break
            assert (len(seen), set(seen), pages) == (MANY, ids, 5)
            crm = await search.page(parts, search.Wanted(source="crm"), limit=200)
            assert len(crm.found) == MANY // 2
            for name in ids:
                await parts.ledger.act(DeliveryId(f"{name}:acme-watch"), "cancel", who="kim")
            gone, after = [], ""
            while True:
                rows, after = await search.deliveries(parts, State.CANCELLED, after=after)
                gone += [row.lead_id for row in rows]
                if not after:
                    break
            assert len(gone) == len(set(gone)) == MANY

    asyncio.run(story())


@pytest.mark.parametrize("wanted", ["070-174 06 07", "+46 70 1740607", "(070) 174 06-07"])
def test_a_phone_is_found_in_any_spelling(bridge: BridgeUnderTest, wanted: str) -> None:
    async def story() -> None:
        async with bridge.front_door() as acceptor:
            parts = acceptor._parts
            accepted = await acceptor.accept(Intake(payload=lead(7), source="crm"))
            found = await search.leads_by(parts, await search.marks_of(parts, wanted))
            assert [one.row.lead_id for one in found] == [accepted.lead_id]
            for text in ("anna7@example.com", "ANNA7@example.com ", "form-7"):
                found = await search.leads_by(parts, await search.marks_of(parts, text))
                assert accepted.lead_id in {one.row.lead_id for one in found}, text
            assert await search.leads_by(parts, await search.marks_of(parts, "0701740699")) == []

    asyncio.run(story())
