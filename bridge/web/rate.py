"""How often a source may ask, over all web processes: the turns are counted in the ledger."""

import math

from bridge.delivery.ledger import Ledger
from bridge.routing import Source
from bridge.web.problems import Problem


async def spend(ledger: Ledger, source: Source) -> None:
    """Raises `Problem` 429 with `Retry-After` where the source's `rate` is used up."""
    if source.rate is None:
        return
    wait = await ledger.spend(f"source:{source.name}", source.rate.count, source.rate.seconds)
    if wait > 0:
        detail = (
            f"The source {source.name} may send {source.rate.count} in {source.rate.seconds:g} s."
        )
        raise Problem(
            429, "Too many", detail, headers={"retry-after": str(max(1, math.ceil(wait)))}
        )
