"""How many requests a source may make: a token bucket for each, in this process."""

import time
from collections.abc import Callable

from bridge.routing import Source
from bridge.web.problems import Problem


class Limiter:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def spend(self, source: Source) -> None:
        """Raises `Problem` 429 with `Retry-After` where the source's `rate` is used up."""
        if source.rate is None:
            return
        count, per = source.rate.count, source.rate.count / source.rate.seconds
        now = self._clock()
        tokens, filled = self._buckets.get(source.name, (float(count), now))
        tokens = min(count, tokens + (now - filled) * per)
        if tokens < 1:
            self._buckets[source.name] = (tokens, now)
            wait = str(max(1, round((1 - tokens) / per)))
            detail = f"The source {source.name} may send {count} in {source.rate.seconds:g} s."
            raise Problem(429, "Too many", detail, headers={"retry-after": wait})
        self._buckets[source.name] = (tokens - 1, now)
