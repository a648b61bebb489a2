"""drain(): group commit per account (DESIGN 2.3).

Claim as many as the account may have in flight, send them at once on the process's one loop, record
what finished in small batches, claim more, until nothing is due or the time budget is over.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.delivery.ledger import LedgerError
from bridge.delivery.values import Claim, Record, Recorded, Terms
from bridge.pipeline import earlier
from bridge.pipeline.attempt import Attempt
from bridge.pipeline.parts import Parts
from bridge.routing import Account, PropertyEntry

log = logging.getLogger("bridge.drain")

WINDOW = 64  # in flight at once in one drain, however much the account allows
BATCH = 64  # records written together, at most
LATE = 0.05  # seconds that a finished attempt may wait for company
SHOWN = 50  # delivery ids that a result names
IDLE = 1.0  # seconds between two looks for more while slow calls are in flight
SOON = 0.005  # seconds between two looks when somebody says that there is more
PATIENCE = 0.5  # seconds between tries to write down what happened, while the ledger is away


@dataclass(slots=True, kw_only=True)
class Drained:
    """What one drain did; a task's result, so it names ids and counts only."""

    account: str
    states: Counter[str] = field(default_factory=Counter)
    deliveries: list[str] = field(default_factory=list)
    blocked: str = ""
    more: bool = False  # something was still due when the time was over

    def __add__(self, later: "Drained") -> "Drained":
        return Drained(
            account=later.account,
            states=self.states + later.states,
            deliveries=[*self.deliveries, *later.deliveries][:SHOWN],
            blocked=later.blocked,
            more=later.more,
        )


