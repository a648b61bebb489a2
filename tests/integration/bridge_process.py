"""A whole bridge for a test: routing file, ledger server, sandbox and real worker processes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from celery import Celery

from bridge import wiring
from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.redis_ledger import RedisLedger
from bridge.delivery.values import DeliveryRow, LeadId
from bridge.pipeline import Acceptor, Intake
from bridge.sandbox.server import Sandbox

T = TypeVar("T")

ROUTING = """
[sources.web]
format = "form"
token = "token-of-web"
country = "SE"

[sources.crm]
country = "SE"

[sources.signed]
token = "token-of-signed"
signing_secret = "whsec_c2VjcmV0IG9mIHRoZSBzaWduZWQgc291cmNl"

[sources.slow]
token = "token-of-slow"
rate = "2/60s"

[sources.homeq-acme]
format = "homeq"
lookups = "homeq-landlord"
company_id = 3
token = "token-of-the-landlord"
country = "SE"

[accounts.vitec-acme]
vendor = "vitec"
base_url = "{sandbox}/vitec"
customer_id = "M30011"
username = "sandbox"
password = "vitec-M30011"
crm_password = "crm-M30011"

[accounts.flow-acme]
vendor = "flow"
base_url = "{sandbox}/flow"
client_id = "sandbox"
client_secret = "flow-secret"

[accounts.homeq-landlord]
vendor = "homeq"
base_url = "{sandbox}/homeq"
username = "api-user"
password = "homeq-secret"
paths = {{ login = "/tokens/", apartment = "/apartment/{{id}}", agreements = "/agreements" }}

[destinations.acme-watch]
account = "vitec-acme"
action = "final_price_watched"
on_unknown = "verify"
retry = ["1s", "1s", "1s", "1s", "1s", "1s"]

[destinations.acme-stakeholder]
account = "flow-acme"
action = "stakeholder"
processing_bases = {{ category = "SpecificCase", system_type = "Manual" }}
on_unknown = "verify"
retry = ["1s", "1s", "1s", "1s", "1s", "1s"]

[destinations.acme-alert]
account = "flow-acme"
action = "notification"
to_roles = ["Broker"]
channels = ["client"]
after = "acme-stakeholder"
on_unknown = "hold"

[[routes]]
name = "watchers"
when = {{ intent = ["final_price_watch"] }}
deliver_to = ["acme-watch", "acme-stakeholder", "acme-alert"]

[[routes]]
name = "interested"
when = {{ intent = ["interest"] }}
deliver_to = ["acme-watch", "acme-stakeholder"]

