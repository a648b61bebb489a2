"""The Redis stream as a way in: acknowledged only after the ledger has it, nothing left over."""

import asyncio
import base64
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.redis_ledger.connection import Connection
from bridge.delivery.redis_ledger.intake_stream import Entry, IntakeStream
from bridge.delivery.vault import Vault
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import KEY, BridgeUnderTest, lead


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


@pytest.fixture
def client(empty_server: EmbeddedServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(empty_server.url, decode_responses=True) as one:
        yield one


def names(bridge: BridgeUnderTest) -> list[str]:
    bodies = [one["body"] for one in bridge.sandbox.received(vendor="vitec")]
    return sorted(body["person"]["lastName"] for body in bodies)


def test_a_plain_redis_client_puts_leads_in(bridge: BridgeUnderTest, client: redis.Redis) -> None:
    for number in range(20):
        client.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(lead(number))})
    with bridge.worker():
        bridge.until(lambda: len(names(bridge)) == 20)
        client.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(lead(20))})
        bridge.until(lambda: len(names(bridge)) == 21)
        bridge.until(lambda: client.xlen("bridge:intake") == 0)
    assert len(set(names(bridge))) == 21
    assert client.xpending("bridge:intake", "bridge")["pending"] == 0


def test_readers_that_are_killed_lose_and_double_nothing(
    bridge: BridgeUnderTest, client: redis.Redis
) -> None:
    process = bridge.start_worker()
    for number in range(120):
        client.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(lead(number))})
        if number == 60:
            process.send_signal(signal.SIGKILL)
            process.wait()
    with bridge.worker():
        bridge.until(lambda: len(set(names(bridge))) == 120, seconds=90)
    assert len(names(bridge)) == 120


def test_what_is_no_lead_goes_to_quarantine_and_blocks_nothing(
    bridge: BridgeUnderTest, client: redis.Redis
) -> None:
    client.xadd("bridge:intake", {"source": "crm", "payload": "{not json"})
    client.xadd("bridge:intake", {"x": "y"})
    client.xadd("bridge:intake", {"source": "crm", "payload": b"\xff\x00no text"})
    client.xadd("bridge:intake", {"source": "crm", "payload": "[" * 10_000})
    client.xadd("bridge:intake", {"source": "nobody"})
    client.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(lead(1))})
    with bridge.worker():
        bridge.until(lambda: len(names(bridge)) == 1)
    rows = bridge.ask(lambda ledger: ledger.quarantined(limit=9))
    vault = Vault([base64.b64decode(KEY)])
    assert len(rows) == 5
    raw = [vault.unseal(row.sealed) for row in rows]
    assert b"\xff\x00no text" in raw
    assert b"x y" in raw
    assert client.xlen("bridge:intake") == 0


def test_what_a_dead_reader_took_is_taken_over_and_counted(empty_server: EmbeddedServer) -> None:
    async def story() -> None:
        connection = Connection(empty_server.url)
        dead = IntakeStream(connection, "dead", take_over=0.02)
        alive = IntakeStream(connection, "alive", take_over=0.02)
        try:
            assert await dead.read(limit=9, within=0.01) == []  # makes the group
            await connection.do("XADD", "bridge:intake", "*", "source", "crm")
            (first,) = await dead.read(limit=9, within=0.1)
            assert first.tries == 1
            await asyncio.sleep(0.05)
            (again,) = await alive.read(limit=9, within=0.1)
            assert again == Entry(entry_id=first.entry_id, fields={"source": b"crm"}, tries=2)
            await alive.done([again.entry_id])
            assert await alive.lag() == 0
            await connection.do("DEL", "bridge:intake")  # a server that lost its data
            assert await alive.read(limit=9, within=0.01) == []
            assert await alive.read(limit=9, within=0.01) == []
        finally:
            await connection.close()

    asyncio.run(story())
