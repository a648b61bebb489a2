"""What follows from each change; all of it may be done twice, and is done once."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bridge.connectors.cases import Change, UnreadError, Watch, WatchesCases
from bridge.outcomes import State
from bridge.pipeline.parts import Parts
from bridge.pipeline.watching import holding
from bridge.pipeline.watching.arrivals import Arrivals
from bridge.pipeline.watching.book import Book, Case, Reading
from bridge.pipeline.watching.following import Following

log = logging.getLogger("bridge.cases")

MOST = 200  # changes a turn
ASKED = 20  # names in one look-up
LOOK_UPS = 5  # of them a turn
PUBLICATIONS = 20  # cases a turn whose publications are read
PATIENCE = 600.0  # seconds that a read-back which could not tell is tried again
KEPT = 86_400.0
LOOKED = 500


@dataclass(slots=True)
class _Step:
    """One change on its way: `settled` False: it stays where it is, and is acted on again."""

    case: Case
    before: Case | None
    settled: bool = True

    @property
    def number(self) -> int:
        return self.case.change.case_id

    @property
    def then(self) -> Change | None:
        return self.before.change if self.before else None


class Acting:
    """One turn of one account."""

    def __init__(self, parts: Parts, account: str, vendor: WatchesCases, rules: Watch) -> None:
        self._parts = parts
        self._account = account
        self._vendor = vendor
        self._rules = rules
        self._book = Book(parts.ledger, account)

    async def run(self) -> bool:
        """Whether there is more to do at once. Raises `LedgerError`."""
        came = await self._book.came()
        reading = await self._book.reading()
        if not came or reading is None:
            return False
        known = await self._book.cases([one.case_id for one in came[:MOST]])
        steps = [_step(one, known.get(one.case_id)) for one in came[:MOST]]
        await self._publications(steps)
        doubts = await self._doubts() if any(_joined(one) for one in steps) else False
        wanted = [one for one in steps if one.case.name is None and _matters(one, doubts=doubts)]
        await self._names(wanted)
        for one in steps:
            await self._act(one, reading, doubts=doubts)
        left = len(came) > MOST or len(wanted) > ASKED * LOOK_UPS
        return left and any(one.settled for one in steps)

    async def _publications(self, steps: Sequence[_Step]) -> None:
        """Of those whose publication changed while we watched: a year's history costs no calls."""
        if "unpublished" not in self._rules.holds:
            return
        for number, one in enumerate(_republished(steps)):
            if number >= PUBLICATIONS:
                one.settled = False
                continue
            try:
                seen = await self._vendor.is_published(one.number)
            except UnreadError as error:
                self._unread(error)
                one.settled = error.final
            else:
                one.case = replace(one.case, published=seen)

    async def _names(self, wanted: Sequence[_Step]) -> None:
        """The GUIDs that leads may know them by; what is not named now is named the next time."""
        for one in wanted[ASKED * LOOK_UPS :]:
            one.settled = False
        for start in range(0, min(len(wanted), ASKED * LOOK_UPS), ASKED):
            some = wanted[start : start + ASKED]
            final = True
            try:
                names = await self._vendor.case_names([one.number for one in some])
            except UnreadError as error:
                self._unread(error)
                names, final = {}, error.final
            for one in some:
                one.settled &= final
                one.case = replace(one.case, name=names.get(one.number, "" if final else None))

    async def _act(self, one: _Step, reading: Reading, *, doubts: bool) -> None:
        case, was = one.case, one.before.standing if one.before else "active"
        why = holding.why(self._account, case)
        holds = await self._book.shut_or_not(case, why, self._rules.holds)
        if case.standing != was:
            log.info(
                "case.%s account=%s case=%d holds=%s",
                case.standing,
                self._account,
                one.number,
                holds,
            )
        if doubts and _joined(one):
            one.settled &= await self._arrivals(case)
        if _is_sold_now(one, reading):
            leads = await Following(self._parts, self._account, case).run()
            log.info("case.followed account=%s case=%d leads=%d", self._account, one.number, leads)
        if one.settled:
            await self._book.done(case)

    async def _arrivals(self, case: Case) -> bool:
        """Where Flow cannot tell it is asked again for a while."""
        if await Arrivals(self._parts, self._account).run(case):
            return True
        ledger, now = self._parts.ledger, self._parts.clock().timestamp()
        name = f"asked:{self._account}:{case.change.case_id}:{case.change.joined}"
        await ledger.shelf_add(name, str(now).encode(), ttl=KEPT)
        first = float(await ledger.shelf_get(name) or 0.0)
        return now - first > PATIENCE

    async def _doubts(self) -> bool:
        """Whether anything at this account may have arrived without our knowing."""
        for state in (State.UNKNOWN, State.HELD):
            rows = await self._parts.ledger.deliveries(
                state=state, account=self._account, limit=LOOKED
            )
            if any(row.unknowns for row in rows):
                return True
        return False

    def _unread(self, error: UnreadError) -> None:
        log.warning("cases.look_up_failed account=%s reason=%s", self._account, error)


def _step(change: Change, before: Case | None) -> _Step:
    was_active = change.activated is not None or (before.was_active if before else False)
    case = Case(
        change=change,
        name=before.name if before else None,
        published=before.published if before else None,
        was_active=was_active,
    )
    return _Step(case, before)


def _republished(steps: Sequence[_Step]) -> Iterator[_Step]:
    for one in steps:
        if one.then is not None and one.then.publication != one.case.change.publication:
            yield one


def _joined(one: _Step) -> bool:
    joined = one.case.change.joined
    return joined is not None and (one.then is None or one.then.joined != joined)


def _matters(one: _Step, *, doubts: bool) -> bool:
    return one.case.standing != "active" or (doubts and _joined(one))


def _is_sold_now(one: _Step, reading: Reading) -> bool:
    """A sale that we saw happen; not one that was history when the watching began."""
    sold = one.case.change.sold
    if sold is None or one.case.standing != "sold":
        return False
    return sold >= reading.began if one.then is None else one.then.sold != sold
