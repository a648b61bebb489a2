"""What was kept long enough goes, a few leads at a time: a watch of every worker, and a command."""

import logging

from bridge.delivery.values import Expired
from bridge.pipeline.parts import Parts

log = logging.getLogger("bridge.retention")

BATCH = 100  # of each kind in one step, so that nothing else waits for it
DRY = 10_000  # a rehearsal looks at so many at once, in one breath of the server


async def step(parts: Parts) -> Expired:
    """One batch. Raises `LedgerError`."""
    gone = await parts.ledger.expire(parts.keep, limit=BATCH)
    if gone.bodies or gone.payloads or gone.held or gone.quarantine:
        log.info(
            "retention.done payloads=%d bodies=%d held=%d quarantine=%d",
            gone.payloads,
            gone.bodies,
            gone.held,
            gone.quarantine,
        )
    return gone


async def watch(parts: Parts, *, every: float) -> None:
    """All that is due now; one worker at a time, so that many workers make no more work."""
    if not await parts.ledger.shelf_add("turn:retention", b"1", ttl=every * 0.8):
        return
    while (await step(parts)).more:
        pass


async def rehearse(parts: Parts) -> Expired:
    """What `step` would take out if it ran until nothing is due."""
    return await parts.ledger.expire(parts.keep, limit=DRY, dry_run=True)
