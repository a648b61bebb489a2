"""What grows: a worker's memory over a million deliveries, and what a waiting retry takes.

    python benchmarks/endurance.py [--deliveries 1000000] [--waiting 200000] [--json FILE]

First the deliveries, the worker's memory looked at on the way; then a vendor that answers 503 to
everything, until every delivery waits for its next try.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import redis
from rich.progress import Progress

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.engine import Ours, ours_running
from benchmarks.vendor import DESTINATIONS, Stub

STEP = 5_000  # leads put in at once
MB = 1024 * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument("--waiting", type=int, default=200_000)
    parser.add_argument("--json", type=Path)
    known = parser.parse_args()
    with stub_running() as stub:
        answer = {
            "deliveries": delivered(stub, known.deliveries // DESTINATIONS),
            "waiting": waiting(stub, known.waiting // DESTINATIONS),
        }
    print(json.dumps(answer, indent=2))
    if known.json:
        known.json.write_text(json.dumps(answer, indent=2) + "\n")
    return 0


@contextmanager
def stub_running() -> Iterator[Stub]:
    stub = Stub()
    try:
        yield stub
    finally:
        stub.close()


def delivered(stub: Stub, leads: int) -> dict[str, float]:
    """The workers' memory in MB at a tenth of the way, at half and at the end."""
    found = {}
    with ours_running(stub) as one, Progress() as progress:
        task = progress.add_task("leads", total=leads)
        began = time.monotonic()
        looks = [leads // 10, leads // 2, leads]
        for start in range(0, leads, STEP):
            end = min(start + STEP, leads)
            one.put(range(start, end))
            stub.await_all(end * DESTINATIONS, settle=end == leads)
            progress.update(task, completed=end)
            while looks and looks[0] <= end:
                found[f"MB of a worker after {looks.pop(0) * DESTINATIONS}"] = resident(one)
        found["deliveries/s"] = round(leads * DESTINATIONS / (time.monotonic() - began))
        found["bytes of the ledger a lead"] = round(one.memory() / leads)
    return found


def waiting(stub: Stub, leads: int) -> dict[str, float]:
    """What waiting adds to a delivery that was accepted and not yet sent."""
    with ours_running(stub) as one, Progress() as progress:
        task = progress.add_task("retries", total=leads * DESTINATIONS)
        before = one.memory()
        stub.refuse()
        for start in range(0, leads, STEP):
            one.put(range(start, min(start + STEP, leads)))
        while (done := retrying(one)) < leads * DESTINATIONS:
            progress.update(task, completed=done)
            time.sleep(0.5)
        progress.update(task, completed=done)
        whole = (one.memory() - before) / leads
        found = {
            "waiting": done,
            "MB of a worker": resident(one),
            "bytes of the ledger a lead": round(whole),
        }
    stub.forget()
    return found


def retrying(one: Ours) -> int:
    with redis.Redis.from_url(one.server.url, decode_responses=True) as client:
        counts = client.hgetall("bridge:{ledger}:counts")
    return sum(int(number) for name, number in counts.items() if name.endswith("/retrying"))


def resident(one: Ours) -> float:
    return round(
        max(psutil.Process(worker.pid).memory_info().rss for worker in one.workers) / MB, 1
    )


if __name__ == "__main__":
    sys.exit(main())
