"""Who is asked about, whether the ledger tells it, and that nothing is sent where it does not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from bridge import routing
from bridge.connectors import VENDORS
from bridge.connectors.transport import Http
from bridge.delivery.ledger import LedgerError
from bridge.delivery.memory_ledger import MemoryLedger
from bridge.delivery.shelf import SealedShelf
from bridge.delivery.values import DeliveryRow, Earlier, LeadId
from bridge.delivery.vault import Vault, new_key
from bridge.leads import Lead
from bridge.outcomes import Settle, State
from bridge.pipeline import Acceptor, Drain, Intake, Parts, earlier
from tests.contract.ledgers import claim, done

T = TypeVar("T")
RULES = """
[sources.crm]
country = "SE"
[accounts.acme]
vendor = "vitec"
base_url = "http://127.0.0.1:9"
customer_id = "M30011"
username = "u"
password = "p"
{crm}
[destinations.watch]
account = "acme"
action = "final_price_watched"
{option}
[[routes]]
name = "all"
deliver_to = ["watch"]
"""
CRM = 'crm_password = "c"'


class Away(MemoryLedger):
    """Everything is there but who was here before."""

    async def earlier(
        self, people: Sequence[Sequence[str]], *, account: str, limit: int = 20
    ) -> list[tuple[Earlier, ...]]:
        raise LedgerError(f"away, {len(people)} of {account} {limit}")


def with_parts(
    ledger: MemoryLedger,
    story: Callable[[Parts], Awaitable[T]],
    *,
    crm: str = CRM,
    option: str = "",
) -> T:
    async def told() -> T:
        rules = routing.loads(RULES.format(crm=crm, option=option), environment={}, vendors=VENDORS)
        vault, http = Vault([new_key()]), Http(deadline=2)
        vault.use_index_key(b"k" * 32)
        account: Any = rules.accounts["acme"].settings
        shelf = SealedShelf(ledger, vault)
        connector = VENDORS["vitec"].connect(account, http, shelf, now)
        parts = Parts(
            ledger=ledger,
            vault=vault,
            routing=rules,
            connectors={"acme": connector},
            rehearsals={},
            clock=now,
            luck=lambda: 0.5,
            nudge=quiet,
            stream=lambda _: pytest.fail("no stream is read here"),
        )
        try:
            return await story(parts)
        finally:
            await http.aclose()

    return asyncio.run(told())


def now() -> datetime:
    return datetime.now(UTC)


async def quiet(_: str) -> None:
    """Nobody needs to be nudged."""


def payload(**changes: Any) -> dict[str, Any]:
    return {
        "intent": "final_price_watch",
        "person": {"first_name": "Anna", "emails": ["anna@example.com"]},
        "property": {"vitec": {"estate_id": "OBJ1_2"}},
        **changes,
    }


def asked(parts: Parts, *, verify: bool = False, **changes: Any) -> earlier.Asked:
    return earlier.Asked(
        lead=Lead.model_validate(payload(**changes)),
        source="crm",
        destination=parts.routing.destinations["watch"],
        verify=verify,
    )


def test_a_ledger_that_cannot_tell_who_was_here_sends_nothing_and_loses_nothing() -> None:
    async def story(parts: Parts) -> DeliveryRow:
        (one,) = await Acceptor(parts).accept_many([Intake(payload=payload(), source="crm")])
        await Drain(parts, parts.routing.accounts["acme"], budget=0.1).run()
        assert await earlier.known(parts, [None, asked(parts)]) == [earlier.NOBODY, None]
        (account,) = await parts.ledger.accounts()
        assert account.breaker == "closed"
        (row,) = await parts.ledger.deliveries_of(LeadId(str(one.lead_id)))
        (attempt,) = (await parts.ledger.log(row.lead_id))[1:]
        assert "status" not in attempt.header  # nobody was called
        return row

    row = with_parts(Away(), story)
    assert (row.state, row.attempts) == (State.RETRYING, 1)
    assert row.reason == earlier.NOT_READ


@pytest.mark.parametrize(
    ("crm", "option", "intent", "wanted"),
    [
        (CRM, "", "final_price_watch", True),
        (CRM, "", "project_follow", True),
        (CRM, "", "interest", False),
        (CRM, 'respect_opt_out = "skip"', "final_price_watch", True),
        (CRM, 'respect_opt_out = "off"', "final_price_watch", False),
        ("", "", "final_price_watch", False),
        ("", 'respect_opt_out = "hold"', "final_price_watch", False),
    ],
)
def test_the_ledger_is_asked_only_where_the_answer_matters(
    crm: str, option: str, intent: str, *, wanted: bool
) -> None:
    async def story(parts: Parts) -> bool:
        (known,) = await earlier.known(parts, [asked(parts, intent=intent)])
        return known is None

    assert with_parts(Away(), story, crm=crm, option=option) is wanted


def test_a_read_back_knows_which_references_are_of_the_same_home() -> None:
    async def story(parts: Parts) -> None:
        for name, estate in (("here", "OBJ1_2"), ("there", "OBJ1_3")):
            body = payload(external_id=name, property={"vitec": {"estate_id": estate}})
            await Acceptor(parts).accept(Intake(payload=body, source="crm"))
            (one,) = await claim(parts.ledger)
            await parts.ledger.record([done(one, Settle(State.DELIVERED, reference=name))])
        (known,) = await earlier.known(parts, [asked(parts, verify=True)])
        assert known == earlier.Known(references=("there", "here"), here=frozenset({"here"}))
        (sending,) = await earlier.known(parts, [asked(parts)])
        assert sending == earlier.Known(references=("there", "here"))
        (anywhere,) = await earlier.known(parts, [asked(parts, verify=True, property={})])
        assert anywhere is not None
        assert anywhere.here == {"there", "here"}
        stranger = {"first_name": "Bo", "emails": ["bo@example.com"]}
        assert await earlier.known(parts, [asked(parts, person=stranger)]) == [earlier.NOBODY]

    with_parts(MemoryLedger(), story)
