"""Sentinel: the primary dies in the middle of it; what was said yes to is there, once."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.delivery.ledger import LedgerError
from bridge.delivery.redis_ledger import RedisLedger
from bridge.outcomes import FINAL
from bridge.pipeline import Intake
from bridge.sandbox.server import Sandbox
from tests.contract.ledgers import lead as new_lead
from tests.faults.watched import WatchedServers
from tests.integration.bridge_process import BridgeUnderTest, lead


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[WatchedServers]:
    with WatchedServers(tmp_path / "servers") as one:
        yield one


def test_a_primary_that_dies_loses_no_lead_that_it_said_yes_to(
    servers: WatchedServers, tmp_path: Path
) -> None:
    with Sandbox() as sandbox:
        bridge = BridgeUnderTest(tmp_path, servers.url, sandbox)
        accepted: list[str] = []
        over = threading.Event()
        sender = threading.Thread(target=lambda: accepted.extend(_send_until(bridge, over)))
        with bridge.worker():
            sender.start()
            bridge.until(lambda: len(sandbox.received()) > 10)
            servers.await_failover(servers.kill_primary())
            before = len(sandbox.received())
            bridge.until(lambda: len(sandbox.received()) > before + 10)
            over.set()
            sender.join(60)
            bridge.until(lambda: all(_final(bridge, one) for one in accepted), seconds=60)
        arrived = Counter(
            (one["kind"], one["body"].get("person", one["body"]).get("lastName"))
            for one in sandbox.received(kind="final_price_watched")
        )
    assert len(set(accepted)) == len(accepted) > 20
    assert set(arrived.values()) == {1}
    assert len(arrived) == len(accepted)


def test_a_yes_waits_for_a_replica_and_is_none_without_one(servers: WatchedServers) -> None:
    async def story() -> None:
        ledger = RedisLedger(servers.url_of_primary(), replicas=2)
        many = RedisLedger(servers.url_of_primary(), replicas=3)
        try:
            assert (await ledger.open([new_lead("a")]))[0].fresh
            with pytest.raises(LedgerError, match="2 of 3 replicas"):
                await many.open([new_lead("b")])
            # It may be there all the same: a repeat is the same lead.
            assert not (await ledger.open([new_lead("b")]))[0].fresh
        finally:
            await ledger.close()
            await many.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sentinel://127.0.0.1:26379/0", "?master=NAME"),
        ("sentinel://:secret@/0?master=m", "names each Sentinel as host:port"),
        ("sentinel://:secret@h:1/x?master=m", "`x` is no number"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, url: str, sentence: str
) -> None:
    with Sandbox() as sandbox:
        done = BridgeUnderTest(tmp_path, url, sandbox).command("leads", "list")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "BRIDGE_REDIS_URL" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def _send_until(bridge: BridgeUnderTest, over: threading.Event) -> list[str]:
    """A careful sender: the same lead again until there is a yes."""

    async def send() -> list[str]:
        ids: list[str] = []
        async with bridge.front_door() as door:
            while not over.is_set():
                came = Intake(payload=lead(len(ids), intent="interest"), source="crm")
                try:
                    ids.append(str((await door.accept(came)).lead_id))
                except LedgerError:
                    await asyncio.sleep(0.1)
                await asyncio.sleep(0.03)
        return ids

    return asyncio.run(send())


def _final(bridge: BridgeUnderTest, lead_id: str) -> bool:
    try:
        rows = bridge.deliveries(lead_id)
    except LedgerError:  # the Sentinels may not agree yet who is the primary
        return False
    return all(row.state in FINAL for row in rows.values())
