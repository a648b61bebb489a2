"""Every vendor and every action, as `test_connector.py` tries them. A new one is an entry here."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, SecretStr

from bridge.connectors import VENDORS
from bridge.connectors.base import AccountSettings, Connector, Exchange, Health, Parcel, Report
from bridge.connectors.rehearsal import Rehearsal
from bridge.connectors.transport import Http
from bridge.leads import Lead
from bridge.outcomes import Outcome, Verdict
from bridge.sandbox.server import Sandbox
from tests.integration.vendor_bench import ESTATE, GUID, DictShelf, person

T = TypeVar("T")
LEAD_ID = "01JDGZ2V5R8M4T7Q9WXYZABCDE"
DEAD = "http://127.0.0.1:9"  # nobody listens
RECEIVER = "whsec_c2FuZGJveCByZWNlaXZlcidzIHNpZ25pbmcga2V5"
SECOND = "whsec_YSBzZWNvbmQga2V5IGZvciBhIHJvdGF0aW9uIQ=="


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A vendor's account in the sandbox: `path` comes after its address, `settings` are the rest.

    What is secret is found out from the account's own model.
    """

    settings: Mapping[str, Any]
    path: str = ""
    knobs: Mapping[str, Any] = field(default_factory=dict)  # of the sandbox, before the first call


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One action. `method`, `call` (a regular expression for its path): the call that sends.

    `answers`: statuses that mean something else here than `test_connector.STATUSES` has it.
    `once`: what was told already is known, and not told again. `harmless`: the same twice is once,
    so a read-back may be the same call. `blind`: its read-back cannot tell in this sandbox.
    """

    vendor: str
    action: str
    call: str
    method: str = "POST"
    lead: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[int, type[Outcome]] = field(default_factory=dict)
    once: bool = False
    harmless: bool = False
    blind: bool = False


PLACES: Mapping[str, Place] = {
    "vitec": Place(
        settings={
            "customer_id": "M30011",
            "username": "sandbox",
            "password": "vitec-M30011",
            "crm_password": "crm-M30011",
        }
    ),
    "flow": Place(settings={"client_id": "sandbox", "client_secret": "flow-secret", "orders": {}}),
    "homeq": Place(
        settings={
            "username": "api-user",
            "password": "homeq-secret",
            "paths": {"login": "/tokens/", "apartment_notes": "/apartment/{id}/notes"},
            "write_notes": True,
        }
    ),
    "webhook": Place(
        path="/crm?key=receivers-own-key",
        settings={
            "secret": [RECEIVER, SECOND],
            "headers": {"x-api-key": "static-header-key"},
            "allow_private": True,
            "ping": True,
        },
        knobs={"webhook": {"receivers": {"crm": {"headers": {"x-api-key": "static-header-key"}}}}},
    ),
}

WATCH = {
    "intent": "final_price_watch",
    "person": person(),
    "property": {"title": "Kungsgatan 16A", "vitec": {"estate_id": ESTATE}},
}
INTEREST = {
    "intent": "interest",
    "country": "NO",
    "person": person(first_name="Kari", last_name="Nordmann", phones=["+47 412 34 690"]),
    "property": {"title": "Storgata 5", "flow": {"case_guid": GUID, "case_id": 48213}},
}
ORDER = {**INTEREST, "property": {"flow": {"order_id": "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0001"}}}
RESERVED = {
    "intent": "reservation",
    "person": person(),
    "extra": {"homeq": {"apartment_id": 41}},
}
BASES = {"processing_bases": {"category": "SpecificCase", "system_type": "Manual"}}

CASES: Mapping[tuple[str, str], Case] = {
    (one.vendor, one.action): one
    for one in (
        Case(vendor="vitec", action="final_price_watched", call="FinalPriceWatched$", lead=WATCH),
        Case(
            vendor="flow", action="stakeholder", call="Stakeholders$", lead=INTEREST, options=BASES
        ),
        Case(vendor="flow", action="notification", call="Notifications$", lead=INTEREST),
        Case(
            vendor="flow",
            action="order_state",
            call="updatestate$",
            lead=ORDER,
            options={"state": "InProcess", "status": "x"},
            once=True,
            blind=True,
        ),
        Case(
            vendor="flow",
            action="order_metadata",
            call="marketingintegrators/orders/[^/]*$",
            method="PATCH",
            lead=ORDER,
            harmless=True,
            blind=True,
        ),
        Case(
            vendor="homeq",
            action="note",
            call="/apartment/41/notes$",
            lead=RESERVED,
            options={"on": "apartment"},
        ),
        Case(vendor="webhook", action="lead", call="/webhook/crm$", lead=WATCH),
    )
}


class Bench:
    """One vendor's account in the sandbox: real HTTP, a shelf in a dict, a clock that stands."""

    def __init__(self, sandbox: Sandbox, vendor: str, **changes: Any) -> None:
        """`changes`: of the account's settings."""
        self.sandbox = sandbox
        self.vendor = VENDORS[vendor]
        self.place = PLACES[vendor]
        self.shelf = DictShelf()
        self.now = datetime.now(UTC)  # a receiver of signatures looks at its own clock
        self.base_url = f"{sandbox.url}/{vendor}{self.place.path}"
        self._changes = changes
        if self.place.knobs:
            sandbox.config(**self.place.knobs)

    def account(self) -> AccountSettings:
        return self.vendor.account.model_validate(
            {"base_url": self.base_url, **self.place.settings, **self._changes}
        )

    def away(self) -> None:
        """From now on nobody listens at the account's address."""
        parts = urlsplit(self.base_url)
        self.base_url = f"{DEAD}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    @asynccontextmanager
    async def connected(self, *, rehearse: bool = False) -> AsyncIterator[tuple[Connector, Http]]:
        http = Http(read=0.5, deadline=5)
        way = Rehearsal(http) if rehearse else http
        try:
            yield self.vendor.connect(self.account(), way, self.shelf, lambda: self.now), http
        finally:
            await http.aclose()

    def run(self, work: Callable[[Connector], Awaitable[T]], *, rehearse: bool = False) -> T:
        async def inner() -> T:
            async with self.connected(rehearse=rehearse) as (connector, _):
                return await work(connector)

        return asyncio.run(inner())

    def send(self, case: Case, *, rehearse: bool = False, **changes: Any) -> Report:
        sent = parcel(case, **changes)
        return self.run(lambda one: one.send(sent), rehearse=rehearse)

    def reads_back(self, case: Case) -> bool:
        return self.vendor.actions[case.action].can_verify and not case.blind

    def verify(self, case: Case) -> tuple[Verdict, list[Exchange]]:
        sent = parcel(case)
        return self.run(lambda one: one.verify(sent))

    def check(self) -> Health:
        return self.run(lambda one: one.check())

    def calls(self, case: Case) -> int:
        """How often the sending call came to the vendor."""
        made = (one for one in self.sandbox.calls() if one["method"] == case.method)
        return sum(bool(re.search(case.call, one["path"], re.IGNORECASE)) for one in made)

    def secrets(self) -> set[str]:
        """The account's own, what stands in its address, and what the vendor gave us for them."""
        account = self.account()
        tokens = {one for one in self.shelf.kept.values() if " " not in one} - {"gone"}
        query = {value for _, value in parse_qsl(urlsplit(account.base_url).query)}
        basic = {_basic(getattr(account, "username", ""), one) for one in _hidden(account)}
        return {*_hidden(account), *basic, *query, *tokens}


def parcel(case: Case, **changes: Any) -> Parcel:
    known: dict[str, Any] = {
        "lead_id": LEAD_ID,
        "delivery_id": f"{LEAD_ID}:acme.destination",
        "lead": Lead.model_validate(case.lead),
        "source": "web",
        "action": case.action,
        "options": VENDORS[case.vendor].actions[case.action].model_validate(dict(case.options)),
        "region": case.lead.get("country", "SE"),
        "region_source": "lead",
    }
    return Parcel(**{**known, **changes})


def sending(report: Report) -> Exchange:
    """The one exchange that was to change something at the vendor."""
    return next(one for one in reversed(report.exchanges) if one.method != "GET")


def _basic(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def _hidden(value: object) -> Iterator[str]:
    """Every `SecretStr` inside, wherever it stands."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for name in type(value).model_fields:
                yield from _hidden(getattr(value, name))
        case Mapping():
            for one in value.values():
                yield from _hidden(one)
        case tuple() | list():
            for one in value:
                yield from _hidden(one)
        case _:
            return