[[routes]]
name = "renters"
when = {{ source = "homeq-acme" }}
deliver_to = ["acme-watch"]
"""

KEY = "a2V5IGZvciB0ZXN0cywgMzIgYnl0ZXMgbG9uZyAhISE="
PHONES = 100
ESTATE = {"customer_id": "M30011", "estate_id": "OBJ11385_1395932274"}
CASE = {"case_guid": "680f1e7f-90e4-472d-8991-a9d6043df603", "case_id": 48213}


def lead(number: int, **changes: object) -> dict[str, object]:
    """A lead that both vendors take; each number is another person."""
    return {
        "external_id": f"form-{number}",
        "intent": "final_price_watch",
        "person": {
            "first_name": "Anna",
            "last_name": f"Svensson{number}",
            "emails": [f"anna{number}@example.com"],
            # There are a hundred reserved numbers; a shared one would make it the same wish.
            "phones": [f"070-17406{number:02d}"] if number < PHONES else [],
        },
        "property": {"title": "Kungsgatan 16A", "vitec": ESTATE, "flow": CASE},
        **changes,
    }


class BridgeUnderTest:
    """`environment` is all that a worker or a command needs."""

    def __init__(
        self, folder: Path, server: EmbeddedServer | str, sandbox: Sandbox, *, wire: str = ""
    ) -> None:
        """`server`: one, or an address. `wire`: another way to it, for the worker alone."""
        self.folder = folder
        self.url = server if isinstance(server, str) else server.url
        self.sandbox = sandbox
        (folder / "bridge.toml").write_text(ROUTING.format(sandbox=sandbox.url))
        self.environment = {
            **os.environ,
            "BRIDGE_CONFIG": str(folder / "bridge.toml"),
            "BRIDGE_DATA_DIR": str(folder / "data"),
            "BRIDGE_REDIS_URL": wire or self.url,
            "BRIDGE_LEASE": "2",
            "BRIDGE_SWEEP": "0.2",
            "BRIDGE_PROBE": "1",
            "BRIDGE_ENCRYPTION_KEYS": KEY,
            "PYTHONWARNINGS": "default",
            "PYTHONFAULTHANDLER": "1",
        }

    @asynccontextmanager
    async def front_door(self) -> AsyncIterator[Acceptor]:
        """The same accept() that every way in uses, in this process."""
        values = {name: v for name, v in self.environment.items() if name.startswith("BRIDGE_")}
        known = wiring.read(wiring.read_settings({**values, "BRIDGE_REDIS_URL": self.url}))

        async def ring(account: str) -> None:
            await parts.ledger.ring(account)

        parts = await wiring.build(known, nudge=ring)
        try:
            yield Acceptor(parts)
        finally:
            await parts.close()

    def accept(self, payloads: Iterable[dict[str, object]]) -> list[str]:
        """Put leads in; their ids."""

        async def put() -> list[str]:
            async with self.front_door() as acceptor:
                came = [Intake(payload=one, source="crm") for one in payloads]
                return [str(one.lead_id) for one in await acceptor.accept_many(came)]

        return asyncio.run(put())

    def command(
        self, *arguments: str, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bridge", *arguments],
            env=self.environment,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """A real Celery worker in a process of its own, stopped as a supervisor would."""
        process = self.start_worker()
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            self.stopped(process)

    def stopped(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for a worker that was told to stop; one that does not is made to say where it is."""
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            process.wait()
            log = (self.folder / "worker.log").read_text(errors="replace")[-6000:]
            raise AssertionError(f"the worker did not stop; it was here:\n{log}") from None

    def start_worker(self) -> subprocess.Popen[bytes]:
        with (self.folder / "worker.log").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tasks", "worker"],
                env=self.environment,
                cwd=self.folder,
                stdout=out,
                stderr=out,
            )

    def start_web(self, port: int) -> subprocess.Popen[bytes]:
        with (self.folder / "web.log").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "bridge", "web", "--port", str(port)],
                env=self.environment,
                cwd=self.folder,
                stdout=out,
                stderr=out,
            )

    def ask(self, question: Callable[[RedisLedger], Awaitable[T]]) -> T:
        """Ask the ledger itself, not our commands."""

        async def one() -> T:
            ledger = RedisLedger(self.url)
            try:
                return await question(ledger)
            finally:
                await ledger.close()

        return asyncio.run(one())

    def deliveries(self, lead_id: str) -> dict[str, DeliveryRow]:
        rows = self.ask(lambda ledger: ledger.deliveries_of(LeadId(lead_id)))
        return {row.destination: row for row in rows}

    def enqueue(self, payload: dict[str, object]) -> None:
        """As a Celery app that has none of our code does it."""
        with Celery("somebody-else", broker=self.url, set_as_current=False) as app:
            said = {"payload": payload, "source": "crm"}
            app.send_task("bridge.accept_lead", kwargs=said, queue="bridge.intake")

    def until(self, done: Callable[[], bool], *, seconds: float = 40) -> None:
        limit = time.monotonic() + seconds
        while not done():
            if time.monotonic() > limit:
                log = (self.folder / "worker.log").read_text(errors="replace")[-4000:]
                raise AssertionError(f"not within {seconds} s; the worker said:\n{log}")
            time.sleep(0.1)
