"""How an account stands beyond its credentials: permissions, processing bases; a nightly look.

What is found is kept in a drawer, from where it is an alarm until a look finds it mended. Nothing
is ever paused or held by it: only the vendor's own answer to a delivery does that.
"""

import hashlib
import logging
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import orjson

from bridge.connectors.base import ActionOptions, Health, LookUpError, Use
from bridge.pipeline.parts import Parts

log = logging.getLogger("bridge.standing")

DRAWER = "standing"  # account → {alarm: text}
AGAIN = 900.0  # seconds until a look that came to nothing is tried again
SOON = 3600.0  # so that what was mended at the vendor is no alarm for the rest of the day
KEPT = 2 * 86_400.0

Findings = dict[str, str]  # the alarm's name → what is the matter


@runtime_checkable
class KnowsItsUses(Protocol):
    """A connector that can say whether configured destinations have what they need."""

    async def health(self, uses: Sequence[Use]) -> Health: ...

    async def stale_bases(self, uses: Sequence[Use]) -> Findings | None:
        """Destination → a sentence; None where none is configured. Raises `LookUpError`."""
        ...


async def health(parts: Parts, account: str) -> Health:
    """Do the credentials serve, and are they allowed what the account's destinations need?"""
    connector = parts.connectors[account]
    knows: object = connector
    if isinstance(knows, KnowsItsUses):
        return await knows.health(uses(parts, account))
    return await connector.check()


async def bases(parts: Parts, account: str) -> Health | None:
    """Whether every processing basis that is configured still serves; None: there is none."""
    connector: object = parts.connectors[account]
    if not isinstance(connector, KnowsItsUses):
        return None
    try:
        stale = await connector.stale_bases(uses(parts, account))
    except LookUpError as error:
        return Health(ok=None, detail=f"cannot be looked at: {error}")
    if stale is None:
        return None
    if stale:
        return Health(ok=False, detail="; ".join(f"{name}: {why}" for name, why in stale.items()))
    return Health(ok=True, detail="every configured one is active and the newest")


def uses(parts: Parts, account: str) -> list[Use]:
    return [
        Use(
            destination=one.name,
            options=one.options,
            reads_back=one.on_unknown == "verify",
        )
        for one in parts.routing.destinations.values()
        if one.account == account and isinstance(one.options, ActionOptions)
    ]


async def findings(parts: Parts) -> dict[str, Findings]:
    """Account → what its last look found; of accounts that are still in the file."""
    kept = await parts.ledger.drawer_all(DRAWER)
    known = parts.routing.accounts
    return {name: orjson.loads(text) for name, text in kept.items() if name in known}


class Nightly:
    """One look an account and day, over all workers; another one as soon as the file changed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def step(self) -> list[str]:
        """Look where it is time; says at which accounts. Raises `LedgerError`."""
        return [name for name in self._parts.routing.accounts if await self._looked(name)]

    async def _looked(self, account: str) -> bool:
        given = uses(self._parts, account)
        connector: object = self._parts.connectors[account]
        if not given or not isinstance(connector, KnowsItsUses):
            return False
        ledger, done = self._parts.ledger, f"standing:{account}"
        mark = _mark(f"{self._parts.clock():%Y-%m-%d}", given)
        if await ledger.shelf_get(done) == mark:
            return False
        if not await ledger.shelf_add(f"{done}:turn:{mark.decode()}", b"1", ttl=AGAIN):
            return False  # another worker looks, or it came to nothing a moment ago
        try:
            found = await _look(connector, account, given)
        except LookUpError as error:
            log.warning("standing.delayed account=%s reason=%s", account, error)
            return False
        await ledger.drawer_put(DRAWER, {account: orjson.dumps(found)})
        await ledger.shelf_put(done, mark, ttl=SOON if found else KEPT)
        log.info("standing.looked account=%s found=%d", account, len(found))
        return True


async def _look(connector: KnowsItsUses, account: str, given: Sequence[Use]) -> Findings:
    """Raises `LookUpError` where the vendor could not be asked: what was found before stays."""
    health = await connector.health(given)
    found = {f"rights/{account}": f"{account}: {health.lacks}."} if health.lacks else {}
    if health.ok is False and not found:
        raise LookUpError(health.detail)
    try:
        stale = await connector.stale_bases(given)
    except LookUpError:
        if not found:
            raise
        stale = None  # for want of the permission, most likely
    named = (stale or {}).items()
    return found | {f"basis/{account}/{name}": f"{name}: {why}." for name, why in named}


def _mark(day: str, given: Sequence[Use]) -> bytes:
    """Of the day and of what was looked at; no secret stands in a destination's options."""
    text = repr([(one.destination, one.options, one.reads_back) for one in given])
    return f"{day}:{hashlib.sha256(text.encode()).hexdigest()[:16]}".encode()
