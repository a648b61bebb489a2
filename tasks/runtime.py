"""The process's one event loop, with everything that lives on it, made after the worker started."""

import asyncio
import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from bridge import wiring
from bridge.delivery.ledger import LedgerError
from bridge.pipeline import (
    Accepted,
    Acceptor,
    Drain,
    Drained,
    Intake,
    Parts,
    StreamReader,
    Sweep,
    offices,
    retention,
)
from bridge.pipeline.alarms import Alarms
from bridge.pipeline.enrich import Enricher
from bridge.pipeline.escalation import Escalation
from bridge.pipeline.orders import Watch
from bridge.pipeline.standing import Nightly
from bridge.pipeline.watching import Watcher
from bridge.wiring.loop import new_event_loop
from tasks.at_once import AtOnce
from tasks.config import DELIVER, DRAIN_BUDGET, LONGEST_TASK, NUDGE_LIFE
from tasks.ears import Ears

log = logging.getLogger("bridge.worker")
T = TypeVar("T")

STOP_LIMIT = 5.0  # seconds for letting go of connections
READERS = 2  # of the stream: one batch is read and sealed while the other is written
BETWEEN = 0.2  # seconds between two messages of this process to one account
IDLE = 1.0  # seconds that an account which could not be drained is left to the sweep
ENRICH = 2.0  # seconds between two looks at references that leads wait for
WATCH = 5.0  # seconds between two looks whether it is this worker's turn to read cases
LISTEN = 2.0  # seconds; below the connection's own time limit


class Runtime:
    """Pool threads hand it coroutines and wait; the sweep runs on it by itself."""

    def __init__(self) -> None:
        self._loop = new_event_loop()
        self._publisher = ThreadPoolExecutor(1, thread_name_prefix="nudge")
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._thread.start()
        self._wiring = wiring.read()
        self._parts: Parts = self._run(wiring.build(self._wiring, nudge=self._nudge))
        self._acceptor = Acceptor(self._parts)
        self._watch: list[asyncio.Task[None]] = []
        self._at_once = AtOnce(self._drained)
        self._nudging: set[str] = set()  # accounts with a message under way, or just sent
        self._threads = 0  # of the pool, at work
        self._blocked: dict[str, float] = {}  # account → until when it is not nudged
        self._ears: Ears | None = None
        wiring.settle()

    def accept(self, came: Intake) -> Accepted:
        with self._at_work():
            return self._run(self._acceptor.accept(came))

    def drain(self, account: str) -> Drained:
        with self._at_work():
            return self._run(self._drain(account))

    def keep_watch(self, consumer: Any) -> None:
        """Start the sweep; called whenever Celery's consumer is ready to be nudged."""
        settings = self._wiring.settings
        if self._ears is None:
            self._ears = Ears(
                consumer,
                every=settings.canary,
                busy=lambda: self._threads >= settings.worker_concurrency,
            )
            self._run(self._start_watch(self._ears))

    def closing(self) -> None:
        """The process is to stop: nothing new is begun."""
        self._loop.call_soon_threadsafe(self._at_once.close)

    def heard(self) -> None:
        if self._ears is not None:
            self._ears.heard()

    def stop(self, *, within: float) -> None:
        """What is in flight ends first; what cannot in time is ended with the process."""
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._at_once.finish(), self._loop).result(within)
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(STOP_LIMIT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_LIMIT)
        self._publisher.shutdown(wait=False, cancel_futures=True)

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        with _lock:
            self._threads += 1
        try:
            yield
        finally:
            with _lock:
                self._threads -= 1

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _drain(self, account: str) -> Drained:
        """The nudge came. What was drained without waiting for it is told with it."""
        before = await self._at_once.done(account, within=self._patience())
        done = await self._drained(account)
        # The flag goes first, then one more look: nothing falls between.
        await self._parts.ledger.nudged(account)
        if done.more or await self._parts.ledger.due([account]):
            await self._nudge(account)
        return before + done if before else done

    def _patience(self) -> float:
        """Seconds that a task may wait to tell what is under way: threads are for those who act."""
        spare = self._threads * 2 <= self._wiring.settings.worker_concurrency
        return DRAIN_BUDGET if spare else 0.0

    async def _drained(self, account: str) -> Drained:
        known = self._parts.routing.accounts.get(account)
        if known is None:
            return Drained(account=account, blocked="the routing file has no such account")
        with self._at_once.runs(Drain(self._parts, known, budget=DRAIN_BUDGET)) as drain:
            done = await drain.run()
        # A paused account gets leads all the same: a task for each batch of them would do nothing.
        self._blocked[account] = self._loop.time() + (IDLE if done.blocked else 0)
        return done

    async def _nudge(self, account: str) -> None:
        """Begin here and now; the message brings in the others, and tells Flower what was done."""
        if self._blocked.get(account, 0.0) > self._loop.time():
            return
        mine = self._at_once.begin(account)
        if account not in self._nudging:
            self._nudging.add(account)
            self._at_once.meanwhile(self._send_nudge(account, mine=mine))

    async def _send_nudge(self, account: str, *, mine: bool) -> None:
        """One at a time and not too often: a message costs as much as four deliveries."""
        try:
            if await self._parts.ledger.nudge(account, ttl=NUDGE_LIFE):
                queue = self._ears.queue if mine and self._ears else DELIVER
                await self._loop.run_in_executor(self._publisher, _publish, account, queue)
                await asyncio.sleep(BETWEEN)
        finally:
            self._nudging.discard(account)

    async def _listen(self) -> None:
        account = await self._parts.ledger.heard(within=LISTEN)
        if account is not None:
            await self._nudge(account)

    async def _sing(self, ears: Ears) -> None:
        if ears.deaf:
            ears.mend()
        await self._loop.run_in_executor(self._publisher, _publish_canary, ears)

    async def _beat(self, name: str, ears: Ears) -> None:
        """A worker that hears nothing is none: `/readyz` counts on it."""
        if not ears.deaf:
            await self._parts.ledger.beat(name, ttl=30.0)

    async def _forget(self) -> None:
        every = self._wiring.settings.retention_every
        await retention.watch(self._parts, every=every)

    async def _orders(self) -> None:
        watch, every = Watch(self._parts), self._wiring.settings.order_every
        await _forever("orders", every, lambda: watch.look(every=every))

    async def _stand(self) -> None:
        """Late after the start, when there is nothing to do but this."""
        await asyncio.sleep(self._wiring.settings.nightly_every)
        await Nightly(self._parts).step()

    async def _start_watch(self, ears: Ears) -> None:
        sweep = Sweep(self._parts)
        every = self._wiring.settings.sweep
        alarms, often = Alarms(self._parts), self._wiring.settings.alarm_every
        keep = self._wiring.settings.retention_every
        name = f"{socket.gethostname()}:{os.getpid()}"
        readers = [
            StreamReader(self._acceptor, self._parts.stream(f"{name}:{number}"))
            for number in range(READERS)
        ]
        self._watch = [
            asyncio.create_task(_forever("sweep", every, sweep.nudge_due)),
            *(asyncio.create_task(_forever("stream", 0, one.step)) for one in readers),
            asyncio.create_task(_forever("bell", 0, self._listen)),
            asyncio.create_task(
                _forever("probe", min(15.0, self._wiring.settings.probe), sweep.probe_paused)
            ),
            asyncio.create_task(_forever("escalation", ENRICH, Escalation(self._parts).step)),
            asyncio.create_task(_forever("enrich", ENRICH, Enricher(self._parts).step)),
            asyncio.create_task(_forever("watch", WATCH, Watcher(self._parts).step)),
            asyncio.create_task(_forever("offices", ENRICH, lambda: offices.step(self._parts))),
            asyncio.create_task(_forever("alarms", often, alarms.look)),
            asyncio.create_task(self._orders()),
            asyncio.create_task(_forever("standing", 0, self._stand)),
            asyncio.create_task(
                _forever("retention", keep, lambda: retention.watch(self._parts, every=keep))
            ),
            asyncio.create_task(_forever("beat", 5.0, lambda: self._beat(name, ears))),
            asyncio.create_task(
                _forever("canary", self._wiring.settings.canary, lambda: self._sing(ears))
            ),
        ]

    async def _shut(self) -> None:
        for task in self._watch:
            task.cancel()
        await asyncio.gather(*self._watch, return_exceptions=True)
        await self._parts.close()


