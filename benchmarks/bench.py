"""The whole engine against what one writes first, and against the floor.

    python benchmarks/bench.py [--leads 3000] [--runs 5] [--quick] [--json FILE] [--only NAME]

Everything runs on this machine: a minimal vendor stub, a Redis-protocol server that writes every yes
to disk (`appendfsync always`), two worker processes. A lead goes to three destinations. Each run is
verified at the sink: a throughput with a delivery missing or doubled is no result. Peers alternate,
and each figure is the median of its runs.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import redis

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bridge.delivery.embedded import EmbeddedServer, free_port
from tests.integration.bridge_process import KEY

DESTINATIONS, WORKERS, CONCURRENCY = 3, 2, 64
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
concurrency = 64

[destinations.d{n}]
account = "v{n}"
action = "final_price_watched"
on_unknown = "hold"
"""
ROUTE = """
[[routes]]
name = "all"
deliver_to = [{names}]
duplicates = "deliver"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One verified run. `cpu`: µs a delivery of the processes that send; `server`: of the ledger's."""

    rate: float
    cpu: float
    server: float


class Stub:
    """The vendor, in a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        command = [sys.executable, str(ROOT / "benchmarks" / "stub.py"), str(self.port)]
        self._process = subprocess.Popen(command)
        self._until_up()

    def count(self) -> dict[str, Any]:
        found: dict[str, Any] = json.load(urlopen(f"http://127.0.0.1:{self.port}/count"))
        return found

    def forget(self) -> None:
        urlopen(f"http://127.0.0.1:{self.port}/forget").read()

    def await_all(self, deliveries: int, seconds: float = 240) -> float:
        """When the last one came, on the wall clock."""
        limit = time.monotonic() + seconds
        while (found := self.count())["different"] < deliveries:
            if time.monotonic() > limit:
                raise AssertionError(f"{found['different']} of {deliveries} deliveries arrived")
            time.sleep(0.05)
        time.sleep(0.3)
        found = self.count()
        assert found["posts"] == deliveries, f"{found['posts']} posts for {deliveries} deliveries"
        return max(found["last"].values())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _until_up(self) -> None:
        for _ in range(100):
            try:
                self.count()
            except OSError:
                time.sleep(0.05)
            else:
                return


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
        self.workers: list[subprocess.Popen[bytes]] = []
        self._folder = folder

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

    def put(self, numbers: range) -> None:
        with redis.Redis.from_url(self.server.url) as client:
            pipe = client.pipeline(transaction=False)
            for number in numbers:
                pipe.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(lead(number))})
            pipe.execute()

    def cpu(self) -> float:
        return sum(sum(psutil.Process(one.pid).cpu_times()[:2]) for one in self.workers)

    def server_cpu(self) -> float:
        return float(sum(psutil.Process(self.server.pid).cpu_times()[:2]))

    def stop(self) -> None:
        for one in self.workers:
            one.send_signal(signal.SIGKILL)
            one.wait()
        self.server.stop()


@contextmanager
def ours_running(stub: Stub, **how: Any) -> Iterator[Ours]:
    with tempfile.TemporaryDirectory() as name:
        one = Ours(Path(name), stub, **how)
        try:
            one.start()
            stub.forget()
            one.put(range(1_000_000, 1_000_050))  # connections, caches, scripts
            stub.await_all(50 * DESTINATIONS)
            stub.forget()
            yield one
        finally:
            one.stop()


def ours(stub: Stub, leads: int) -> Run:
    """Stream → ledger → workers → three destinations, the whole way."""
    with ours_running(stub) as one:
        cpu, server, began = one.cpu(), one.server_cpu(), time.time()
        one.put(range(leads))
        ended = stub.await_all(leads * DESTINATIONS)
        deliveries = leads * DESTINATIONS
        return Run(
            rate=deliveries / (ended - began),
            cpu=(one.cpu() - cpu) / deliveries * 1e6,
            server=(one.server_cpu() - server) / deliveries * 1e6,
        )


def _tasks(name: str) -> Callable[[Stub, int], Run]:
    """A Celery task per delivery, two prefork children."""

    def run(stub: Stub, leads: int) -> Run:
        with tempfile.TemporaryDirectory() as folder:
            with EmbeddedServer(Path(folder) / "server") as server:
                environment = {**os.environ, "PEERS_REDIS": server.url}
                os.environ["PEERS_REDIS"] = server.url
                command = [
                    sys.executable, "-m", "celery", "-A", "benchmarks.peers", "worker",
                    "--pool", "prefork", "--concurrency", "2", "--without-gossip",
                    "--without-mingle", "--loglevel", "ERROR",
                ]  # fmt: skip
                process = subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )  # fmt: skip
                try:
                    return _measured(stub, leads, name, server, psutil.Process(process.pid))
                finally:
                    for one in psutil.Process(process.pid).children(recursive=True):
                        one.kill()
                    process.kill()
                    process.wait()

    return run


def _measured(
    stub: Stub, leads: int, name: str, server: EmbeddedServer, process: psutil.Process
) -> Run:
    from celery import Celery

    app = Celery("sender", broker=server.url, set_as_current=False)

    def cpu() -> float:
        family = [process, *process.children(recursive=True)]
        return float(sum(sum(one.cpu_times()[:2]) for one in family))

    def send(numbers: range) -> None:
        with app.connection_for_write() as connection, connection.Producer() as producer:
            for number in numbers:
                body = {"person": {"lastName": f"Svensson{number}"}, "message": "x" * 200}
                text = json.dumps(body, separators=(",", ":"))
                for n in range(DESTINATIONS):
                    url = f"http://127.0.0.1:{stub.port}/v{n}/post"
                    app.send_task(name, args=(url, json.loads(text)), producer=producer)

    stub.forget()
    send(range(1_000_000, 1_000_020))
    stub.await_all(20 * DESTINATIONS)
    stub.forget()
    before, there, began = cpu(), psutil.Process(server.pid), time.time()
    server_before = sum(there.cpu_times()[:2])
    send(range(leads))
    ended = stub.await_all(leads * DESTINATIONS)
    deliveries = leads * DESTINATIONS
    return Run(
        rate=deliveries / (ended - began),
        cpu=(cpu() - before) / deliveries * 1e6,
        server=(sum(there.cpu_times()[:2]) - server_before) / deliveries * 1e6,
    )


def floor(stub: Stub, leads: int) -> Run:
    """The HTTP client alone, in as many processes as ours has workers."""
    stub.forget()
    deliveries = leads * DESTINATIONS
    script, url = str(ROOT / "benchmarks" / "floor.py"), f"http://127.0.0.1:{stub.port}"
    edges = [0, deliveries // 2, deliveries]
    began, before = time.time(), os.times()
    processes = [
        subprocess.Popen([sys.executable, script, url, str(a), str(b), str(CONCURRENCY)])
        for a, b in zip(edges, edges[1:], strict=False)
    ]
    ended = stub.await_all(deliveries)
    for one in processes:
        one.wait()
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    start = 0.35  # seconds that Python and its imports take in each, off the wall clock
    return Run(rate=deliveries / (ended - began - start), cpu=used / deliveries * 1e6, server=0.0)


PEERS: dict[str, tuple[str, Callable[[Stub, int], Run]]] = {
    "ours": ("a: the bridge, stream to three destinations", ours),
    "requests": ("b: a Celery task per delivery, requests", _tasks("peers.requests")),
    "httpx": ("c: a Celery task per delivery, httpx", _tasks("peers.httpx")),
    "floor": ("d: the bare HTTP client, no Celery, no Redis", floor),
}


def latency(stub: Stub, leads: int = 300) -> dict[str, float]:
    """A lead alone: from XADD to the last of its three destinations, in ms."""
    with ours_running(stub) as one:
        waits = []
        for number in range(leads):
            began = time.time()
            one.put(range(number, number + 1))
            time.sleep(0.03)
            waits.append((number, began))
        stub.await_all(leads * DESTINATIONS)
        last = stub.count()["last"]
        found = sorted((last[f"Svensson{number}"] - began) * 1000 for number, began in waits)
        return _percentiles(found)


def paced(stub: Stub, rate: float, seconds: float = 8.0) -> dict[str, float]:
    """At half of the maximum: from XADD to the last destination, in ms."""
    leads_a_second = rate / DESTINATIONS / 2
    with ours_running(stub) as one:
        sent: dict[int, float] = {}
        began, number = time.time(), 0
        while time.time() - began < seconds:
            due = int((time.time() - began) * leads_a_second)
            if due > number:
                sent |= dict.fromkeys(range(number, due), time.time())
                one.put(range(number, due))
                number = due
            time.sleep(0.004)
        stub.await_all(number * DESTINATIONS)
        last = stub.count()["last"]
        found = sorted((last[f"Svensson{n}"] - at) * 1000 for n, at in sent.items())
        return _percentiles(found)


def _percentiles(found: list[float]) -> dict[str, float]:
    return {
        "p50": round(found[len(found) // 2], 1),
        "p99": round(found[int(len(found) * 0.99)], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=3_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=PEERS)
    parser.add_argument("--json", type=Path)
    known = parser.parse_args()
    peers = {name: one for name, one in PEERS.items() if known.only in {None, name}}
    stub = Stub()
    try:
        runs: dict[str, list[Run]] = {name: [] for name in peers}
        for number in range(known.runs):
            for name, (_, measure) in peers.items():
                run = measure(stub, known.leads)
                runs[name].append(run)
                print(
                    f"run {number + 1} {name:>8}: {run.rate:6.0f}/s, {run.cpu:5.0f} µs,"
                    f" server {run.server:4.0f} µs",
                    flush=True,
                )
    finally:
        stub.close()
    for name, found in runs.items():
        print(name, round(statistics.median(one.rate for one in found)))


if __name__ == "__main__":
    main()
