"""A bridge that watches cases: real HTTP to the sandbox, and one clock for both that is moved."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from bridge import routing, wiring
from bridge.connectors import VENDORS
from bridge.connectors.base import AccountSettings
from bridge.connectors.transport import Http
from bridge.delivery.memory_ledger import MemoryLedger
from bridge.delivery.redis_ledger.intake_stream import IntakeStream
from bridge.delivery.shelf import SealedShelf
from bridge.delivery.values import DeliveryRow, LeadId
from bridge.delivery.vault import Vault
from bridge.pipeline import Acceptor, Drain, Intake, Parts
from bridge.pipeline.watching import Watcher
from bridge.sandbox.server import Sandbox

T = TypeVar("T")
GUID = "680f1e7f-90e4-472d-8991-a9d6043df603"
CASE = {"case_guid": GUID, "case_id": 48213}
ROUTING = """
[sources.web]
country = "NO"
language = "no"

[accounts.flow]
vendor = "flow"
base_url = "{sandbox}/flow"
client_id = "sandbox"
client_secret = "flow-secret"
watch = true
{account}

[destinations.stakeholder]
account = "flow"
action = "stakeholder"
processing_bases = {{ category = "SpecificCase", system_type = "Manual" }}
on_unknown = "hold"

[destinations.sold-alert]
account = "flow"
action = "notification"

[[routes]]
name = "leads"
when = {{ language = "no" }}
deliver_to = ["stakeholder"]

[[routes]]
name = "sales"
when = {{ event = "case_sold", intent = "final_price_watch" }}
deliver_to = ["sold-alert"]
duplicates = "deliver"
"""


class Worker:
    """One process's parts. `ledger` is what the workers share."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.nudged: list[str] = []

    async def turn(self) -> list[str]:
        return await Watcher(self.parts).step()

    async def drain(self) -> None:
        await Drain(self.parts, self.parts.routing.accounts["flow"], budget=0.5).run()

    async def accept(self, number: int = 1, **changes: Any) -> LeadId:
        lead = {
            "external_id": f"form-{number}",
            "intent": "final_price_watch",
            "person": {"last_name": f"N{number}", "emails": [f"kari{number}@example.com"]},
            "property": {"flow": CASE},
            **changes,
        }
        accepted = await Acceptor(self.parts).accept(Intake(payload=lead, source="web"))
        assert accepted.lead_id is not None
        return LeadId(accepted.lead_id)

    async def delivery(self, lead_id: LeadId, destination: str = "stakeholder") -> DeliveryRow:
        rows = {one.destination: one for one in await self.parts.ledger.deliveries_of(lead_id)}
        return rows[destination]


class WatchBench:
    def __init__(self, sandbox: Sandbox, account: str = "") -> None:
        self.sandbox = sandbox
        self.ahead = 0.0
        self.ledger = MemoryLedger(clock=self.now)
        self.text = ROUTING.format(sandbox=sandbox.url, account=account)

    def now(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        """Time passes, here and at Flow."""
        self.ahead += seconds
        self.sandbox.config(advance=seconds)

    def tell(
        self, story: Callable[[Worker], Awaitable[T]], ledger: MemoryLedger | None = None
    ) -> T:
        """With a worker of its own."""

        async def told() -> T:
            http = Http(read=2, deadline=5)
            try:
                return await story(Worker(await self._parts(http, ledger or self.ledger)))
            finally:
                await http.aclose()

        return asyncio.run(told())

    def sell(self, case_id: int = 48213, **changes: Any) -> None:
        self.sandbox.config(case_changes=[{"case_id": case_id, **(changes or {"sold": True})}])

    def readings(self) -> list[dict[str, Any]]:
        return [one for one in self.sandbox.calls() if "recentlymodified" in one["path"].lower()]

    async def _parts(self, http: Http, ledger: MemoryLedger) -> Parts:
        keys = Vault([b"k" * 32])
        await wiring.unlock(ledger, keys)
        routes = routing.loads(self.text, environment={}, vendors=VENDORS)
        shelf = SealedShelf(ledger, keys)

        def clock() -> datetime:
            return datetime.fromtimestamp(self.now(), UTC)

        connectors = {
            one.name: VENDORS[one.vendor].connect(
                cast("AccountSettings", one.settings), http, shelf, clock
            )
            for one in routes.accounts.values()
        }

        async def nudge(account: str) -> None:
            assert account in routes.accounts

        def stream(name: str) -> IntakeStream:
            raise NotImplementedError(name)

        return Parts(
            ledger=ledger,
            vault=keys,
            routing=routes,
            connectors=connectors,
            rehearsals={},
            clock=clock,
            luck=lambda: 0.5,
            nudge=nudge,
            stream=stream,
        )