async def _forever(name: str, every: float, step: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Again and again, whatever one step meets: a watch that ended would be missed by nobody."""
    while True:
        task = asyncio.create_task(step())
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        error = task.exception()
        if error is not None:
            # A ledger's sentence may be shown; any other text may name a person.
            words = str(error) if isinstance(error, LedgerError) else type(error).__name__
            log.warning("%s.delayed error=%s", name, words)
            await asyncio.sleep(1)
        await asyncio.sleep(every)


def _publish(account: str, queue: str) -> None:
    from tasks.deliver import deliver

    try:
        deliver.apply_async(args=(account,), queue=queue)
    except OSError as error:  # kombu's OperationalError: the sweep nudges again
        log.warning("nudge.lost account=%s error=%s", account, type(error).__name__)


def _publish_canary(ears: Ears) -> None:
    from tasks.canary import canary

    try:
        canary.apply_async(queue=ears.queue)
    except OSError as error:  # no broker, and so nothing that could be heard
        log.warning("canary.lost error=%s", type(error).__name__)
    else:
        ears.sent()


_lock = threading.Lock()
_current: Runtime | None = None


def current() -> Runtime:
    """The one of this process, made on first use: after any fork."""
    global _current
    with _lock:
        if _current is None:
            _current = Runtime()
        return _current


def heard() -> None:
    """A message reached this worker; nothing is made for it."""
    if _current is not None:
        _current.heard()


def closing() -> None:
    """A worker that was told to stop claims no more."""
    if _current is not None:
        _current.closing()


def stop(*, within: float = LONGEST_TASK) -> None:
    """Let go of connections; what the pool has in flight has been waited for by the pool."""
    global _current
    with _lock:
        last, _current = _current, None
    if last is not None:
        last.stop(within=within)
