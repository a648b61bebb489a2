"""One look at the orders of one account: what is known when it begins, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.connectors.orders import OrderDesk
from bridge.delivery.values import AccountRow
from bridge.outcomes import State
from bridge.pipeline.orders.registry import Tie
from bridge.pipeline.orders.wish import Closed


@dataclass(slots=True)
class Look:
    """One account at one moment; `quiet`: nothing is left to be said."""

    account: str
    desk: OrderDesk
    row: AccountRow | None
    destinations: list[str]
    closed: Mapping[str, bytes]
    trouble: Mapping[str, bytes]
    quiet: bool = True
    stopped: float = 0.0  # seconds that the account is left alone from now on
    done: list[str] = field(default_factory=list)

    def closed_of(self, one: Tie) -> Closed | None:
        known = self.closed.get(one.name)
        return Closed.model_validate_json(known) if known else None

    def sight(self, counts: Mapping[tuple[str, State], int], ties: list[Tie]) -> object:
        """What would make an order say something else: while it is the same, nothing is read."""
        states = (State.DELIVERED, State.HELD, State.SKIPPED)
        numbers = [counts.get((self.account, one), 0) for one in states]
        paused = (self.row.paused, dict(self.row.parked)) if self.row else None
        return numbers, paused, ties, dict(self.closed)
