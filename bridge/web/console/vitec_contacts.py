"""A lead's page: what Vitec says of the contacts that came of it. Read when somebody asks.

A failure is a sentence in the panel, and the page is there all the same. Nothing names the person.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from fastapi import Request

from bridge.connectors.base import LookUpError
from bridge.connectors.vitec import contacts
from bridge.connectors.vitec.connector import Vitec
from bridge.connectors.vitec.contacts import Contact
from bridge.delivery.values import DeliveryRow
from bridge.web.office import Office

log = logging.getLogger("bridge.console")

PATIENCE = 8.0  # seconds that a page waits for Vitec
MARKETING = {
    "deceased": "No: the contact is deceased.",
    "opted_out": "No: the contact has opted out of advertising.",
    "not_said": "Vitec does not tell; look there before anything is sent.",
    None: "Yes.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One contact; `contact` None: Vitec does not have it."""

    reference: str
    account: str
    contact: Contact | None = None

    @property
    def marketing(self) -> str:
        return MARKETING[contacts.stop(self.contact)] if self.contact else ""

    @property
    def deceased(self) -> bool:
        return self.contact is not None and contacts.deceased(self.contact)

    @property
    def lead_score(self) -> int | None:
        return getattr(self.contact, "lead_score", None)


@dataclass(slots=True, kw_only=True)
class Panel:
    """`asked` False: nobody has asked for it yet; `problems`: one sentence an account."""

    asked: bool = False
    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


async def panel(request: Request, deliveries: Iterable[DeliveryRow]) -> Panel | None:
    """None: nothing of this lead is at a Vitec whose contacts can be read."""
    wanted: dict[str, list[str]] = {}
    connectors = Office.of(request).parts.connectors
    for one in deliveries:
        connector: object = connectors.get(one.account)
        if one.reference and isinstance(connector, Vitec) and connector.reads_contacts:
            wanted.setdefault(one.account, []).append(one.reference)
    if not wanted:
        return None
    shown = Panel(asked="contact" in request.query_params)
    if shown.asked:
        for account, references in wanted.items():
            await _fill(shown, connectors[account], account, references)
    return shown


async def _fill(shown: Panel, connector: object, account: str, references: list[str]) -> None:
    if not isinstance(connector, Vitec):
        return
    try:
        async with asyncio.timeout(PATIENCE):
            found = await connector.contacts(references)
    except LookUpError as error:
        log.warning("contacts.missed account=%s", account)
        shown.problems.append(f"{account}: {error}.")
    except TimeoutError:
        log.warning("contacts.missed account=%s", account)
        shown.problems.append(f"{account}: Vitec did not answer within {PATIENCE:.0f} s.")
    else:
        shown.lines += [
            Line(reference=one, account=account, contact=found.known.get(one))
            for one in dict.fromkeys(references)
        ]
