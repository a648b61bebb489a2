"""A ledger for a worker that is killed: after so many writes nothing of it is heard again."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from bridge.delivery.memory_ledger import MemoryLedger

WRITES = frozenset(
    {
        *("shelf_add", "shelf_put", "shelf_drop", "drawer_put", "drawer_add", "drawer_drop"),
        *("act", "extend", "note", "spend"),
    }
)


class KilledError(Exception):
    """The process is gone; no `finally` of it reaches the ledger."""


class Dying:
    """`MemoryLedger`, for one worker's eyes: the write number `after` is its last."""

    def __init__(self, ledger: MemoryLedger, after: int) -> None:
        self._ledger = ledger
        self._left = after

    @classmethod
    def of(cls, ledger: MemoryLedger, after: int) -> MemoryLedger:
        return cast("MemoryLedger", cls(ledger, after))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._ledger, name)
        return self._mortal(name, found) if callable(found) else found

    def _mortal(self, name: str, call: Callable[..., Awaitable[Any]]) -> Any:
        async def called(*args: Any, **kwargs: Any) -> Any:
            if self._left <= 0:
                raise KilledError
            answer = await call(*args, **kwargs)
            self._left -= name in WRITES
            if self._left <= 0:
                raise KilledError
            return answer

        return called
