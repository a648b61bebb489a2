"""How many durable leads a second come in: over HTTP by one web process, and from the stream.

    python benchmarks/intake.py [--leads 4000] [--runs 5] [--json FILE]

The ledger server writes every yes to disk (`appendfsync always`); it, the bridge and whoever sends
share the machine. After each run the leads in the ledger are counted: with one missing it is none.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import redis

sys.path.insert(0, str(Path(__file__).parents[1]))

from bridge.delivery.embedded import EmbeddedServer, free_port
from tests.integration.bridge_process import BridgeUnderTest, lead

CONNECTIONS = 32
TARGETS = {"http": 1_500, "stream": 3_000}  # leads a second on two cores
HEAD = (
    b"POST /v1/leads/signed HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer token-of-signed\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n"
)


class Figures:
    """Leads a second, and µs of CPU a lead in the bridge's own process."""

    def __init__(self, leads: int, seconds: float, cpu: float) -> None:
        self.rate = leads / seconds
        self.cpu = cpu / leads * 1e6


def http(leads: int) -> Figures:
    with Bench() as (bridge, server):
        port = free_port()
        web = bridge.start_web(port)
        try:
            bridge.until(
                lambda: asyncio.run(_post(port, _payloads(100, "warm"))) in ({202: 100}, {200: 100})
            )
            payloads = _payloads(leads, "form")
            process = psutil.Process(web.pid)
            before, began = sum(process.cpu_times()[:2]), time.perf_counter()
            answers = asyncio.run(_post(port, payloads))
            seconds = time.perf_counter() - began
            cpu = sum(process.cpu_times()[:2]) - before
        finally:
            web.terminate()
            web.wait(20)
        assert answers == {202: leads}, answers
        _all_there(server, leads + 100)
        return Figures(leads, seconds, cpu)


def stream(leads: int) -> Figures:
    with Bench() as (bridge, server), redis.Redis.from_url(server.url) as client:
        for payload in _payloads(leads, "form"):
            client.xadd("bridge:intake", {"source": "crm", "payload": payload})
        worker = bridge.start_worker()
        try:
            bridge.until(lambda: client.zcard(LEADS) > 0)
            began, first = time.perf_counter(), client.zcard(LEADS)
            process = psutil.Process(worker.pid)
            before = sum(process.cpu_times()[:2])
            while client.xlen("bridge:intake"):
                time.sleep(0.01)
            seconds = time.perf_counter() - began
            cpu = sum(process.cpu_times()[:2]) - before
        finally:
            worker.kill()
            worker.wait()
        _all_there(server, leads)
        return Figures(leads - first, seconds, cpu)


LEADS = "bridge:{ledger}:leads"


class Bench:
    """Without a vendor: what is measured ends in the ledger. The accounts are paused."""

    def __enter__(self) -> tuple[BridgeUnderTest, EmbeddedServer]:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self._server = EmbeddedServer(folder / "server").start()
        nobody = type("Nobody", (), {"url": "http://127.0.0.1:9"})()
        bridge = BridgeUnderTest(folder, self._server, nobody)
        for account in ("vitec-acme", "flow-acme"):
            bridge.ask(lambda ledger, name=account: ledger.pause(name, "by hand: a benchmark"))
        return bridge, self._server

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self._folder.cleanup()


def _payloads(leads: int, name: str) -> list[bytes]:
    return [
        json.dumps(lead(1_000 + n, intent="interest", external_id=f"{name}-{n}")).encode()
        for n in range(leads)
    ]


async def _post(port: int, payloads: list[bytes]) -> Counter[int]:
    """A client that costs little: the machine is for the bridge."""
    answers: Counter[int] = Counter()

    async def one(todo: Iterator[bytes]) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
        for body in todo:
            writer.write(HEAD % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            answers[int(head[9:12])] += 1
            length = head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()

    todo = iter(payloads)
    await asyncio.gather(*(one(todo) for _ in range(CONNECTIONS)))
    return answers


def _all_there(server: EmbeddedServer, leads: int) -> None:
    with redis.Redis.from_url(server.url) as client:
        found = client.zcard(LEADS)
    assert found == leads, f"{found} of {leads} leads are in the ledger"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=12_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    known = parser.parse_args()
    ways: dict[str, Callable[[int], Figures]] = {"http": http, "stream": stream}
    runs: dict[str, list[Figures]] = {name: [] for name in ways}
    for number in range(known.runs):
        for name, measure in ways.items():
            runs[name].append(measure(known.leads))
            print(f"run {number + 1} {name:>6}: {runs[name][-1].rate:6.0f} leads/s", flush=True)
    answer = {
        name: {
            "leads_a_second": round(statistics.median(one.rate for one in found)),
            "cpu_us_a_lead": round(statistics.median(one.cpu for one in found)),
            "target": TARGETS[name],
        }
        for name, found in runs.items()
    }
    for name, one in answer.items():
        met = "met" if one["leads_a_second"] >= one["target"] else "missed"
        print(
            f"{name:>6}: {one['leads_a_second']} durable leads/s, {one['cpu_us_a_lead']} µs of CPU"
            f" a lead; the target of {one['target']} is {met}"
        )
    if known.json:
        known.json.write_text(json.dumps(answer, indent=2) + "\n")


if __name__ == "__main__":
    main()
