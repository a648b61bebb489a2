"""A HomeQ connector with a shelf in a real ledger, as each worker has one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bridge.connectors import VENDORS
from bridge.connectors.homeq.connector import Homeq
from bridge.connectors.homeq.settings import HomeqAccount
from bridge.connectors.transport import Http
from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.redis_ledger import RedisLedger
from bridge.delivery.shelf import SealedShelf
from bridge.delivery.vault import Vault
from bridge.sandbox.server import Sandbox

T = TypeVar("T")
PATHS = {
    "login": "/tokens/",
    "verify": "/tokens/verify/",
    "apartment": "/apartment/{id}",
    "projects": "/projects",
    "inventory": "/inventory",
    "agreements": "/agreements",
    "offices": "/offices",
    "employees": "/employees",
    "apartment_notes": "/apartment/{id}/notes",
    "user_notes": "/user-notes",
    "user_note": "/user-note/",
}


class Bench:
    """`hours` later: the connector's clock, not HomeQ's nor the ledger's."""

    def __init__(self, sandbox: Sandbox, server: EmbeddedServer) -> None:
        self.sandbox = sandbox
        self._server = server

    async def with_one(
        self, work: Callable[[Homeq], Awaitable[T]], *, hours: float = 0, **changes: Any
    ) -> T:
        ledger, http = RedisLedger(self._server.url), Http(deadline=5)
        account = HomeqAccount.model_validate(
            {
                "base_url": f"{self.sandbox.url}/homeq",
                "username": "api-user",
                "password": "homeq-secret",
                "paths": PATHS,
                **changes,
            }
        )
        shelf = SealedShelf(ledger, Vault([b"k" * 32]))
        later = timedelta(hours=hours)
        connector = VENDORS["homeq"].connect(
            account, http, shelf, lambda: datetime.now(UTC) + later
        )
        assert isinstance(connector, Homeq)
        try:
            return await work(connector)
        finally:
            await http.aclose()
            await ledger.close()

    def ask(self, work: Callable[[Homeq], Awaitable[T]], **changes: Any) -> T:
        return asyncio.run(self.with_one(work, **changes))

    def logins(self) -> int:
        return sum(one["path"].endswith("/tokens/") for one in self.sandbox.calls())
