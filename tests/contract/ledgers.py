"""Both ledgers behind one door, and the few values that every test of them needs."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.ledger import Ledger
from bridge.delivery.memory_ledger import MemoryLedger
from bridge.delivery.redis_ledger import RedisLedger
from bridge.delivery.values import Claim, Health, LeadId, NewDelivery, NewLead, Record, Terms
from bridge.outcomes import Decision, Settle, State

T = TypeVar("T")
Story = Callable[[Ledger], Awaitable[T]]
_numbers = itertools.count(1)

GRACE = 0.02
BREAKER_OPEN = 0.1


class Bench:
    """Tells one story to a fresh ledger of the kind that the test was given."""

    def __init__(self, kind: str, server: EmbeddedServer) -> None:
        self._kind = kind
        self._server = server

    def new(self) -> Ledger:
        if self._kind == "memory":
            return MemoryLedger(grace=GRACE, breaker_open=BREAKER_OPEN)
        name = f"t{next(_numbers)}"
        return RedisLedger(
            self._server.url,
            prefix=f"{name}:",
            events=f"{name}:events",
            grace=GRACE,
            breaker_open=BREAKER_OPEN,
        )

    def tell(self, story: Story[T]) -> T:
        async def told() -> T:
            ledger = self.new()
            try:
                return await story(ledger)
            finally:
                await ledger.close()

        return asyncio.run(told())


def delivery(destination: str = "watch", **changes: Any) -> NewDelivery:
    known: dict[str, Any] = {"account": "acme", "route": "r", **changes}
    return NewDelivery(destination=destination, **known)


def lead(name: str, *deliveries: NewDelivery, **changes: Any) -> NewLead:
    known: dict[str, Any] = {
        "source": "web",
        "external_id": f"ext-{name}",
        "intent": "contact",
        "test": False,
        "blob": b"sealed " + name.encode(),
        "identities": (f"id-{name}",),
        **changes,
    }
    return NewLead(lead_id=LeadId(name), deliveries=deliveries or (delivery(),), **known)


async def claim(ledger: Ledger, account: str = "acme", **changes: Any) -> tuple[Claim, ...]:
    """All that is due, with plain terms."""
    lease = changes.pop("lease", 10.0)
    terms = Terms(**{"concurrency": 50, **changes})
    return (await ledger.claim(account, terms, limit=50, lease=lease)).claims


def done(one: Claim, decision: Decision | None = None, **changes: Any) -> Record:
    health: Health = "good"
    known: dict[str, Any] = {"health": health, "entry": b'{"what":"attempt"}\nsealed', **changes}
    settled = decision or Settle(State.DELIVERED, reference="R1")
    return Record(claim=one, decision=settled, **known)
