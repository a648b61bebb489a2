"""What a vendor got of the same person before: the references of earlier deliveries.

They say whom a lead is from without naming anybody. Asked for only where a connector wants them,
for a whole batch at once.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

from bridge.connectors.base import ActionOptions
from bridge.delivery.ledger import LedgerError
from bridge.leads import Lead
from bridge.pipeline import prints
from bridge.pipeline.parts import Parts
from bridge.routing import Destination

log = logging.getLogger("bridge.earlier")
NOT_READ = "what the vendor got of this person before could not be read from the ledger"
References = tuple[str, ...]


@runtime_checkable
class KnowsPeople(Protocol):
    """A connector that treats a person by what the vendor knows of them."""

    def wants_known(self, lead: Lead, options: ActionOptions) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A lead that is on its way to a destination; `verify`: or may have arrived there."""

    lead: Lead
    source: str
    destination: Destination
    verify: bool = False


async def known_as(parts: Parts, asked: Sequence[Asked | None]) -> list[References | None]:
    """Of each, in order; nothing where nobody wants it, None where it could not be read."""
    found: list[References | None] = [()] * len(asked)
    accounts: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(asked):
        if one is not None and _wants(parts, one):
            accounts[one.destination.account].append(index)
    for account, indexes in accounts.items():
        people = [_contacts(parts, one) for index in indexes if (one := asked[index])]
        try:
            known: list[References | None] = list(
                await parts.ledger.known_as(people, account=account)
            )
        except LedgerError as error:
            log.warning("earlier.missed account=%s error=%s", account, error)
            known = [None] * len(indexes)
        for index, references in zip(indexes, known, strict=True):
            found[index] = references
    return found


def _wants(parts: Parts, one: Asked) -> bool:
    connector: object = parts.connectors.get(one.destination.account)
    if not isinstance(connector, KnowsPeople):
        return False
    options = cast("ActionOptions", one.destination.options)
    return one.verify or connector.wants_known(one.lead, options)


def _contacts(parts: Parts, one: Asked) -> tuple[str, ...]:
    source = parts.routing.sources.get(one.source)
    region = one.lead.country or (source.country if source else None)
    return prints.contacts(parts.vault, one.lead, region)
