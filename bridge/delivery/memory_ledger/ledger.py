"""MemoryLedger: the parts over one store. Everything is gone with the process."""

import time
from collections.abc import Callable, Mapping

from bridge.delivery.memory_ledger.accepting import Accepting
from bridge.delivery.memory_ledger.acting import Acting
from bridge.delivery.memory_ledger.keeping import Keeping
from bridge.delivery.memory_ledger.looking import Looking
from bridge.delivery.memory_ledger.store import Store
from bridge.delivery.memory_ledger.working import Working


class MemoryLedger(Accepting, Working, Acting, Keeping, Looking):
    """`Ledger` in dicts; `clock` gives unix seconds."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        grace: float = 5.0,
        breaker_open: float = 30.0,
    ) -> None:
        store = Store(clock)
        Accepting.__init__(self, store)
        Working.__init__(self, store, grace=grace, breaker_open=breaker_open)
        Acting.__init__(self, store)
        Keeping.__init__(self, store)
        Looking.__init__(self, store)

    @property
    def events(self) -> list[Mapping[str, str]]:
        """What `bridge:events` would hold."""
        return self._store.events

    async def ready(self) -> None:
        """Always."""

    async def close(self) -> None:
        """Nothing to let go of."""
