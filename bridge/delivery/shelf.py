"""The connectors' shared cache (tokens, look-ups), sealed, on the ledger's shelf."""

import logging
from collections.abc import Awaitable
from typing import TypeVar

from bridge.delivery.ledger import Ledger, LedgerError
from bridge.delivery.vault import SealError, Vault

log = logging.getLogger("bridge.shelf")
T = TypeVar("T")


class SealedShelf:
    """`connectors.base.Shelf` over a ledger.

    A cache is never a reason to fail: what cannot be read, or what no key opens any more, counts as
    absent, and what cannot be written is looked up again next time.
    """

    def __init__(self, ledger: Ledger, vault: Vault) -> None:
        self._ledger = ledger
        self._vault = vault

    async def get(self, name: str) -> str | None:
        sealed = await _or(None, self._ledger.shelf_get(name))
        if sealed is None:
            return None
        try:
            return self._vault.unseal(sealed).decode()
        except SealError:
            return None

    async def put(self, name: str, value: str, *, ttl: float) -> None:
        sealed = self._vault.seal(value.encode())
        await _or(None, self._ledger.shelf_put(name, sealed, ttl=ttl))

    async def drop(self, name: str, *, only_if: str) -> None:
        sealed = await _or(None, self._ledger.shelf_get(name))
        if sealed is not None and await self.get(name) == only_if:
            await _or(None, self._ledger.shelf_drop(name, only_if=sealed))

    async def lock(self, name: str, *, ttl: float) -> bool:
        """While the ledger is away everybody may refresh for themselves."""
        return await _or(fallback=True, work=self._ledger.shelf_add(f"lock:{name}", b"1", ttl=ttl))

    async def unlock(self, name: str) -> None:
        await _or(None, self._ledger.shelf_drop(f"lock:{name}"))

    async def swap(self, name: str, before: str | None, after: str) -> bool:
        """Closed where the others are open: what is not surely written was not."""
        try:
            sealed = await self._ledger.shelf_get(name)
            known = None if sealed is None else self._vault.unseal(sealed).decode()
            if known != before:
                return False
            renewed = self._vault.seal(after.encode())
            return await self._ledger.shelf_swap(name, sealed, renewed)
        except (LedgerError, SealError) as error:
            log.warning("shelf.unwritten error=%s", error)
            return False

    async def spend(self, name: str, count: int, seconds: float) -> float:
        """While the ledger is away nobody counts: then a vendor's own limit has to do."""
        return await _or(0.0, self._ledger.spend(name, count, seconds))


async def _or(fallback: T, work: Awaitable[T]) -> T:
    try:
        return await work
    except LedgerError as error:
        log.warning("shelf.missed error=%s", error)
        return fallback
