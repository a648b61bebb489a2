"""What only a server can do to a ledger: restart, lose its scripts, refuse to write."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import redis

from bridge.delivery.embedded import EmbeddedServer, running
from bridge.delivery.ledger import LedgerError
from bridge.delivery.redis_ledger import RedisLedger
from bridge.delivery.values import LeadId
from bridge.outcomes import State
from tests.contract.ledgers import claim, done, lead

Story = Callable[[RedisLedger], Awaitable[None]]


def tell(url: str, story: Story) -> None:
    async def told() -> None:
        ledger = RedisLedger(url)
        try:
            await story(ledger)
        finally:
            await ledger.close()

    asyncio.run(told())


def test_a_server_that_evicts_is_refused_in_words(empty_server: EmbeddedServer) -> None:
    with redis.Redis.from_url(empty_server.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")

    async def story(ledger: RedisLedger) -> None:
        with pytest.raises(LedgerError, match="allkeys-lru, which loses leads silently"):
            await ledger.ready()

    tell(empty_server.url, story)


def test_a_server_that_does_not_write_to_disk_is_known(empty_server: EmbeddedServer) -> None:
    async def story(ledger: RedisLedger) -> None:
        assert await ledger.persists()
        with redis.Redis.from_url(empty_server.url) as client:
            client.config_set("appendonly", "no")
        assert not await ledger.persists()

    tell(empty_server.url, story)


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    async def story(ledger: RedisLedger) -> None:
        with pytest.raises(LedgerError, match="is Redis running"):
            await ledger.open([lead("a")])

    tell("redis://127.0.0.1:9/0", story)


def test_a_server_that_cannot_write_says_no_instead_of_yes(empty_server: EmbeddedServer) -> None:
    with redis.Redis.from_url(empty_server.url) as client:
        client.config_set("maxmemory", "1")

    async def story(ledger: RedisLedger) -> None:
        with pytest.raises(LedgerError, match="refused"):
            await ledger.open([lead("a")])

    tell(empty_server.url, story)


def test_scripts_are_given_again_to_a_server_that_forgot_them(
    empty_server: EmbeddedServer,
) -> None:
    async def story(ledger: RedisLedger) -> None:
        await ledger.open([lead("a")])
        with redis.Redis.from_url(empty_server.url) as client:
            client.script_flush()
        (opened,) = await ledger.open([lead("b")])
        assert opened.fresh

    tell(empty_server.url, story)


def test_what_was_said_yes_to_survives_a_sigkill_of_the_server(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "ledger").start()
    try:

        async def before(ledger: RedisLedger) -> None:
            await ledger.open([lead(str(n)) for n in range(50)])
            await ledger.record([done(one) for one in (await claim(ledger))[:10]])

        async def after(ledger: RedisLedger) -> None:
            counts = await ledger.counts()
            assert counts == {("acme", State.DELIVERED): 10, ("acme", State.SENDING): 40}
            assert await ledger.blob(LeadId("7")) == b"sealed 7"

        tell(server.url, before)
        server.kill()
        assert running(tmp_path / "ledger") is None
        server.start()
        tell(server.url, after)
    finally:
        server.stop()


def test_events_tell_other_pipelines_what_happened_and_name_no_person(
    empty_server: EmbeddedServer,
) -> None:
    async def story(ledger: RedisLedger) -> None:
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one)])

    tell(empty_server.url, story)
    with redis.Redis.from_url(empty_server.url, decode_responses=True) as client:
        events = [fields for _, fields in client.xrange("bridge:events")]
    assert [one["state"] for one in events] == ["pending", "delivered"]
    assert set(events[-1]) == {
        "lead_id",
        "external_id",
        "source",
        "destination",
        "state",
        "reference",
        "reason",
        "at",
    }
    assert (events[-1]["external_id"], events[-1]["reference"]) == ("ext-a", "R1")


def test_the_data_folder_tells_other_processes_where_the_server_is(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with EmbeddedServer(folder) as server:
        assert running(folder) == server.url
        assert (folder / "server.json").stat().st_mode & 0o077 == 0
        assert (folder / "valkey.conf").stat().st_mode & 0o077 == 0
    assert running(folder) is None


def test_every_key_of_the_ledger_carries_the_hash_tag(empty_server: EmbeddedServer) -> None:
    async def story(ledger: RedisLedger) -> None:
        await ledger.open([lead("a", contacts=("c",))])
        await ledger.record([done(one) for one in await claim(ledger)])
        await ledger.ring("acme")

    tell(empty_server.url, story)
    with redis.Redis.from_url(empty_server.url, decode_responses=True) as client:
        keys = set(client.keys("*")) - {"bridge:events"}
    assert keys
    assert all("{ledger}" in key for key in keys)
