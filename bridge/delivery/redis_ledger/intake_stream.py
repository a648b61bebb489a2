"""The Redis stream as a way in: `XADD bridge:intake * source crm payload '{…}'` (DESIGN 1.1).

A consumer group, read in batches; an entry is acknowledged and deleted only after the ledger has
it: left in the stream it would be personal data in the clear. A dead reader's are taken over.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.delivery.ledger import LedgerError
from bridge.delivery.redis_ledger.connection import Command, Connection

STREAM = "bridge:intake"  # part of the public contract
GROUP = "bridge"
TAKE_OVER = 30.0  # seconds after which an entry's reader counts as dead
TRIES = 3  # readings of one entry before it is poison


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`tries`: how often it was handed to a reader, this time included."""

    entry_id: str
    fields: dict[str, bytes]
    tries: int = 1

    def text(self, name: str) -> str:
        """A field as text; what is no UTF-8 is replaced."""
        return self.fields.get(name, b"").decode("utf-8", "replace")


class IntakeStream:
    """One reader of the group; `reader` is its name in it."""

    def __init__(
        self,
        connection: Connection,
        reader: str,
        *,
        stream: str = STREAM,
        take_over: float = TAKE_OVER,
    ) -> None:
        self._redis = connection
        self._reader = reader
        self._stream = stream
        self._take_over = round(take_over * 1000)
        self._look_every = take_over / 6  # seconds between two looks for what a dead reader left
        self._looked = -math.inf

    async def read(self, *, limit: int, within: float, done: Sequence[str] = ()) -> list[Entry]:
        """What a dead reader left, else new entries; waits for some, up to `within` seconds.

        `done`: entries that the ledger has; acknowledged and deleted in the same round trip.
        """
        try:
            if time.monotonic() - self._looked > self._look_every:
                self._looked = time.monotonic()
                left = await self._left_behind(limit)
                if left:
                    await self.done(done)
                    return left
            if done:
                return await self._next(limit, done)
            return await self._new(limit, within)
        except LedgerError as error:
            if "NOGROUP" not in str(error):
                raise
            await self._make_group()  # the server was restarted without data, or is new
            return []

    async def done(self, entry_ids: Sequence[str]) -> None:
        """Acknowledge and delete, in one step."""
        if entry_ids:
            await self._redis.many(self._ends(entry_ids))

    async def lag(self) -> int:
        """Entries that are not yet in the ledger."""
        return int(await self._redis.do("XLEN", self._stream))

    def _ends(self, entry_ids: Sequence[str]) -> list[Command]:
        """Both or neither: an entry that is acknowledged and left is personal data in the clear."""
        return [
            ("MULTI",),
            ("XACK", self._stream, GROUP, *entry_ids),
            ("XDEL", self._stream, *entry_ids),
            ("EXEC",),
        ]

    async def _next(self, limit: int, done: Sequence[str]) -> list[Entry]:
        command = ("XREADGROUP", "GROUP", GROUP, self._reader, "COUNT", limit)
        read = (*command, "STREAMS", self._stream, ">")
        answer = (await self._redis.many([*self._ends(done), read]))[-1]
        return [_entry(one) for one in (answer[0][1] if answer else [])]

    async def _new(self, limit: int, within: float) -> list[Entry]:
        command = ("XREADGROUP", "GROUP", GROUP, self._reader, "COUNT", limit)
        block = ("BLOCK", max(1, round(within * 1000)), "STREAMS", self._stream, ">")
        answer = await self._redis.do(*command, *block)
        return [_entry(one) for one in (answer[0][1] if answer else [])]

    async def _left_behind(self, limit: int) -> list[Entry]:
        command = ("XAUTOCLAIM", self._stream, GROUP, self._reader, self._take_over, "0")
        answer = await self._redis.do(*command, "COUNT", limit)
        found = [_entry(one) for one in answer[1] if one[1]]
        if not found:
            return []
        ends = (found[0].entry_id, found[-1].entry_id)
        pending = ("XPENDING", self._stream, GROUP, *ends, len(found), self._reader)
        tries = {one[0].decode(): int(one[3]) for one in await self._redis.do(*pending)}
        return [replace(one, tries=tries.get(one.entry_id, 1)) for one in found]

    async def _make_group(self) -> None:
        try:
            await self._redis.do("XGROUP", "CREATE", self._stream, GROUP, "0", "MKSTREAM")
        except LedgerError as error:
            if "BUSYGROUP" not in str(error):  # another reader was faster
                raise


def _entry(raw: tuple[bytes, list[bytes]]) -> Entry:
    entry_id, flat = raw
    values = iter(flat)
    fields = {
        key.decode("utf-8", "replace"): value for key, value in zip(values, values, strict=True)
    }
    return Entry(entry_id=entry_id.decode(), fields=fields)
