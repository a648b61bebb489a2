"""One poller an account over all workers: read what changed, write it down, act on it."""

import asyncio
import logging
from dataclasses import replace

from ulid import ULID

from bridge.connectors.cases import UnreadError, Watch, WatchesCases
from bridge.pipeline.parts import Parts
from bridge.pipeline.watching import holding
from bridge.pipeline.watching.acting import Acting
from bridge.pipeline.watching.book import Book, Reading

log = logging.getLogger("bridge.cases")

OVERLAP = 600.0  # seconds that are read again: what was stamped before it could be seen
OLDEST = 365 * 86_400.0 - 3600.0  # further back nothing may be asked for (F-T11)
STALE = 1800.0  # a reading of several pages that is older begins anew: its year has moved on
LIMIT = 100.0  # seconds of one turn; what is left is the next one's
LOCK = 120.0  # longer than a turn: a dead worker's turn ends by itself


class Watcher:
    """`step()` is for every worker's housekeeping; most calls of it find nothing to do."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def step(self) -> list[str]:
        """The accounts that it was this worker's turn to read. Raises `LedgerError`."""
        names = self._parts.routing.accounts
        known = {name: holding.watched(self._parts, name) for name in names}
        there = {name: one for name, one in known.items() if one is not None}
        turns = (self._turn(name, *one) for name, one in there.items())
        done = await asyncio.gather(*turns, return_exceptions=True)
        for one in done:  # a slow or failing account is nothing to the others
            if isinstance(one, BaseException):
                raise one
        return [name for name, one in zip(there, done, strict=True) if one]

    async def _turn(self, account: str, vendor: WatchesCases, rules: Watch) -> bool:
        """Under a lock, since a slow turn may outlast its interval."""
        ledger, token = self._parts.ledger, str(ULID()).encode()
        lock = f"watching:{account}"
        if not await ledger.shelf_add(f"watch:{account}", b"1", ttl=rules.every):
            return False
        if not await ledger.shelf_add(lock, token, ttl=LOCK):
            return False
        try:
            async with asyncio.timeout(LIMIT):
                again = await self._read_and_act(account, vendor, rules)
            if again is not None:
                await ledger.shelf_put(f"watch:{account}", b"1", ttl=max(again, 0.001))
        except TimeoutError:
            log.warning("cases.slow account=%s limit=%g", account, LIMIT)
        finally:
            await ledger.shelf_drop(lock, only_if=token)
        return True

    async def _read_and_act(self, account: str, vendor: WatchesCases, rules: Watch) -> float | None:
        """Seconds until the next turn, where that is not the usual time."""
        book = Book(self._parts.ledger, account)
        now = self._parts.clock().timestamp()
        reading = await book.reading() or Reading(began=now)
        if await self._is_paused(account):
            return None
        again = await self._read(book, reading, vendor)
        # What an earlier turn left is acted on even where nothing can be read.
        left = await Acting(self._parts, account, vendor, rules).run()
        await holding.release(self._parts, account)
        return 0.0 if left and again is None else again

    async def _is_paused(self, account: str) -> bool:
        """Credentials that were refused are probed by the sweep; a lock-out helps nobody."""
        rows = await self._parts.ledger.accounts()
        return any(row.account == account and row.paused for row in rows)

    async def _read(self, book: Book, reading: Reading, vendor: WatchesCases) -> float | None:
        """All pages that there are turns for; each is written down with its place."""
        now = self._parts.clock().timestamp()
        if not reading.skip or now - reading.started > STALE:
            since = max((reading.mark or 0.0) - OVERLAP, now - OLDEST)
            reading = replace(reading, since=since, skip=0, newest=0.0, started=now)
        seen: set[int] = set()
        try:
            while True:
                page = await vendor.changed_cases(reading.since, reading.skip)
                ids = [one.case_id for one in page.changes]
                known = await book.cases(ids)
                fresh = [
                    one
                    for one in page.changes
                    if one.case_id not in known or known[one.case_id].change != one
                ]
                # A vendor that knows no pages gives the first one again and again.
                more = page.skip if page.skip is not None and not seen.issuperset(ids) else None
                seen.update(ids)
                newest = max((reading.newest, *(one.modified for one in page.changes)))
                reading = _after(replace(reading, newest=newest), more, now)
                await book.put(reading, fresh)
                if more is None:
                    return None
        except UnreadError as error:
            if error.wait > 0:  # our own turns are used up, or the vendor's
                return error.wait
            log.warning("cases.unread account=%s reason=%s", book.account, error)
            await book.put(replace(reading, problem=str(error), failed_at=now))
            return None


def _after(reading: Reading, more: int | None, now: float) -> Reading:
    """The mark is on the vendor's clock, and never ahead of ours: no stamp can make us miss what
    comes after it."""
    if more is not None:
        return replace(reading, skip=more)
    mark = max(reading.mark or 0.0, min(reading.newest, now)) or None
    return replace(reading, skip=0, mark=mark, read_at=reading.started, problem="", failed_at=None)
