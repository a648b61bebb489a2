"""RedisLedger: the three parts over one connection."""

from bridge.delivery.ledger import LedgerError
from bridge.delivery.redis_ledger.archive import Archive
from bridge.delivery.redis_ledger.connection import Connection
from bridge.delivery.redis_ledger.engine import BREAKER_OPEN, GRACE, Engine
from bridge.delivery.redis_ledger.intake_stream import IntakeStream
from bridge.delivery.redis_ledger.keeping import Keeping
from bridge.delivery.redis_ledger.rooms import Rooms
from bridge.delivery.redis_ledger.scripts import Scripts

PREFIX = "bridge:{ledger}:"  # one hash tag: the scripts are atomic over leads and accounts together
EVENTS = "bridge:events"  # part of the public contract (DESIGN 1.1)
OLDEST = (6, 2)


class RedisLedger(Engine, Archive, Keeping, Rooms):
    """`Ledger` on Redis. Make it on the loop that uses it; `close()` when done.

    Every call fails within 5 s with `LedgerError` where no server answers. `replicas`: so many must
    have what was written before a call says yes, so that a failover forgets no yes.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = PREFIX,
        events: str = EVENTS,
        grace: float = GRACE,
        breaker_open: float = BREAKER_OPEN,
        replicas: int = 0,
    ) -> None:
        self._connection = Connection(url, replicas=replicas)
        scripts = Scripts(self._connection, prefix, events)
        Engine.__init__(self, scripts, grace=grace, breaker_open=breaker_open)
        Archive.__init__(self, self._connection, prefix)
        Keeping.__init__(self, scripts, self._connection, prefix)
        Rooms.__init__(self, self._connection, prefix)

    async def ready(self) -> None:
        """Raise `LedgerError` unless the server is new enough, can be written and never evicts."""
        info = await self._info("server") | await self._info("memory")
        version = info.get("redis_version", "0.0")
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
            raise LedgerError(f"The ledger needs Redis 6.2 or newer, or Valkey; this is {version}.")
        policy = info.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise LedgerError(
                f"The ledger's server runs with maxmemory-policy {policy}, which loses leads"
                " silently: set it to noeviction.",
            )
        await self._connection.do("SET", f"{PREFIX}ready", 1)

    async def persists(self) -> bool:
        """Whether a restart of the server keeps what it said yes to."""
        return (await self._info("persistence")).get("aof_enabled") == "1"

    def intake(self, reader: str) -> IntakeStream:
        """The stream way in, for a reader of this name."""
        return IntakeStream(self._connection, reader)

    async def _info(self, section: str) -> dict[str, str]:
        text = (await self._connection.do("INFO", section)).decode()
        pairs = (line.partition(":") for line in text.splitlines())
        return {name: value for name, _, value in pairs if value}

    async def close(self) -> None:
        await self._connection.close()
