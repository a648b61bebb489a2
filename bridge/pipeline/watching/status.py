"""How the watching does: for `bridge check`, alarms, metrics and whoever asks."""

from dataclasses import dataclass

from bridge.pipeline import views
from bridge.pipeline.parts import Parts
from bridge.pipeline.watching.book import Book
from bridge.pipeline.watching.holding import watched

LATE = 900.0  # seconds without a whole reading that are an alarm, or five intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`lag`: seconds by which what is known of the cases is old; None: nothing was read yet."""

    account: str
    last_success: float | None
    lag: float | None
    waiting: int  # changes that were read and not acted on yet
    late: bool
    problem: str

    @property
    def ok(self) -> bool | None:
        """None: it has not begun, which a worker will do."""
        if self.late or self.problem:
            return False
        return True if self.last_success is not None else None

    @property
    def detail(self) -> str:
        if self.last_success is None and not self.problem:
            return "cases were not read yet: a worker does it"
        read = f"cases were last read {views.moment(self.last_success) or 'never'}"
        left = f"; {self.waiting} changes wait" if self.waiting else ""
        return f"{read}{left}{f'; {self.problem}' if self.problem else ''}"


async def statuses(parts: Parts) -> list[Status]:
    """Of each account that is watched. Raises `LedgerError`."""
    found = []
    for account in parts.routing.accounts:
        known = watched(parts, account)
        if known is not None:
            found.append(await _status(parts, account, max(LATE, 5 * known[1].every)))
    return found


async def _status(parts: Parts, account: str, limit: float) -> Status:
    book, now = Book(parts.ledger, account), parts.clock().timestamp()
    reading = await book.reading()
    since = (reading.read_at or reading.began) if reading else now
    return Status(
        account=account,
        last_success=reading.read_at if reading else None,
        lag=None if reading is None else max(0.0, now - since),
        waiting=len(await book.came()),
        late=now - since > limit,
        problem=reading.problem if reading else "",
    )
