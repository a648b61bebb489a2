"""Group commit for single leads: what comes while a batch is being written makes the next batch.

An idle system takes a lead in at once; a busy one forms batches by itself, and a round trip to the
ledger is shared by all that are in it.
"""

import asyncio
from collections import deque

from bridge.delivery.ledger import LedgerError
from bridge.pipeline.accept import Accepted, Acceptor, Intake

Waiting = tuple[Intake, asyncio.Future[Accepted]]
LARGEST = 100  # leads in a batch
WIDTH = 2  # batches on their way at once: one is read and sealed while the other is written


class Together:
    """`accept()` as `Acceptor.accept`, for many callers on one loop."""

    def __init__(self, acceptor: Acceptor) -> None:
        self._acceptor = acceptor
        self._line: deque[Waiting] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def accept(self, came: Intake) -> Accepted:
        """Raises `LedgerError`: then nobody said yes to it."""
        answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._line.append((came, answer))
        if len(self._running) < WIDTH:
            task = asyncio.create_task(self._work())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await answer

    async def _work(self) -> None:
        while self._line:
            many = min(LARGEST, len(self._line))
            await self._take_in([self._line.popleft() for _ in range(many)])

    async def _take_in(self, batch: list[Waiting]) -> None:
        work = self._acceptor.accept_many([came for came, _ in batch])
        (answer,) = await asyncio.gather(work, return_exceptions=True)
        if not isinstance(answer, BaseException):
            _tell(batch, answer)
        elif isinstance(answer, LedgerError) or len(batch) == 1:
            _refuse(batch, answer)
        else:  # a fault of ours is told to the one lead that met it
            for one in batch:
                await self._take_in([one])


def _tell(batch: list[Waiting], verdicts: list[Accepted]) -> None:
    for (_, answer), verdict in zip(batch, verdicts, strict=True):
        if not answer.done():
            answer.set_result(verdict)


def _refuse(batch: list[Waiting], error: BaseException) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
