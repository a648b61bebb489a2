"""sweep(): finds what a lost nudge, a dead worker or a passed time left; runs in every worker."""

import logging

from bridge.delivery.values import BY_HAND, AccountRow
from bridge.pipeline.parts import Parts

log = logging.getLogger("bridge.sweep")


class Sweep:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def nudge_due(self) -> list[str]:
        """Nudge every account that has work now; says which."""
        accounts = await self._parts.ledger.due(list(self._parts.routing.accounts))
        for account in accounts:
            await self._parts.nudge(account)
        return accounts

    async def probe_paused(self) -> list[str]:
        """Ask each vendor that refused our credentials whether they serve again; says which do.

        One worker asks, every five minutes by default. Where a vendor has no harmless call the
        account goes on, and the next refusal, which processes nothing, pauses it again.
        """
        recovered = []
        for row in await self._parts.ledger.accounts():
            if _paused_by_vendor(row) and await self._my_turn(row.account):
                connector = self._parts.connectors.get(row.account)
                if connector and (await connector.check()).ok is not False:
                    await self._parts.ledger.resume(row.account)
                    await self._parts.nudge(row.account)
                    log.info("account.resumed account=%s", row.account)
                    recovered.append(row.account)
        return recovered

    async def _my_turn(self, account: str) -> bool:
        return await self._parts.ledger.shelf_add(f"probe:{account}", b"1", ttl=self._parts.probe)


def _paused_by_vendor(row: AccountRow) -> bool:
    return bool(row.paused) and not row.paused.startswith(BY_HAND)
