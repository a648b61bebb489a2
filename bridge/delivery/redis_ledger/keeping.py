"""What is kept how long, and with which key: erasing, retention, resealing, and the tally."""

from typing import Any

from bridge.delivery.redis_ledger import rows
from bridge.delivery.redis_ledger.connection import Command, Connection
from bridge.delivery.redis_ledger.scripts import Scripts
from bridge.delivery.values import DeliveryId, Expired, Keep, LeadId, Place, SealedPage

PAGE = 500  # keys that one step of a scan looks at


class Keeping:
    def __init__(self, scripts: Scripts, connection: Connection, prefix: str) -> None:
        self._scripts = scripts
        self._redis = connection
        self._prefix = prefix

    async def forget(
        self, lead_id: LeadId, *, entry: bytes, tombstone: float
    ) -> list[DeliveryId] | None:
        arguments = {"lead_id": lead_id, "tombstone_ms": rows.ms(tombstone)}
        answer = await self._scripts.run("forget", arguments, entry)
        return [DeliveryId(one.decode()) for one in answer[1:]] if answer else None

    async def expire(self, keep: Keep, *, limit: int = 100, dry_run: bool = False) -> Expired:
        arguments = {
            "bodies_ms": rows.ms(keep.bodies),
            "payload_ms": rows.ms(keep.payload),
            "open_ms": rows.ms(keep.held),
            "quarantine_ms": rows.ms(keep.quarantine),
            "limit": limit,
            "dry": dry_run,
        }
        bodies, payloads, held, quarantine, more = await self._scripts.run("expire", arguments)
        return Expired(
            bodies=bodies, payloads=payloads, held=held, quarantine=quarantine, more=bool(more)
        )

    async def sealed(self, cursor: str = "", *, under: str = "") -> SealedPage:
        pattern = self._prefix.replace("[", r"\[") + under + "*"
        after, keys = await self._redis.do("SCAN", cursor or "0", "MATCH", pattern, "COUNT", PAGE)
        names = [key.decode().removeprefix(self._prefix) for key in keys]
        known = [(name, how) for name in names for how in (_command(name),) if how]
        commands: list[Command] = [(how[0], self._prefix + name, *how[1:]) for name, how in known]
        answers = await self._redis.many(commands)
        places = [
            place
            for (name, _), answer in zip(known, answers, strict=True)
            for place in _places(name, answer)
        ]
        return SealedPage(places=tuple(places), cursor=after.decode() if after != b"0" else "")

    async def reseal(self, place: Place, whole: bytes) -> bool:
        arguments = {"key": place.key, "part": place.part}
        return bool(await self._scripts.run("reseal", arguments, place.whole, whole))

    async def tally(self) -> dict[str, int]:
        flat = iter(await self._redis.do("HGETALL", self._prefix + "tally"))
        return {name.decode(): int(value) for name, value in zip(flat, flat, strict=True)}


def _command(key: str) -> tuple[str | int, ...]:
    """How to read a key that may hold sealed bytes; nothing for one that never does."""
    if key.endswith(":blob") or key.startswith(("shelf:", "quarantine:")):
        return ("GET",)
    if key.startswith("lead:") and key.endswith(":log"):
        return ("LRANGE", 0, -1)
    return ("HGETALL",) if key.startswith("drawer:") else ()


def _places(key: str, answer: Any) -> list[Place]:
    """Where sealed bytes stand by themselves, or after a line in the clear."""
    match answer:
        case bytes() as whole:
            return [Place(key=key, part="", whole=whole)]
        case list() as flat if key.startswith("drawer:"):
            pairs = iter(flat)
            return [
                Place(key=key, part=name.decode(), whole=whole)
                for name, whole in zip(pairs, pairs, strict=True)
            ]
        case list() as lines:
            return [Place(key=key, part=str(i), whole=line) for i, line in enumerate(lines)]
        case _:
            return []
