"""Who is told of a refusal: each once, however many were refused in one moment."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from bridge import routing
from bridge.connectors import VENDORS
from bridge.delivery.memory_ledger import MemoryLedger
from bridge.delivery.values import LeadId
from bridge.delivery.vault import Vault, new_key
from bridge.outcomes import Settle, State
from bridge.pipeline import Parts
from bridge.pipeline.escalation import PAGE, Escalation
from tests.contract.ledgers import claim, done, lead

RULES = """
[sources.web]
country = "SE"
[accounts.acme]
vendor = "vitec"
base_url = "http://127.0.0.1:9"
customer_id = "M30011"
username = "u"
password = "p"
[destinations.watch]
account = "acme"
action = "final_price_watched"
escalate_to = "tell"
[destinations.tell]
account = "acme"
action = "final_price_watched"
[[routes]]
name = "r"
deliver_to = ["watch"]
"""


class Nudges:
    def __init__(self) -> None:
        self.said: list[str] = []

    async def __call__(self, account: str) -> None:
        self.said.append(account)


def parts_of(ledger: MemoryLedger, nudge: Nudges) -> Parts:
    vault = Vault([new_key()])
    vault.use_index_key(b"k" * 32)
    return Parts(
        ledger=ledger,
        vault=vault,
        routing=routing.loads(RULES, environment={}, vendors=VENDORS),
        connectors={},
        rehearsals={},
        clock=lambda: datetime.now(UTC),
        luck=lambda: 0.5,
        nudge=nudge,
        stream=lambda _: pytest.fail("no stream is read here"),
    )


def test_refusals_of_one_moment_are_all_told_and_none_twice() -> None:
    many = 2 * PAGE + 7

    async def story() -> None:
        # In milliseconds, as the server's clock is read: much of it happens in one.
        ledger = MemoryLedger(clock=lambda: int(time.time() * 1000) / 1000)
        nudges = Nudges()
        await ledger.open([lead(f"{number:04}") for number in range(many)])
        while claims := await claim(ledger):
            no = [done(one, Settle(State.REJECTED, "no")) for one in claims]
            await ledger.record(no)
        parts = parts_of(ledger, nudges)
        one, other = Escalation(parts), Escalation(parts)
        assert len(await one.step()) == many
        assert await one.step() == []
        assert await other.step() == []  # another worker, or this one after a restart
        rows = await ledger.deliveries_of(LeadId("0000"))
        assert {row.destination: row.state for row in rows} == {
            "watch": State.REJECTED,
            "tell": State.PENDING,
        }
        assert nudges.said == ["acme"] * many

    asyncio.run(story())


def test_a_lead_that_was_erased_is_told_to_nobody() -> None:
    async def story() -> None:
        ledger = MemoryLedger()
        await ledger.open([lead("a")])
        (one,) = await claim(ledger)
        await ledger.record([done(one, Settle(State.REJECTED, "no"))])
        await ledger.forget(LeadId("a"), entry=b"{}\n", tombstone=60)
        assert await Escalation(parts_of(ledger, Nudges())).step() == []
        assert [row.destination for row in await ledger.deliveries_of(LeadId("a"))] == ["watch"]

    asyncio.run(story())
