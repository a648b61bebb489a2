"""One narrow door to the server: a command, or many in one round trip, and one error for people."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from bridge.delivery.ledger import LedgerError

Command = tuple[str | bytes | float, ...]


class Connection:
    """Commands as the Redis manual writes them; answers are bytes, ints and lists of them."""

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=32,
            timeout=5,
            socket_timeout=5,
            socket_connect_timeout=2,
            socket_keepalive=True,
            health_check_interval=30,
            protocol=2,
            # A command that may have run is said again by us, where that is safe, and not below us.
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis(connection_pool=pool)
        self._redis.response_callbacks.clear()

    async def do(self, *command: str | bytes | float) -> Any:
        """One command's answer. Raises `LedgerError`."""
        return (await self.many([command]))[0]

    async def many(self, commands: Sequence[Command], *, atomic: bool = False) -> list[Any]:
        """Answers in order; with `atomic`, all or nothing. Raises `LedgerError`."""
        answers = await self.attempt(commands, atomic=atomic)
        for answer in answers:
            if isinstance(answer, Exception):
                raise LedgerError(f"The ledger refused: {answer}.") from answer
        return answers

    async def attempt(self, commands: Sequence[Command], *, atomic: bool = False) -> list[Any]:
        """As `many`, but what the server refused stands in the answers as a `ResponseError`."""
        if not commands:
            return []
        pipe = self._redis.pipeline(transaction=atomic)
        for command in commands:
            pipe.execute_command(*command)
        try:
            return await pipe.execute(raise_on_error=False)
        except ResponseError as error:
            raise LedgerError(f"The ledger refused: {error}.") from error
        except (RedisError, OSError) as error:
            raise LedgerError(
                f"The ledger cannot be reached ({type(error).__name__}): is Redis running?",
            ) from error

    async def close(self) -> None:
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()
