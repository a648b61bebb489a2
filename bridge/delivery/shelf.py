"""The connectors' shared cache (tokens, look-ups), sealed, on the ledger's shelf."""

from bridge.delivery.ledger import Ledger
from bridge.delivery.vault import SealError, Vault


class SealedShelf:
    """`connectors.base.Shelf` over a ledger. What no key opens any more counts as absent."""

    def __init__(self, ledger: Ledger, vault: Vault) -> None:
        self._ledger = ledger
        self._vault = vault

    async def get(self, name: str) -> str | None:
        sealed = await self._ledger.shelf_get(name)
        if sealed is None:
            return None
        try:
            return self._vault.unseal(sealed).decode()
        except SealError:
            return None

    async def put(self, name: str, value: str, *, ttl: float) -> None:
        await self._ledger.shelf_put(name, self._vault.seal(value.encode()), ttl=ttl)

    async def drop(self, name: str, *, only_if: str) -> None:
        sealed = await self._ledger.shelf_get(name)
        if sealed is not None and await self.get(name) == only_if:
            await self._ledger.shelf_drop(name, only_if=sealed)

    async def lock(self, name: str, *, ttl: float) -> bool:
        return await self._ledger.shelf_add(f"lock:{name}", b"1", ttl=ttl)
