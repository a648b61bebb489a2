"""What most commands need: everything wired up on a loop of their own, and let go of after."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bridge import wiring
from bridge.pipeline import Parts

P = ParamSpec("P")
T = TypeVar("T")


@asynccontextmanager
async def office() -> AsyncIterator[Parts]:
    """Raises `StartError` or `LedgerError`."""

    async def ring(account: str) -> None:
        await parts.ledger.ring(account)

    parts = await wiring.build(wiring.read(), nudge=ring)
    try:
        yield parts
    finally:
        await parts.close()


def on_loop(command: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Let a command be a coroutine."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return asyncio.run(command(*args, **kwargs))

    return run
