"""From what Redis answers to the ledger's values, and back."""

from collections.abc import Mapping
from typing import Any

import orjson

from bridge.delivery.values import (
    Claim,
    DeliveryId,
    DeliveryRow,
    LeadId,
    LeadRow,
    LogEntry,
    Mode,
    NewDelivery,
    NewLead,
    Record,
)
from bridge.outcomes import Hold, PauseAccount, ReadBack, SendAgain, Settle, State

MODES: Mapping[bytes, Mode] = {b"send": "send", b"verify": "verify", b"judge": "judge"}


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def new_lead(lead: NewLead) -> dict[str, object]:
    return {
        "lead_id": lead.lead_id,
        "source": lead.source,
        "external_id": lead.external_id,
        "intent": lead.intent,
        "test": int(lead.test),
        "identities": lead.identities,
        "contacts": lead.contacts,
        "marks": lead.marks,
        "property": lead.about,
        "wants": lead.wants,
        "occurred_ms": -1 if lead.occurred_at is None else ms(lead.occurred_at),
        "status": lead.status,
        "identity_ms": ms(lead.identity_window),
        "wish_ms": ms(lead.wish_window),
        "deliveries": [new_delivery(one) for one in lead.deliveries],
    }


def new_delivery(one: NewDelivery) -> dict[str, object]:
    return {
        "destination": one.destination,
        "account": one.account,
        "route": one.route,
        "after": one.after,
        "wishes": one.wishes,
        "duplicates": one.duplicates,
        "skip": one.skip,
    }


def record(record: Record) -> dict[str, object]:
    state, mode, delay, reason, reference = _next(record)
    pause = record.decision.reason if isinstance(record.decision, PauseAccount) else ""
    counts = not isinstance(record.decision, SendAgain) or record.decision.counts
    return {
        "id": record.claim.delivery_id,
        "token": record.claim.token,
        "state": state,
        "mode": mode,
        "reason": reason,
        "reference": reference,
        "delay_ms": delay,
        "counts": counts and not pause,
        "unknown": record.unknown,
        "outcome": record.outcome,
        "health": record.health,
        "until_ms": ms(record.account_wait),
        "refused": record.refused,
        "refusal_limit": record.pause_after_refusals,
        "pause": pause,
    }


def _next(record: Record) -> tuple[State, str, int, str, str]:
    """The state, the mode of the next claim, the delay in ms (-1: not in line), the words."""
    match record.decision:
        case Settle(state=state, reason=reason, reference=reference):
            return state, "", -1, reason, reference or ""
        case SendAgain(delay=delay, reason=reason):
            return State.RETRYING, "", ms(delay), reason, ""
        case ReadBack(delay=delay, reason=reason):
            return State.UNKNOWN, "verify", ms(delay), reason, ""
        case Hold(reason=reason):
            return State.HELD, "", -1, reason, ""
        case PauseAccount(reason=reason):
            return State.HELD, "", 0, reason, ""


def claim(account: str, parts: list[Any]) -> Claim:
    name = parts[0].decode()
    lead_id, destination = name.split(":", 1)
    return Claim(
        delivery_id=DeliveryId(name),
        lead_id=LeadId(lead_id),
        destination=destination,
        account=account,
        token=parts[1],
        mode=MODES[parts[2]],
        attempt=parts[3],
        unknowns=parts[4],
        age=parts[5] / 1000,
        source=parts[6].decode(),
        blob=parts[7],
    )


def acted(delivery: DeliveryId, act: str, who: str, scope: str) -> bytes:
    """The line of a timeline about what a person did."""
    header = {"what": act, "destination": delivery.partition(":")[2], "who": who}
    return orjson.dumps(header | ({"run": scope} if scope else {})) + b"\n"


LEAD_FIELDS = ("so", "ex", "in", "st", "at", "te", "fi", "dl", "wd")


def lead_row(lead_id: LeadId, values: list[bytes | None]) -> LeadRow | None:
    if values[0] is None:
        return None
    source, external, intent, status, at, test, first, names, withdrawn = map(_text, values)
    return LeadRow(
        lead_id=lead_id,
        source=source,
        external_id=external,
        intent=intent,
        status=status,
        received_at=float(at) / 1000,
        test=test == "1",
        first=first,
        destinations=tuple(filter(None, names.split(","))),
        withdrawn=bool(withdrawn),
    )


DELIVERY_FIELDS = ("ac", "st", "at", "nx", "rf", "rs", "up", "un")


def delivery_row(name: DeliveryId, values: list[bytes | None]) -> DeliveryRow | None:
    if values[0] is None:
        return None
    account, state, attempts, next_at, reference, reason, updated, unknowns = map(_text, values)
    lead_id, destination = name.split(":", 1)
    waits = state in {State.RETRYING, State.UNKNOWN} and next_at
    return DeliveryRow(
        delivery_id=name,
        lead_id=LeadId(lead_id),
        destination=destination,
        account=account,
        state=State(state),
        attempts=int(attempts or 0),
        next_at=float(next_at) / 1000 if waits else None,
        reference=reference,
        reason=reason,
        updated_at=float(updated) / 1000,
        unknowns=int(unknowns or 0),
    )


def log_entry(line: bytes) -> LogEntry:
    at, rest = line.split(b" ", 1)
    header, sealed = rest.split(b"\n", 1)
    return LogEntry(at=float(at) / 1000, header=orjson.loads(header), sealed=sealed)


def _text(value: bytes | None) -> str:
    return (value or b"").decode()
