"""All that the sandbox is at a moment: its clock, its vendors, and what it remembers."""

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from bridge.sandbox.flow.fixtures import new_tenant
from bridge.sandbox.homeq.landlord import Landlord
from bridge.sandbox.memory import Memory
from bridge.sandbox.throttle import Throttle
from bridge.sandbox.vitec.fixtures import new_offices

Clock = Callable[[], float]
T = TypeVar("T")


class World:
    """`ahead` moves the clock, so that tokens run out; `latency` slows every vendor call.

    `rate_limits` says how many calls a second an account may make: by client id (Flow) or customer
    id (Vitec); `rate_limit` holds for all that are not named. Neither vendor states a number.
    """

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self.ahead = 0.0
        self.latency = 0.0
        self.rate_limit: int | None = None
        self.rate_limits: dict[str, int] = {}
        self.memory = Memory()
        self.throttle = Throttle()
        self.vitec = new_offices()
        self.flow = new_tenant(clock())
        self.homeq = Landlord()
        self._states: dict[Callable[[float], Any], Any] = {}

    def of(self, new: Callable[[float], T]) -> T:
        """What one vendor remembers: made by `new(now)` when it is first asked for."""
        if new not in self._states:
            self._states[new] = new(self.now)
        return cast("T", self._states[new])

    @property
    def now(self) -> float:
        return self._clock() + self.ahead

    def wait_of(self, account: str) -> float:
        """Seconds until this account may call again; 0 lets the call in."""
        limit = self.limit_of(account)
        if limit is None:
            return 0.0
        return self.throttle.wait(account, self.now, limit=limit, window=1.0)

    def limit_of(self, account: str) -> int | None:
        return self.rate_limits.get(account, self.rate_limit)

    def reset(self) -> None:
        """As it was at the start, with nothing remembered."""
        vars(self).update(vars(World(self._clock)))
