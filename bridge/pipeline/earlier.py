"""What a vendor got of the same person before: the references of earlier deliveries.

They say whom a lead is from without naming anybody. Asked for only where a connector wants them,
for a whole batch at once.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from bridge.connectors.base import ActionOptions
from bridge.delivery.ledger import LedgerError
from bridge.delivery.values import Earlier
from bridge.leads import Lead
from bridge.pipeline import prints
from bridge.pipeline.parts import Parts
from bridge.routing import Destination

log = logging.getLogger("bridge.earlier")
NOT_READ = "what the vendor got of this person before could not be read from the ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The vendor's references of a person, newest first; `here`: of leads about this property."""

    references: tuple[str, ...] = ()
    here: frozenset[str] = frozenset()


NOBODY = Known()


class KnowsPeople(Protocol):
    """`wants_known` of a connector that treats a person by what the vendor knows of them."""

    def __call__(self, lead: Lead, options: ActionOptions) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A lead that is on its way to a destination; `verify`: or may have arrived there."""

    lead: Lead
    source: str
    destination: Destination
    verify: bool = False


async def known(parts: Parts, asked: Sequence[Asked | None]) -> list[Known | None]:
    """Of each, in order; nothing where nobody wants it, None where it could not be read."""
    found: list[Known | None] = [NOBODY] * len(asked)
    accounts: dict[str, dict[int, Asked]] = defaultdict(dict)
    for index, one in enumerate(asked):
        if one is not None and _wants(parts, one):
            accounts[one.destination.account][index] = one
    for account, some in accounts.items():
        try:
            answers = await _of_account(parts, account, list(some.values()))
        except LedgerError as error:
            log.warning("earlier.missed account=%s error=%s", account, error)
            answers = [None] * len(some)
        for index, answer in zip(some, answers, strict=True):
            found[index] = answer
    return found


async def _of_account(parts: Parts, account: str, some: Sequence[Asked]) -> list[Known | None]:
    people = [_contacts(parts, one) for one in some]
    rows = await parts.ledger.earlier(people, account=account)
    return [
        Known(
            references=tuple(dict.fromkeys(row.reference for row in theirs)),
            here=await _here(parts, one.lead, theirs) if one.verify and theirs else frozenset(),
        )
        for one, theirs in zip(some, rows, strict=True)
    ]


async def _here(parts: Parts, lead: Lead, theirs: Sequence[Earlier]) -> frozenset[str]:
    """A lead that names no property goes where its destination says, as the others may have."""
    marks = list(prints.properties(parts.vault, lead))
    leads = {one for mark in marks for one in await parts.ledger.leads_of(mark)}
    return frozenset(row.reference for row in theirs if not marks or row.lead_id in leads)


def _wants(parts: Parts, one: Asked) -> bool:
    # Not isinstance(): to ask a Protocol of an instance is dear, and every attempt would.
    connector = parts.connectors.get(one.destination.account)
    wants: KnowsPeople | None = getattr(connector, "wants_known", None)
    if wants is None:
        return False
    return one.verify or wants(one.lead, cast("ActionOptions", one.destination.options))


def _contacts(parts: Parts, one: Asked) -> tuple[str, ...]:
    source = parts.routing.sources.get(one.source)
    region = one.lead.country or (source.country if source else None)
    return prints.contacts(parts.vault, one.lead, region)
