"""Drains that begin in the process that took the lead in, without waiting for a message.

A message through the broker costs a lead some 10 ms and a millisecond of CPU; the one that is sent
all the same brings other workers in, and its result tells Flower what was done (docs/engine.md).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from bridge.delivery.ledger import LedgerError
from bridge.pipeline import Drain, Drained

log = logging.getLogger("bridge.worker")


class AtOnce:
    """Of one process, on its loop. `drain` drains an account until nothing of it is due."""

    def __init__(self, drain: Callable[[str], Coroutine[Any, Any, Drained]]) -> None:
        self._drain = drain
        self._running: dict[str, list[Drain]] = {}
        self._begun: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()  # accounts that got more when it was too late for a poke
        self._done: dict[str, Drained] = {}  # not yet told by a task
        self._asked: set[str] = set()  # accounts whose drain a task waits for
        self._beside: set[asyncio.Task[None]] = set()
        self._closing = False

    def begin(self, account: str) -> bool:
        """True where a drain that began by itself takes it up, now or before it ends."""
        if any(one.poke() for one in self._running.get(account, ())):
            return account in self._begun
        if self._closing:
            return False
        if account in self._begun:
            self._again.add(account)
        else:
            self._begun[account] = asyncio.create_task(self._run(account))
        return True

    def meanwhile(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it go on beside; what became of it is nobody's business."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    @contextmanager
    def runs(self, drain: Drain) -> Iterator[Drain]:
        """While it does, it is poked when there is more."""
        same = self._running.setdefault(drain.account, [])
        same.append(drain)
        try:
            yield drain
        finally:
            same.remove(drain)

    async def done(self, account: str, *, within: float) -> Drained | None:
        """What drains that began by themselves did since this was last asked.

        Waits for one that is under way, up to `within` seconds, unless another task does.
        """
        under_way = self._begun.get(account)
        if under_way is not None and account not in self._asked:
            self._asked.add(account)
            try:
                await asyncio.wait({under_way}, timeout=within)
            finally:
                self._asked.discard(account)
        return self._done.pop(account, None)

    def close(self) -> None:
        """Claim no more."""
        self._closing = True
        for one in [drain for some in self._running.values() for drain in some]:
            one.finish()

    async def finish(self) -> None:
        """Wait for what is in flight."""
        self.close()
        await asyncio.gather(*self._begun.values())

    async def _run(self, account: str) -> None:
        more = True
        while more and not self._closing:
            self._again.discard(account)
            more = await self._once(account) or account in self._again
        del self._begun[account]

    async def _once(self, account: str) -> bool:
        """Whether there was more than there was time for."""
        task = asyncio.create_task(self._drain(account))
        await asyncio.wait({task})
        error = task.exception()
        if error is not None:  # the sweep begins again
            words = str(error) if isinstance(error, LedgerError) else type(error).__name__
            log.warning("drain.delayed account=%s error=%s", account, words)
            return False
        done, before = task.result(), self._done.get(account)
        self._done[account] = before + done if before else done
        return done.more
