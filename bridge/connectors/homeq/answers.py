"""How HomeQ's JSON is read: three names for a list, numbers as text, errors by their code alone."""

from collections.abc import Mapping
from typing import Any

from bridge.connectors import classify
from bridge.connectors.base import LookUpError
from bridge.connectors.transport import LARGEST, Answer

JSON = {"accept": "application/json", "content-type": "application/json"}
EXTERNAL = ("landlord_object_id", "external_id")  # one thing, two names (H-T20)
Row = Mapping[str, Any]


class TooLongError(LookUpError):
    """The answer is longer than an answer that is read."""


def json_of(answer: Answer) -> Any:
    """Raises `LookUpError`."""
    found = classify.json_of(answer)
    if not answer.ok:
        raise LookUpError(f"HomeQ said HTTP {answer.status}{error_of(found)}")
    if len(answer.body) >= LARGEST:
        raise TooLongError(f"HomeQ's answer is longer than {LARGEST // 1024} KiB")
    if found is None or not answer.complete:
        raise LookUpError(f"HomeQ said HTTP {answer.status} without JSON")
    return found


def error_of(found: object) -> str:
    """The code alone: a description may name a person."""
    return f" {found['error']}" if isinstance(found, dict) and found.get("error") else ""


def said_no(found: object, code: str) -> bool:
    return isinstance(found, dict) and found.get("error") == code


def rows_of(found: Any, name: str = "results") -> list[Row]:
    """The rows of a list under its name, or the bare list that some calls answer."""
    rows = found.get(name) if isinstance(found, dict) else found
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def part(row: Row, name: str) -> Row:
    """An object in an object; empty where it is absent or null."""
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def text_of(value: object) -> str:
    """Trimmed; the schema types an external id as an integer at one place (H-T20)."""
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip() if is_text else ""


def number_of(value: object) -> int | None:
    """A number, or the digits of a text: a sample has the total "1," (H-T19)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = "".join(one for one in str(value or "") if one in "0123456789")
    return int(digits) if digits and isinstance(value, str) else None


def external_of(row: Row) -> str | None:
    """What the landlord calls it, by whichever name."""
    return next((text_of(row.get(name)) for name in EXTERNAL if text_of(row.get(name))), None)
