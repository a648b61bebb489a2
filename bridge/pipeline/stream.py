"""From the Redis stream into accept(): in batches, acknowledged after the ledger has them."""

import logging

import orjson

from bridge.delivery.redis_ledger.intake_stream import TRIES, Entry, IntakeStream
from bridge.pipeline.accept import Acceptor, Intake

log = logging.getLogger("bridge.stream")

BATCH = 100


class StreamReader:
    """One reader of the intake stream; `step()` again and again."""

    def __init__(self, acceptor: Acceptor, stream: IntakeStream) -> None:
        self._acceptor = acceptor
        self._stream = stream
        self._done: list[str] = []  # in the ledger, and acknowledged with the next reading

    async def step(self, *, within: float = 1.0) -> int:
        """Take in a batch, and say how many. Raises `LedgerError`, then nothing is acknowledged."""
        entries = await self._stream.read(limit=BATCH, within=within, done=self._done)
        self._done = []
        poison = [one for one in entries if one.tries > TRIES]
        good = [one for one in entries if one.tries <= TRIES]
        # An entry that was read again and again and never got in is looked at by a person.
        for one in poison:
            await self._acceptor.set_aside(_intake(one), f"it was read {one.tries - 1} times")
            log.warning("stream.poison entry=%s", one.entry_id)
        await self._acceptor.accept_many([_intake(one) for one in good])
        self._done = [one.entry_id for one in entries]
        return len(entries)


def _intake(entry: Entry) -> Intake:
    """`source`, `payload` as JSON text, and `key` where the sender names its message."""
    raw = entry.fields.get("payload")
    if raw is None:  # then a person should see what there is
        raw = b"\n".join(name.encode() + b" " + value for name, value in entry.fields.items())
    try:
        payload: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        payload = raw
    key = entry.text("key")
    return Intake(
        payload=payload,
        source=entry.text("source"),
        # The entry's own id makes an entry that was read twice the same message.
        keys=(key,) if key else (f"stream:{entry.entry_id}",),
        way="stream",
    )
