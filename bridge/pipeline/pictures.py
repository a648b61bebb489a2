"""The picture of the house a lead is about, from an account that delivers the lead."""

from collections.abc import Iterable
from typing import Protocol, runtime_checkable
from uuid import UUID

from bridge import routing
from bridge.delivery.values import DeliveryRow
from bridge.leads import Lead
from bridge.pipeline.parts import Parts
from bridge.routing import PropertyEntry


@runtime_checkable
class HasPictures(Protocol):
    async def picture(self, which: int | UUID) -> bytes | None:
        """A small JPEG of a case; None where there is none, or none can be had now."""
        ...


async def may_have_one(parts: Parts, lead: Lead, deliveries: Iterable[DeliveryRow]) -> bool:
    """Whether there is somebody to ask; nobody is asked by this."""
    return bool(_accounts(parts, deliveries)) and await _which(parts, lead) is not None


async def picture(parts: Parts, lead: Lead, deliveries: Iterable[DeliveryRow]) -> bytes | None:
    """Only the lead's own accounts are asked: a case's number is another house elsewhere."""
    which = await _which(parts, lead)
    for one in _accounts(parts, deliveries) if which is not None else ():
        found = await one.picture(which or 0)
        if found:
            return found
    return None


async def _which(parts: Parts, lead: Lead) -> int | UUID | None:
    """As the lead names its case, else as the property directory does, as in a delivery."""
    reference = lead.property.reference
    known = await parts.ledger.properties([reference]) if reference else {}
    entry = PropertyEntry.from_json(known[reference]) if reference and known else None
    flow = routing.resolve(lead, entry).property.flow
    return flow.case_id or flow.case_guid


def _accounts(parts: Parts, deliveries: Iterable[DeliveryRow]) -> list[HasPictures]:
    names = dict.fromkeys(one.account for one in deliveries)
    known: list[object] = [parts.connectors.get(name) for name in names]
    return [one for one in known if isinstance(one, HasPictures)]
