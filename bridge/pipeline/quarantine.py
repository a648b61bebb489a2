"""Out of quarantine: through the front door again, as it came or as a person mended it."""

from dataclasses import dataclass

import orjson

from bridge.delivery.values import QuarantineRow
from bridge.delivery.vault import SealError
from bridge.pipeline.accept import Accepted, Acceptor, Intake
from bridge.pipeline.parts import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """`accepted` None: it is still in quarantine, and `why` says what keeps it there."""

    quarantine_id: str
    accepted: Accepted | None = None
    why: str = ""


async def release(
    parts: Parts, row: QuarantineRow, *, payload: bytes | None = None, source: str | None = None
) -> Released:
    """`payload`: what takes the place of the raw one. Raises `LedgerError`.

    Two who release the same at once make one lead: it is the same message.
    """
    try:
        raw = parts.vault.unseal(row.sealed) if payload is None else payload
        found = orjson.loads(raw)
    except SealError as error:
        return Released(quarantine_id=row.quarantine_id, why=str(error))
    except orjson.JSONDecodeError as error:
        why = f"the payload is not JSON: {error.msg} (character {error.pos})"
        return Released(quarantine_id=row.quarantine_id, why=why)
    came = Intake(payload=found, source=source or row.source, way="quarantine")
    accepted = await Acceptor(parts).accept(came)
    if accepted.status == "quarantined":
        await parts.ledger.quarantine_drop(accepted.quarantine_id or "")
        why = "; ".join(f"{one.field}: {one.message}" for one in accepted.problems)
        return Released(quarantine_id=row.quarantine_id, why=why)
    await parts.ledger.quarantine_drop(row.quarantine_id)
    return Released(quarantine_id=row.quarantine_id, accepted=accepted)
