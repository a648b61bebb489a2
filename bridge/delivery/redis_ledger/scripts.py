"""The Lua scripts, and how a batch of calls of them becomes one round trip."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from redis.exceptions import NoScriptError

from bridge.delivery.ledger import LedgerError
from bridge.delivery.redis_ledger.connection import Command, Connection

# What stands in front of a script beside common.lua.
BASES: Mapping[str, tuple[str, ...]] = {
    "open": ("starting",),
    "extend": ("starting",),
    "forget": ("erasing",),
    "expire": ("erasing",),
}
READING = frozenset({"due", "served"})
Call = tuple[object, *tuple[bytes, ...]]  # the arguments, then what is not JSON


@cache
def _source(name: str) -> tuple[str, str]:
    folder = files(__package__) / "lua"
    parts = ("common", *BASES.get(name, ()), name)
    text = "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in parts)
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Scripts:
    """Runs scripts of `lua/` by name; each call is atomic, a batch is one round trip."""

    def __init__(self, connection: Connection, prefix: str, events: str) -> None:
        self._connection = connection
        self._prefix = prefix
        self._events = events

    async def run(self, name: str, arguments: object, *extra: bytes) -> Any:
        return (await self.batch(name, [(arguments, *extra)]))[0]

    async def batch(self, name: str, calls: Sequence[Call]) -> list[Any]:
        """Answers in order. Raises `LedgerError`.

        A server that was restarted has lost its scripts: it is given them again and asked again,
        which is safe because every script is idempotent or fenced.
        """
        text, sha = _source(name)
        commands = [self._command(sha, call) for call in calls]
        writes = name not in READING
        answers = await self._connection.attempt(commands, writes=writes)
        if any(isinstance(answer, NoScriptError) for answer in answers):
            await self._connection.do("SCRIPT", "LOAD", text)
            answers = await self._connection.attempt(commands, writes=writes)
        for answer in answers:
            if isinstance(answer, Exception):
                raise LedgerError(f"The ledger refused to write: {answer}.") from answer
        return answers

    def _command(self, sha: str, call: Call) -> Command:
        arguments, *extra = call
        keys = (self._prefix, self._prefix, self._events)
        return ("EVALSHA", sha, 1, *keys, orjson.dumps(arguments), *extra)
