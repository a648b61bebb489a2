"""How often a name may call: a sliding window."""

from collections import defaultdict, deque


class Throttle:
    def __init__(self) -> None:
        self._let_in: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait(self, name: str, now: float, *, limit: int, window: float) -> float:
        """0, and the call counts; or the seconds until one more would be let in."""
        before = self._let_in[name]
        while before and before[0] <= now - window:
            before.popleft()
        if len(before) < limit:
            before.append(now)
            return 0.0
        return before[0] + window - now if before else window
