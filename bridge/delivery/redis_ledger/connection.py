"""One narrow door to the server: a command, or many in one round trip, and one error for people."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from bridge.delivery.address import Sentinels, sentinels
from bridge.delivery.ledger import LedgerError

PATIENCE = 1000  # ms that replicas may take
Command = tuple[str | bytes | float, ...]


class Connection:
    """Commands as the Redis manual writes them; answers are bytes, ints and lists of them."""

    _sentinel: Sentinel | None = None

    def __init__(self, url: str, *, replicas: int = 0) -> None:
        self._replicas = replicas
        options: dict[str, Any] = {
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 30,
            "protocol": 2,
            # A command that may have run is said again by us, where that is safe, and not below us.
            "retry": Retry(NoBackoff(), 0),
        }
        known = sentinels(url)
        if known is None:
            pool = BlockingConnectionPool.from_url(url, max_connections=32, timeout=5, **options)
            self._redis = Redis(connection_pool=pool)
        else:
            self._sentinel = _ask(known, options)
            self._redis = self._sentinel.master_for(known.master)
        self._redis.response_callbacks.clear()

    async def do(self, *command: str | bytes | float) -> Any:
        """One command's answer. Raises `LedgerError`."""
        return (await self.many([command]))[0]

    async def many(
        self, commands: Sequence[Command], *, atomic: bool = False, writes: bool = False
    ) -> list[Any]:
        """Answers in order; with `atomic`, all or nothing. Raises `LedgerError`."""
        answers = await self.attempt(commands, atomic=atomic, writes=writes)
        for answer in answers:
            if isinstance(answer, Exception):
                raise LedgerError(f"The ledger refused: {answer}.") from answer
        return answers

    async def attempt(
        self, commands: Sequence[Command], *, atomic: bool = False, writes: bool = False
    ) -> list[Any]:
        """As `many`, but what the server refused stands in the answers as a `ResponseError`.

        `writes`: no answer before as many replicas as are wanted have it (`RedisLedger`).
        """
        if not commands:
            return []
        wait = bool(writes and self._replicas)
        pipe = self._redis.pipeline(transaction=atomic and not wait)
        for command in self._with_wait(commands, atomic=atomic) if wait else commands:
            pipe.execute_command(*command)
        try:
            answers: list[Any] = await pipe.execute(raise_on_error=False)
        except ResponseError as error:
            raise LedgerError(f"The ledger refused: {error}.") from error
        except (RedisError, OSError) as error:
            raise LedgerError(
                f"The ledger cannot be reached ({type(error).__name__}): is Redis running?",
            ) from error
        return self._replicated(answers, atomic=atomic) if wait else answers

    def _with_wait(self, commands: Sequence[Command], *, atomic: bool) -> list[Command]:
        """WAIT looks at its own connection's writes, and does not wait inside of a MULTI."""
        body = [("MULTI",), *commands, ("EXEC",)] if atomic else list(commands)
        return [*body, ("WAIT", self._replicas, PATIENCE)]

    def _replicated(self, answers: list[Any], *, atomic: bool) -> list[Any]:
        *answers, have = answers
        if atomic:
            answers = answers[-1] if isinstance(answers[-1], list) else answers[-1:]
        if not isinstance(have, int) or have < self._replicas:
            raise LedgerError(
                f"{have} of {self._replicas} replicas of the ledger have what was written, and a"
                " failover now could lose it: are they running?",
            )
        return answers

    async def close(self) -> None:
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()
        for one in self._sentinel.sentinels if self._sentinel else ():
            await one.aclose()


def _ask(known: Sentinels, options: dict[str, Any]) -> Sentinel:
    """Who is the primary is asked for every new connection: a failover needs no restart."""
    quick = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)}
    return Sentinel(
        list(known.hosts),
        sentinel_kwargs={**quick, **known.sentinel_login()},
        db=known.database,
        username=known.username,
        password=known.password,
        max_connections=256,
        **options,
    )
