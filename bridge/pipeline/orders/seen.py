"""Orders that leads themselves name become known, so that they are told what became of them."""

import logging
from collections.abc import Iterable

from bridge.delivery.ledger import LedgerError
from bridge.pipeline.orders.registry import ORDER_ID, Tie, desk_of, meet
from bridge.pipeline.parts import Parts

log = logging.getLogger("bridge.orders")


class Seen:
    """One write for each order in the life of a process, and none for leads that name no order."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: set[str] = set()

    async def note(self, order_id: str, accounts: Iterable[str]) -> None:
        """Never fails: the lead is accepted already, and the next one brings it again."""
        order_id = order_id.strip().lower()
        for account in accounts:
            one = Tie(account=account, order_id=order_id)
            usable = ORDER_ID.fullmatch(order_id) and desk_of(self._parts, account)
            if not usable or one.name in self._known:
                continue
            try:
                await meet(self._parts, account, order_id)
            except LedgerError as error:
                log.warning("orders.unseen error=%s", error)
                return
            self._known.add(one.name)
