"""The bridge as anybody runs it: a server, a routing file, worker processes; and its ways in."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import redis
from celery import Celery

from benchmarks.vendor import DESTINATIONS, Run, Stub
from bridge.connectors.transport import Answer, Http
from bridge.delivery.embedded import EmbeddedServer, free_port

KEY = "a2V5IGZvciB0ZXN0cywgMzIgYnl0ZXMgbG9uZyAhISE="
WORKERS, CONCURRENCY = 2, 64
ROUTING = """
[sources.crm]
country = "SE"
token = "token-of-the-crm"
"""
ACCOUNT = """
[accounts.v{n}]
vendor = "vitec"
base_url = "http://127.0.0.1:{port}/v{n}"
customer_id = "M{n}"
username = "bench"
password = "password"
concurrency = 128
breaker = "off"

[destinations.d{n}]
account = "v{n}"
action = "final_price_watched"
on_unknown = "hold"
retry = ["1h", "1h"]
"""
ROUTE = """
[[routes]]
name = "all"
when = {{ intent = "final_price_watch" }}
deliver_to = [{names}]
duplicates = "deliver"
"""


def lead(number: int) -> dict[str, Any]:
    return {
        "external_id": f"form-{number}",
        "intent": "final_price_watch",
        "person": {
            "first_name": "Anna",
            "last_name": f"Svensson{number}",
            "emails": [f"anna{number}@example.com"],
            "phones": [f"070-17406{number % 100:02d}"],
            "address": {"street": "Kungsgatan 16A", "postal_code": "111 35", "city": "Stockholm"},
        },
        "property": {"title": "Kungsgatan 16A", "vitec": {"estate_id": "OBJ1"}},
        "message": "Ring gärna efter 17.",
        "marketing": {"referrer": "https://example.se/1", "utm": {"source": "google"}},
    }


class Ours:
    """A server, a routing file, and worker processes as anybody starts them."""

    def __init__(self, folder: Path, stub: Stub, *, accounts: int = DESTINATIONS) -> None:
        self.server = EmbeddedServer(folder / "server").start()
        names = ", ".join(f'"d{n}"' for n in range(DESTINATIONS))
        tables = "".join(ACCOUNT.format(n=n, port=stub.port) for n in range(accounts))
        (folder / "bridge.toml").write_text(ROUTING + tables + ROUTE.format(names=names))
        self.environment = {
            **os.environ,
            "BRIDGE_CONFIG": str(folder / "bridge.toml"),
            "BRIDGE_DATA_DIR": str(folder / "data"),
            "BRIDGE_REDIS_URL": self.server.url,
            "BRIDGE_ENCRYPTION_KEYS": KEY,
            "BRIDGE_LOG_LEVEL": "WARNING",
        }
        self.port = free_port()  # of the web
        self.workers: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._client = redis.Redis.from_url(self.server.url)  # kept, as a sender would

    def start(self, workers: int = WORKERS) -> None:
        for number in range(workers):
            command = [sys.executable, "-m", "celery", "-A", "tasks", "worker"]
            name = ["--hostname", f"bench{number}@%h"]
            with (self._folder / "worker.log").open("ab") as out:
                self.workers.append(
                    subprocess.Popen(
                        [*command, *name],
                        env=self.environment,
                        cwd=self._folder,
                        stdout=out,
                        stderr=out,
                    )
                )
        with redis.Redis.from_url(self.server.url) as client:
            while client.zcard("bridge:{ledger}:workers") < workers:
                time.sleep(0.05)

    def start_web(self) -> None:
        """One process; waits until it answers."""
        command = [sys.executable, "-m", "bridge", "web", "--port", str(self.port)]
        with (self._folder / "web.log").open("ab") as out:
            self.workers.append(
                subprocess.Popen(
                    command, env=self.environment, cwd=self._folder, stdout=out, stderr=out
                )
            )
        for _ in range(200):
            with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}/healthz"):
                return
            time.sleep(0.1)
        raise AssertionError((self._folder / "web.log").read_text())

    def put_by_celery(self, numbers: range) -> None:
        with (
            Celery("sender", broker=self.server.url, set_as_current=False) as app,
            app.connection_for_write() as connection,
            connection.Producer() as producer,
        ):
            for number in numbers:
                said = {"payload": lead(number), "source": "crm"}
                app.send_task(
                    "bridge.accept_lead", kwargs=said, queue="bridge.intake", producer=producer
                )

    def put(self, numbers: range) -> None:
        pipe = self._client.pipeline(transaction=False)
        for number in numbers:
            pipe.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(lead(number))})
        pipe.execute()

    def fill(self, leads: int) -> None:
        """Leads that no route takes: they are in every index that all leads are in."""
        with redis.Redis.from_url(self.server.url) as client:
            for start in range(0, leads, 5_000):
                pipe = client.pipeline(transaction=False)
                for number in range(start, start + 5_000):
                    said = {**lead(number), "external_id": f"old-{number}", "intent": "contact"}
                    pipe.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(said)})
                pipe.execute()
            while client.xlen("bridge:intake"):
                time.sleep(0.1)

    def memory(self) -> int:
        with redis.Redis.from_url(self.server.url) as client:
            return int(client.info("memory")["used_memory_dataset"])

    def cpu(self) -> float:
        return sum(sum(psutil.Process(one.pid).cpu_times()[:2]) for one in self.workers)

    def server_cpu(self) -> float:
        return float(sum(psutil.Process(self.server.pid).cpu_times()[:2]))

    def stop(self) -> None:
        for one in self.workers:
            one.send_signal(signal.SIGKILL)
            one.wait()
        self._client.close()
        self.server.stop()


@contextmanager
def ours_running(
    stub: Stub, *, accounts: int = DESTINATIONS, workers: int = WORKERS, web: bool = False
) -> Iterator[Ours]:
    with tempfile.TemporaryDirectory() as name:
        one = Ours(Path(name), stub, accounts=accounts)
        try:
            one.start(workers)
            if web:
                one.start_web()
            stub.forget()
            one.put(range(1_000_000, 1_000_050))  # connections, caches, scripts
            stub.await_all(50 * DESTINATIONS)
            stub.forget()
            yield one
        finally:
            one.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How leads get in."""

    put: Callable[[Ours, range], None]
    web: bool = False


