"""Alive but deaf: workers have been seen to stay up after a reconnect and consume nothing
(celery #8030, #8091, #10205).

Each worker sends itself a canary. One that the broker took and that does not come back, while the
pool has room for it, says that the consumer hears nothing: it is made to connect again, and where
that does not help, the process ends and its supervisor starts another.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger("bridge.worker")

UNANSWERED = 3.0  # canaries' worth of silence
SLACK = 5.0  # seconds on top of it: the broker's own time limit
TRIES = 3  # connections that are made anew before the process ends


class Ears:
    """`consumer` is Celery's; `busy` tells whether no thread of the pool is free."""

    def __init__(
        self,
        consumer: Any,
        *,
        every: float,
        busy: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumer = consumer
        self._limit = UNANSWERED * every + SLACK
        self._busy = busy
        self._clock = clock
        self._asked: float | None = None  # since when the broker has a canary that did not come
        self._tries = 0

    @property
    def queue(self) -> str:
        """The queue that this worker alone consumes (`worker_direct`)."""
        return f"{self._consumer.hostname}.dq2"

    @property
    def deaf(self) -> bool:
        if self._asked is None or self._busy():
            return False
        return self._clock() - self._asked > self._limit

    def sent(self) -> None:
        """The broker took a canary."""
        if self._asked is None:
            self._asked = self._clock()

    def heard(self) -> None:
        """A message came, whichever."""
        self._asked, self._tries = None, 0

    def mend(self) -> None:
        """Make the consumer connect again; end the process where that was of no use."""
        self._tries += 1
        self._asked = None
        hub = getattr(self._consumer, "hub", None)
        if hub is None or self._tries > TRIES:
            log.error("worker.deaf action=exit")
            os.kill(os.getpid(), signal.SIGTERM)
            return
        log.error("worker.deaf action=reconnect try=%d", self._tries)
        hub.call_soon(_break_connection)


def _break_connection() -> None:
    """On the consumer's own loop, where a lost connection is what it knows how to mend."""
    raise ConnectionResetError("the consumer hears nothing")
