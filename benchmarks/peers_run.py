"""One verified run of each other peer: what one writes first, and the bare HTTP client."""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from celery import Celery

from benchmarks.engine import CONCURRENCY
from benchmarks.vendor import DESTINATIONS, ROOT, Run, Stub
from bridge.delivery.embedded import EmbeddedServer


def tasks(name: str) -> Callable[[Stub, int], Run]:
    """A Celery task per delivery, two prefork children."""

    def run(stub: Stub, leads: int) -> Run:
        with (
            tempfile.TemporaryDirectory() as folder,
            EmbeddedServer(Path(folder) / "server") as server,
        ):
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
    processes = [
        subprocess.Popen(
            [sys.executable, script, url, str(a), str(b), str(CONCURRENCY)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for a, b in itertools.pairwise(edges)
    ]
    ended = stub.await_all(deliveries)
    used = sum(float(one.communicate()[0]) for one in processes)
    began = stub.count()["first"]
    return Run(rate=deliveries / (ended - began), cpu=used / deliveries * 1e6, server=0.0)
