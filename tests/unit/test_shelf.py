"""The shelf: open as a cache, closed as a memory."""

import asyncio

from bridge.delivery.ledger import LedgerError
from bridge.delivery.memory_ledger import MemoryLedger
from bridge.delivery.shelf import SealedShelf
from bridge.delivery.vault import Vault

OLD, NEW = b"o" * 32, b"n" * 32


class Away(MemoryLedger):
    """As a ledger whose server is gone."""

    async def shelf_get(self, name: str) -> bytes | None:
        raise LedgerError(f"The ledger cannot be reached for {name}.")

    async def shelf_add(self, name: str, value: bytes, *, ttl: float | None) -> bool:
        raise LedgerError(f"{name} {value!r} {ttl}")


def test_a_memory_is_swapped_only_for_what_was_read() -> None:
    async def story() -> None:
        ledger = MemoryLedger()
        shelf = SealedShelf(ledger, Vault([OLD]))
        assert await shelf.swap("order", None, "one")
        assert not await shelf.swap("order", None, "two")
        assert not await shelf.swap("order", "two", "three")
        assert await shelf.swap("order", "one", "two")
        assert await shelf.get("order") == "two"
        assert b"two" not in (await ledger.shelf_get("order") or b"")

    asyncio.run(story())


def test_a_memory_outlives_new_keys_and_is_not_overwritten_without_its_key() -> None:
    async def story() -> None:
        ledger = MemoryLedger()
        assert await SealedShelf(ledger, Vault([OLD])).swap("order", None, "one")
        assert await SealedShelf(ledger, Vault([NEW, OLD])).swap("order", "one", "two")
        assert await SealedShelf(ledger, Vault([NEW])).swap("order", "two", "three")
        stranger = SealedShelf(ledger, Vault([OLD]))
        assert await stranger.get("order") is None
        assert not await stranger.swap("order", None, "mine")

    asyncio.run(story())


def test_while_the_ledger_is_away_a_lock_is_everybodys_and_a_memory_nobodys() -> None:
    async def story() -> None:
        shelf = SealedShelf(Away(), Vault([OLD]))
        assert await shelf.lock("token", ttl=1)
        assert await shelf.get("order") is None
        assert not await shelf.swap("order", None, "one")

    asyncio.run(story())
