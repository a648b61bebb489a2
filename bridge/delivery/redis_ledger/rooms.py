"""The small rooms beside the deliveries: quarantine, properties, the shelf, the workers' beats."""

from collections.abc import Mapping, Sequence
from typing import cast

import orjson
from ulid import ULID

from bridge.delivery.redis_ledger.connection import Command, Connection
from bridge.delivery.values import QuarantineRow

SEEN = 30  # seconds in which a worker counts as there
SWAP_IF = """if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2]) return 1"""
DROP_IF = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


class Rooms:
    def __init__(self, connection: Connection, prefix: str) -> None:
        self._redis = connection
        self._prefix = prefix

    async def nudge(self, account: str, *, ttl: float) -> bool:
        key = self._name(f"account:{account}:nudge")
        return bool(await self._redis.do("SET", key, 1, "NX", "PX", round(ttl * 1000)))

    async def ring(self, account: str) -> None:
        await self._redis.do("LPUSH", self._name("bell"), account)

    async def heard(self, *, within: float) -> str | None:
        answer = await self._redis.do("BRPOP", self._name("bell"), within)
        return answer[1].decode() if answer else None

    async def nudged(self, account: str) -> None:
        await self._redis.do("DEL", self._name(f"account:{account}:nudge"))

    async def quarantine(self, row: QuarantineRow) -> str:
        name = row.quarantine_id or str(ULID())
        header = {"source": row.source, "received_at": row.received_at, "reason": row.reason}
        line = orjson.dumps(header) + b"\n" + row.sealed
        commands: list[Command] = [
            ("SET", self._name(f"quarantine:{name}"), line),
            ("ZADD", self._name("quarantine"), row.received_at, name),
            ("HINCRBY", self._name("tally"), "quarantined", 1),
        ]
        await self._redis.many(commands, atomic=True, writes=True)
        return name

    async def quarantined(self, *, limit: int) -> list[QuarantineRow]:
        names = await self._redis.do("ZREVRANGE", self._name("quarantine"), 0, limit - 1)
        found = [await self.quarantine_get(name.decode()) for name in names]
        return [row for row in found if row]

    async def quarantine_size(self) -> int:
        return int(await self._redis.do("ZCARD", self._name("quarantine")))

    async def quarantine_get(self, quarantine_id: str) -> QuarantineRow | None:
        data = await self._redis.do("GET", self._name(f"quarantine:{quarantine_id}"))
        if data is None:
            return None
        header, sealed = cast("bytes", data).split(b"\n", 1)
        return QuarantineRow(quarantine_id=quarantine_id, sealed=sealed, **orjson.loads(header))

    async def quarantine_drop(self, quarantine_id: str) -> bool:
        commands: list[Command] = [
            ("DEL", self._name(f"quarantine:{quarantine_id}")),
            ("ZREM", self._name("quarantine"), quarantine_id),
        ]
        return bool((await self._redis.many(commands, atomic=True))[0])

    async def properties(self, references: Sequence[str]) -> dict[str, str]:
        if not references:
            return {}
        found = await self._redis.do("HMGET", self._name("properties"), *references)
        pairs = zip(references, found, strict=True)
        return {name: value.decode() for name, value in pairs if value is not None}

    async def properties_all(self) -> dict[str, str]:
        flat = iter(
            one.decode() for one in await self._redis.do("HGETALL", self._name("properties"))
        )
        return dict(zip(flat, flat, strict=True))

    async def properties_put(self, entries: Mapping[str, str]) -> None:
        if entries:
            flat = (part for pair in entries.items() for part in pair)
            await self._redis.many([("HSET", self._name("properties"), *flat)], writes=True)

    async def shelf_get(self, name: str) -> bytes | None:
        return cast("bytes | None", await self._redis.do("GET", self._name(f"shelf:{name}")))

    async def shelf_put(self, name: str, value: bytes, *, ttl: float | None) -> None:
        await self._redis.do("SET", self._name(f"shelf:{name}"), value, *_expiry(ttl))

    async def shelf_add(self, name: str, value: bytes, *, ttl: float | None) -> bool:
        command = ("SET", self._name(f"shelf:{name}"), value, "NX", *_expiry(ttl))
        return bool(await self._redis.do(*command))

    async def shelf_swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        key = self._name(f"shelf:{name}")
        put: Command = ("SET", key, new, "NX")
        command: Command = put if old is None else ("EVAL", SWAP_IF, 1, key, old, new)
        return bool((await self._redis.many([command], writes=True))[0])

    async def shelf_drop(self, name: str, *, only_if: bytes | None = None) -> None:
        key = self._name(f"shelf:{name}")
        if only_if is None:
            await self._redis.do("DEL", key)
        else:
            await self._redis.do("EVAL", DROP_IF, 1, key, only_if)

    async def drawer_put(
        self, drawer: str, entries: Mapping[str, bytes], *, ttl: float | None = None
    ) -> None:
        if not entries:
            return
        flat = (part for pair in entries.items() for part in pair)
        key = self._name(f"drawer:{drawer}")
        commands: list[Command] = [("HSET", key, *flat)]
        if ttl is not None:
            commands.append(("PEXPIRE", key, max(1, round(ttl * 1000))))
        await self._redis.many(commands, atomic=True, writes=True)

    async def drawer_add(self, drawer: str, name: str, value: bytes) -> bool:
        return bool(await self._redis.do("HSETNX", self._name(f"drawer:{drawer}"), name, value))

    async def drawer_get(self, drawer: str, name: str) -> bytes | None:
        found = await self._redis.do("HGET", self._name(f"drawer:{drawer}"), name)
        return cast("bytes | None", found)

    async def drawer_find(self, drawer: str, names: Sequence[str]) -> dict[str, bytes]:
        if not names:
            return {}
        found = await self._redis.do("HMGET", self._name(f"drawer:{drawer}"), *names)
        return {name: one for name, one in zip(names, found, strict=True) if one is not None}

    async def drawer_all(self, drawer: str) -> dict[str, bytes]:
        flat = iter(await self._redis.do("HGETALL", self._name(f"drawer:{drawer}")))
        return {name.decode(): value for name, value in zip(flat, flat, strict=True)}

    async def drawer_drop(self, drawer: str, name: str) -> bool:
        return bool(await self._redis.do("HDEL", self._name(f"drawer:{drawer}"), name))

    async def beat(self, worker: str, *, ttl: float) -> None:
        now = int((await self._redis.do("TIME"))[0])
        commands: list[Command] = [
            ("ZADD", self._name("workers"), now, worker),
            ("ZREMRANGEBYSCORE", self._name("workers"), "-inf", now - ttl),
        ]
        await self._redis.many(commands)

    async def workers(self) -> dict[str, float]:
        since = int((await self._redis.do("TIME"))[0]) - SEEN
        key = self._name("workers")
        flat = await self._redis.do("ZRANGEBYSCORE", key, since, "+inf", "WITHSCORES")
        texts = iter(one.decode() for one in flat)
        return {name: float(score) for name, score in zip(texts, texts, strict=True)}

    def _name(self, name: str) -> str:
        return self._prefix + name


def _expiry(ttl: float | None) -> tuple[str | float, ...]:
    return () if ttl is None else ("PX", max(1, round(ttl * 1000)))