STREAM = Way(put=Ours.put)


def ours(
    stub: Stub,
    leads: int,
    *,
    accounts: int = DESTINATIONS,
    preload: int = 0,
    workers: int = WORKERS,
    way: Way = STREAM,
) -> Run:
    """Stream → ledger → workers → three destinations, the whole way."""
    with ours_running(stub, accounts=accounts, workers=workers, web=way.web) as one:
        one.fill(preload)
        memory = one.memory()
        cpu, server, began = one.cpu(), one.server_cpu(), time.time()
        way.put(one, range(leads))
        ended = stub.await_all(leads * DESTINATIONS)
        deliveries = leads * DESTINATIONS
        return Run(
            rate=deliveries / (ended - began),
            cpu=(one.cpu() - cpu) / deliveries * 1e6,
            server=(one.server_cpu() - server) / deliveries * 1e6,
            memory=(one.memory() - memory) / leads,
        )


def ours_by_celery(stub: Stub, leads: int) -> Run:
    """A message a lead, as a foreign app sends it."""
    return ours(stub, leads, way=Way(put=Ours.put_by_celery))


def ours_by_http(stub: Stub, leads: int) -> Run:
    """A POST a lead, to one web process, 64 at once; the CPU is of the web and the workers."""

    def put(one: Ours, numbers: range) -> None:
        asyncio.run(_post(one.port, numbers))

    return ours(stub, leads, way=Way(put=put, web=True))


async def _post(port: int, numbers: range) -> None:
    http, todo = Http(), iter(numbers)
    url = f"http://127.0.0.1:{port}/v1/leads/crm"
    headers = {"authorization": "Bearer token-of-the-crm", "content-type": "application/json"}

    async def one() -> None:
        for number in todo:
            body = json.dumps(lead(number)).encode()
            answer = await http.call("POST", url, headers=headers, content=body)
            assert isinstance(answer, Answer)
            assert answer.status == HTTPStatus.ACCEPTED, answer.text

    await asyncio.gather(*(one() for _ in range(CONCURRENCY)))
    await http.aclose()
