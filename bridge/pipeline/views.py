"""Ledger rows as the flat objects of the public contract (DESIGN 1.7)."""

from datetime import UTC, datetime
from typing import Any

from bridge.delivery.values import AccountRow, DeliveryRow, LeadRow, QuarantineRow

LEAD = ("lead_id", "source", "external_id", "intent", "status", "received_at", "test")
DELIVERY = (
    "delivery_id",
    "lead_id",
    "destination",
    "account",
    "state",
    "attempts",
    "next_at",
    "reference",
    "reason",
    "updated_at",
)


def lead(row: LeadRow) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in LEAD}
    return known | {
        "received_at": moment(row.received_at),
        "external_id": row.external_id or None,
    }


def delivery(row: DeliveryRow) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in DELIVERY}
    return known | {
        "state": str(row.state),
        "next_at": moment(row.next_at),
        "updated_at": moment(row.updated_at),
        "reference": row.reference or None,
        "reason": row.reason or None,
    }


def account(row: AccountRow) -> dict[str, Any]:
    parked = "; ".join(f"{name}: {why}" for name, why in sorted(row.parked.items()))
    return {
        "account": row.account,
        "in_flight": row.in_flight,
        "due": row.due,
        "breaker": row.breaker,
        "paused": row.paused or None,
        "paused_at": moment(row.paused_at),
        "paused_destinations": parked or None,
        "last_good": moment(row.last_good),
    }


def quarantined(row: QuarantineRow) -> dict[str, Any]:
    return {
        "quarantine_id": row.quarantine_id,
        "source": row.source,
        "received_at": moment(row.received_at),
        "reason": row.reason,
    }


def moment(seconds: float | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
