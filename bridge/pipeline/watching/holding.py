"""Leads of a case that is sold, deactivated or unpublished wait, and say why."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from bridge.connectors.base import ActionOptions
from bridge.connectors.cases import Watch, WatchesCases
from bridge.delivery.ledger import LedgerError
from bridge.delivery.values import Claim, DeliveryId
from bridge.leads import Lead
from bridge.outcomes import State
from bridge.pipeline import views
from bridge.pipeline.parts import Parts
from bridge.pipeline.watching.book import Book, Case

log = logging.getLogger("bridge.cases")

HELD = 10_000  # held deliveries of an account that one look goes through
OURS = re.compile(r"case (\d+) is (?:sold|deactivated|unpublished) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """`deliveries` go on."""

    case_id: int
    deliveries: tuple[DeliveryId, ...]


def watched(parts: Parts, account: str) -> tuple[WatchesCases, Watch] | None:
    """Who can be asked, and by which rules; None: this account's cases are not watched."""
    connector: object = parts.connectors.get(account)
    if not isinstance(connector, WatchesCases) or connector.watch is None:
        return None
    return connector, connector.watch


async def shut(
    parts: Parts, account: str, claims: Iterable[tuple[Claim, Lead | None]]
) -> Mapping[DeliveryId, str] | None:
    """Those of a batch that must wait for their case, and why: one look for all of them, and none
    where the account is not watched. None: the ledger could not be asked.

    What may have arrived is read back all the same, and what follows a sale goes to a sold case.
    """
    known = watched(parts, account)
    if known is None or not known[1].holds:
        return {}
    names: dict[DeliveryId, tuple[str, ...]] = {}
    for claim, lead in claims:
        destination = parts.routing.destinations.get(claim.destination)
        if lead is None or destination is None or claim.mode != "send":
            continue
        if destination.name not in parts.routing.follow_ups:
            options = cast("ActionOptions", destination.options)
            names[claim.delivery_id] = known[0].cases_of(lead.property, options)
    asked = sorted({name for several in names.values() for name in several})
    try:
        found = await Book(parts.ledger, account).shut(asked, known[1].holds)
    except LedgerError as error:  # what was claimed must come to its end all the same
        log.warning("cases.missed account=%s error=%s", account, error)
        return None
    return {one: found[name] for one, several in names.items() for name in several if name in found}


def why(account: str, case: Case) -> str:
    """The sentence that stands on each lead that waits."""
    number, day = case.change.case_id, views.moment(case.since)
    return (
        f"case {number} is {case.standing} since {day}: its leads wait until it is active again, or"
        f" `bridge cases release {account} {number}` lets them go"
    )


async def let_go(parts: Parts, account: str, case_id: int, *, who: str) -> Freed | None:
    """A person lets this case's leads go; None: nothing waits for it. Raises `LedgerError`."""
    book = Book(parts.ledger, account)
    case = (await book.cases([case_id])).get(case_id)
    if case is None or case.standing == "active":
        return None
    await book.put_let_go(case, who)
    await book.open(case.names)
    freed = await release(parts, account)
    mine = [one for one in freed if one.case_id == case_id]
    return mine[0] if mine else Freed(case_id=case_id, deliveries=())


async def release(parts: Parts, account: str) -> list[Freed]:
    """Whatever is held for a case that is shut no more goes on, whoever opened it.

    Told by the reason that it is held for: so a delivery that was being held at the moment when
    its case was opened is found too.
    """
    known = watched(parts, account)
    held = await parts.ledger.deliveries(state=State.HELD, account=account, limit=HELD)
    ours = [(row, found[1]) for row in held if (found := OURS.match(row.reason))]
    book = Book(parts.ledger, account)
    holds = known[1].holds if known else frozenset()
    still = await book.shut(sorted({number for _, number in ours}), holds) if ours else {}
    freed: dict[int, list[DeliveryId]] = {}
    for row, number in ours:
        if number in still:
            continue
        free = (await book.let_go([int(number)])).get(int(number), {})
        who = free.get("who") or f"case {number} being active again"
        try:
            # It never left: a send was about to happen when the case was found to be shut.
            await parts.ledger.act(row.delivery_id, "resend", who=who)
        except ValueError:  # somebody else acted on it
            continue
        freed.setdefault(int(number), []).append(row.delivery_id)
    if freed:
        await parts.nudge(account)
    return [Freed(case_id=number, deliveries=tuple(ids)) for number, ids in freed.items()]


async def waiting(parts: Parts, account: str) -> dict[int, int]:
    """Case number → how many deliveries wait for it."""
    held = await parts.ledger.deliveries(state=State.HELD, account=account, limit=HELD)
    return Counter(int(found[1]) for row in held if (found := OURS.match(row.reason)))