class Drain:
    """One run over one account."""

    def __init__(self, parts: Parts, account: Account, *, budget: float = 20.0) -> None:
        self._parts = parts
        self._account = account
        self._budget = budget
        self._terms = Terms(
            concurrency=account.concurrency,
            rate=(account.rate.count, account.rate.seconds) if account.rate else None,
            breaker=account.breaker,
        )
        self._running: dict[asyncio.Task[Record], tuple[Claim, Attempt]] = {}
        self._finished: list[Record] = []
        self._stirred = asyncio.Event()  # something finished, or somebody poked
        self._result = Drained(account=account.name)
        self._over = False  # no more claims: the budget is spent
        self._more = True  # the last claim gave all that there was room for
        self._poked = False
        self._looked = self._next_look = 0.0

    async def run(self) -> Drained:
        """Raises `LedgerError` where nothing could be claimed; what was sent is always recorded."""
        over = asyncio.get_running_loop().time() + self._budget
        renewing = asyncio.create_task(self._keep_leases())
        try:
            await self._fill()
            while self._running or self._finished or self._poked:
                await self._settle_some()
                await self._refill(over)
        finally:
            self._over = True
            renewing.cancel()
        return self._result

    @property
    def account(self) -> str:
        return self._account.name

    def poke(self) -> bool:
        """There is more for this account: look again soon. False where this run claims no more."""
        if self._over:
            return False
        self._poked = True
        self._next_look = min(self._next_look, self._looked + SOON)
        self._stirred.set()
        return True

    def finish(self) -> None:
        """Claim no more; what is in flight goes on to its end."""
        self._over = True
        self._stirred.set()

    async def _fill(self) -> None:
        room, now = self._room(), asyncio.get_running_loop().time()
        # A claim costs a round trip: wait for a fair part of the window, but not for what hangs.
        fair = self._more and room >= min(BATCH, self._account.concurrency // 2)
        if room <= 0 or (self._running and not fair and now < self._next_look):
            return
        self._looked, self._poked = now, False
        ledger = self._parts.ledger
        claimed = await ledger.claim(
            self._account.name, self._terms, limit=room, lease=self._parts.lease
        )
        self._result.blocked = claimed.blocked
        self._more = len(claimed.claims) >= room
        wait = IDLE if claimed.wait is None else min(claimed.wait, IDLE)
        wait = LATE if self._more else max(wait, LATE)
        self._next_look = now + (SOON if self._poked else wait)
        attempts = [(claim, Attempt(self._parts, claim)) for claim in claimed.claims]
        directory = await self._directory({attempt.reference for _, attempt in attempts})
        people = await earlier.known(self._parts, [attempt.asked for _, attempt in attempts])
        for (claim, attempt), known in zip(attempts, people, strict=True):
            task = asyncio.create_task(attempt.run(directory, known))
            self._running[task] = (claim, attempt)
            task.add_done_callback(self._ended)

    def _room(self) -> int:
        return min(self._account.concurrency, WINDOW) - len(self._running)

    def _patience(self) -> float | None:
        """Seconds to wait for a call to finish; None: as long as it takes."""
        if self._finished:
            return LATE
        if self._over or self._room() <= 0:
            return None
        return max(self._next_look - asyncio.get_running_loop().time(), 0.001)

    async def _refill(self, over: float) -> None:
        if self._over or asyncio.get_running_loop().time() >= over:
            self._result.more = self._over = True
            self._poked = False
            return
        try:
            await self._fill()
        except LedgerError as error:  # what is in flight is still to be recorded
            log.warning("claim.delayed account=%s error=%s", self._account.name, error)
            await asyncio.sleep(PATIENCE)

    async def _settle_some(self) -> None:
        """Wait for something to finish, then write down what did, in company where it can be."""
        if self._running:
            stirred = await self._wait()
            if stirred and self._running and len(self._finished) < BATCH:
                return
        batch, self._finished = self._finished, []
        if batch:
            await self._record(batch)

    async def _wait(self) -> bool:
        try:
            async with asyncio.timeout(self._patience()):
                await self._stirred.wait()
        except TimeoutError:
            return False
        self._stirred.clear()
        return True

    def _ended(self, task: asyncio.Task[Record]) -> None:
        self._finished.append(self._outcome(task))
        self._stirred.set()

    def _outcome(self, task: asyncio.Task[Record]) -> Record:
        claim, attempt = self._running.pop(task)
        error = task.exception()
        if error is None:
            return task.result()
        # Only the kind of the fault: its text may name the person.
        log.error("attempt.fault delivery=%s error=%s", claim.delivery_id, type(error).__name__)
        return attempt.failed(error)

    async def _record(self, batch: Sequence[Record]) -> None:
        """Write it down, however long the ledger is away: the vendor has already been told."""
        woken: set[str] = set()
        for record, recorded in zip(batch, await self._until_written(batch), strict=True):
            self._result.states[recorded.state] += 1
            if len(self._result.deliveries) < SHOWN:
                self._result.deliveries.append(record.claim.delivery_id)
            woken.update(recorded.woken)
            _tell(record, recorded)
        for account in woken - {self._account.name}:
            await self._parts.nudge(account)

    async def _until_written(self, batch: Sequence[Record]) -> list[Recorded]:
        while True:
            try:
                return await self._parts.ledger.record(batch)
            except LedgerError as error:
                log.warning("record.delayed deliveries=%d error=%s", len(batch), error)
                await asyncio.sleep(PATIENCE)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._parts.lease / 3)
            claims = [claim for claim, _ in self._running.values()]
            claims += [record.claim for record in self._finished]
            try:
                await self._parts.ledger.renew(claims, lease=self._parts.lease)
            except LedgerError as error:
                log.warning("renew.delayed deliveries=%d error=%s", len(claims), error)

    async def _directory(self, references: set[str | None]) -> dict[str, PropertyEntry]:
        """Vendor ids of the properties that these leads name, as they stand now."""
        found = await self._parts.ledger.properties(sorted(filter(None, references)))
        return {name: PropertyEntry.from_json(text) for name, text in found.items()}


def _tell(record: Record, recorded: Recorded) -> None:
    """One wide line per fact; ids, never the person."""
    claim = record.claim
    log.info(
        "delivery.%s delivery=%s attempt=%d mode=%s decision=%s applied=%s",
        recorded.state,
        claim.delivery_id,
        claim.attempt,
        claim.mode,
        type(record.decision).__name__,
        recorded.applied,
    )
