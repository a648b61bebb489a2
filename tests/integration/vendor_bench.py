"""A connector under test: real HTTP to the sandbox, a shelf in a dict, and a clock that stands."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from bridge.connectors import VENDORS
from bridge.connectors.base import Connector, Exchange, Health, Parcel, Report
from bridge.connectors.transport import Http
from bridge.leads import Lead
from bridge.outcomes import Verdict
from bridge.sandbox.server import Sandbox

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GUID = "680f1e7f-90e4-472d-8991-a9d6043df603"
BASIS = "cff34c62-014a-4cf2-b285-88ca73381b1d"
ESTATE = "OBJ11385_1395932274"
LEAD_ID = "01JDTESTLEAD"


class DictShelf:
    """`Shelf` in a dict; times do not pass."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        return self.kept.get(name)

    async def put(self, name: str, value: str, *, ttl: float) -> None:
        assert ttl > 0
        self.kept[name] = value

    async def drop(self, name: str, *, only_if: str) -> None:
        if self.kept.get(name) == only_if:
            del self.kept[name]

    async def lock(self, name: str, *, ttl: float) -> bool:
        assert ttl > 0
        return name not in self.kept

    async def unlock(self, name: str) -> None:
        assert name

    async def swap(self, name: str, before: str | None, after: str) -> bool:
        if self.kept.get(name) != before:
            return False
        self.kept[name] = after
        return True

    async def spend(self, name: str, count: int, seconds: float) -> float:
        assert name
        assert count
        return 0.0 * seconds


class VendorBench:
    """Each call makes a connector of its own; the shelf is what workers share."""

    def __init__(self, sandbox: Sandbox, vendor: str, action: str, **account: Any) -> None:
        self.sandbox = sandbox
        self.shelf = DictShelf()
        self._vendor = VENDORS[vendor]
        self._action = action
        self._account = {"base_url": f"{sandbox.url}/{vendor}", **account}

    def parcel(self, lead: dict[str, Any], *, region: str | None = "SE", **options: Any) -> Parcel:
        return Parcel(
            lead_id=LEAD_ID,
            lead=Lead.model_validate(lead),
            source="web",
            action=self._action,
            options=self._vendor.actions[self._action].model_validate(options),
            region=region,
            region_source="lead",
        )

    def send(
        self, lead: dict[str, Any], *, possible_duplicate: bool = False, **options: Any
    ) -> Report:
        parcel = replace(self.parcel(lead, **options), possible_duplicate=possible_duplicate)
        return asyncio.run(self._with(lambda one: one.send(parcel)))

    def verify(self, lead: dict[str, Any], **options: Any) -> tuple[Verdict, list[Exchange]]:
        parcel = self.parcel(lead, **options)
        return asyncio.run(self._with(lambda one: one.verify(parcel)))

    def check(self) -> Health:
        return asyncio.run(self._with(lambda one: one.check()))

    def stored(self) -> dict[str, Any]:
        """The one body that the vendor took."""
        (entry,) = self.sandbox.received(vendor=self._vendor.name)
        body: dict[str, Any] = entry["body"]
        return body

    async def _with(self, work: Callable[[Connector], Awaitable[T]]) -> T:
        http = Http(read=0.5, deadline=5)
        try:
            account = self._vendor.account.model_validate(self._account)
            connector: Connector = self._vendor.connect(account, http, self.shelf, lambda: NOW)
            return await work(connector)
        finally:
            await http.aclose()


def person(**changes: Any) -> dict[str, Any]:
    return {
        "first_name": "Anna",
        "last_name": "Svensson",
        "emails": ["anna@example.com"],
        "phones": ["070-174 06 05"],
        **changes,
    }
