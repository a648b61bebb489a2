"""What each call of the ledger costs as it fills: 1,000 leads to 1,000,000, drawn as a plot.

    python benchmarks/growth.py [--most 1000000] [--svg docs/growth.svg] [--json FILE]

Every lead has one delivery that was claimed, delivered and recorded with its attempt log; one in a
hundred is held for a person. Each figure is the median of 15 calls, the server's disk included.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rich.progress import Progress
from ulid import ULID

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import plot
from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.redis_ledger import RedisLedger
from bridge.delivery.values import Claim, Keep, LeadId, NewDelivery, NewLead, Record, Terms
from bridge.outcomes import Hold, Settle, State

ACCOUNTS = 10
BATCH = 100
TIMES = 15
TERMS = Terms(concurrency=10_000)
HELD = 100  # one lead in so many


def lead(number: int) -> NewLead:
    contact = f"{number % 400_000:024x}"  # some people come again
    return NewLead(
        lead_id=LeadId(str(ULID())),
        source="crm",
        external_id=f"form-{number}",
        intent="contact",
        test=False,
        blob=os.urandom(300),
        identities=(f"{number:024x}",),
        contacts=(contact,),
        marks=(f"property{number % 5_000:016x}",),
        deliveries=(
            NewDelivery(
                destination=f"d{number % ACCOUNTS}", account=f"a{number % ACCOUNTS}", route="all"
            ),
        ),
    )


def ended(number: int, claim: Claim) -> Record:
    held = number % HELD == 0
    return Record(
        claim=claim,
        decision=Hold("nobody can tell") if held else Settle(State.DELIVERED, reference="ADR1"),
        entry=b'{"what":"attempt","outcome":"Delivered","state":"delivered"}\n' + os.urandom(220),
        health="good",
    )


class Filling:
    def __init__(self, ledger: RedisLedger) -> None:
        self.ledger = ledger
        self.number = 0

    async def some(self) -> None:
        """A batch of leads, the whole way."""
        await self.ledger.open([lead(self.number + n) for n in range(BATCH)])
        for account in range(ACCOUNTS):
            await self.ledger.record(await self.claimed(f"a{account}"))
        self.number += BATCH

    async def claimed(self, account: str) -> list[Record]:
        found = await self.ledger.claim(account, TERMS, limit=64, lease=60)
        return [ended(self.number + n, one) for n, one in enumerate(found.claims)]


async def cost(call: Callable[[], Awaitable[Any]]) -> float:
    """µs of one call, the median."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await call()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e6


async def measured(filling: Filling) -> dict[str, float]:
    ledger, found = filling.ledger, {}
    took: dict[str, list[float]] = {"accept": [], "claim": [], "record": []}
    for _ in range(TIMES):
        leads = [lead(filling.number + n) for n in range(BATCH)]
        marks = [time.perf_counter()]
        await ledger.open(leads)
        marks.append(time.perf_counter())
        records = [one for n in range(ACCOUNTS) for one in await filling.claimed(f"a{n}")]
        marks.append(time.perf_counter())
        await ledger.record(records)
        marks.append(time.perf_counter())
        filling.number += BATCH
        for name, start, end in zip(took, marks, marks[1:], strict=False):
            took[name].append((end - start) / BATCH)
    found |= {f"{name} one": statistics.median(some) * 1e6 for name, some in took.items()}
    accounts = [f"a{n}" for n in range(ACCOUNTS)]
    (row, *_) = await ledger.leads(before=None, limit=1)
    found["sweep"] = await cost(lambda: ledger.due(accounts))
    found["list 50 leads"] = await cost(lambda: ledger.leads(before=None, limit=50))
    found["list 50 held"] = await cost(
        lambda: ledger.deliveries(state=State.HELD, account=None, limit=50)
    )
    found["find a person"] = await cost(lambda: ledger.leads_of(f"{7:024x}"))
    found["show a lead"] = await cost(lambda: _page(ledger, row.lead_id))
    found["retention, 100"] = await cost(lambda: ledger.expire(Keep(), limit=100, dry_run=True))
    return found


async def _page(ledger: RedisLedger, lead_id: LeadId) -> None:
    await ledger.lead(lead_id)
    await ledger.deliveries_of(lead_id)
    await ledger.log(lead_id)


async def run(url: str, most: int) -> dict[str, list[tuple[float, float]]]:
    ledger, found = RedisLedger(url), {}
    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= most]
    filling = Filling(ledger)
    with Progress() as progress:
        task = progress.add_task("leads", total=sizes[-1])
        for size in sizes:
            while filling.number < size:
                await filling.some()
                progress.update(task, completed=filling.number)
            for name, cost_ in (await measured(filling)).items():
                found.setdefault(name, []).append((float(size), cost_))
    await ledger.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--svg", type=Path, default=Path("docs/growth.svg"))
    parser.add_argument("--json", type=Path)
    known = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, EmbeddedServer(Path(name)) as server:
        found = asyncio.run(run(server.url, known.most))
    plot.lines(
        known.svg, title="One call of the ledger, by the leads in it", across="leads in the ledger",
        up="µs", found=found,
    )  # fmt: skip
    for name, some in found.items():
        print(f"{name:>16}: " + "  ".join(f"{cost_:8.0f} µs" for _, cost_ in some))
    if known.json:
        known.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
