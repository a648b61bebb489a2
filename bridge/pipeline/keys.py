"""Old encryption keys go out of use: what one of them sealed is sealed anew, a page at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bridge.delivery.values import Place
from bridge.delivery.vault import SealError, Vault
from bridge.pipeline.parts import Parts


@dataclass(slots=True, kw_only=True)
class Sealed:
    """What stands in the ledger, by the key that opens it. `resealed`: by this run."""

    current: int = 0
    old: int = 0
    unreadable: int = 0
    resealed: int = 0


async def status(parts: Parts) -> Sealed:
    """How much still needs an old key. Raises `LedgerError`."""
    return await _walk(parts, reseal=False)


async def rotate(
    parts: Parts, *, pause: float = 0.0, told: Callable[[Sealed], None] = lambda _: None
) -> Sealed:
    """Seal anew what an old key sealed; `pause` seconds between two pages.

    It may be stopped anywhere and started again: what is done is passed over. What a worker writes
    in between is not overwritten. Raises `LedgerError`.
    """
    return await _walk(parts, reseal=True, pause=pause, told=told)


async def _walk(
    parts: Parts,
    *,
    reseal: bool,
    pause: float = 0.0,
    told: Callable[[Sealed], None] = lambda _: None,
) -> Sealed:
    seen, cursor = Sealed(), ""
    while True:
        page = await parts.ledger.sealed(cursor)
        for place in page.places:
            await _look(parts, place, seen, reseal=reseal)
        told(seen)
        cursor = page.cursor
        if not cursor:
            return seen
        await asyncio.sleep(pause)


async def _look(parts: Parts, place: Place, seen: Sealed, *, reseal: bool) -> None:
    vault = parts.vault
    head, body = split(place, vault)
    if not body:
        return
    if vault.is_current(body):
        seen.current += 1
    elif not vault.knows(body):
        seen.unreadable += 1
    elif not reseal:
        seen.old += 1
    else:
        try:
            renewed = head + vault.seal(vault.unseal(body))
        except SealError:
            seen.unreadable += 1
            return
        if await parts.ledger.reseal(place, renewed):
            seen.resealed += 1
            seen.current += 1
        else:
            seen.old += 1  # it changed under us: the next run looks again


def split(place: Place, vault: Vault) -> tuple[bytes, bytes]:
    """What stands in the clear, and the sealed bytes behind it; none where nothing is sealed."""
    head, newline, rest = place.whole.partition(b"\n")
    if place.key.endswith(":blob") or vault.knows(place.whole):
        return b"", place.whole
    if place.key.startswith("shelf:"):
        return b"", b""  # locks and the like; sealed caches that no key opens end by themselves
    if place.key.startswith("drawer:") and not vault.knows(rest):
        return b"", b""
    return head + newline, rest
