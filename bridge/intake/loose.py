"""Names that mean one of our fields only where the value does: a form's `typ` may be `villa`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from bridge.intake.words import INTENTS, fold

MOMENT = TypeAdapter(datetime)
EARLIEST = 2000  # `tid: 17` is a wish, no moment of 1970


@dataclass(frozen=True, slots=True)
class Loose:
    """`fits`: is the value one of this field? `otherwise`: what the note says where it is not."""

    field: str
    fits: Callable[[object], bool]
    otherwise: str


def guids(value: object) -> list[str]:
    """The parts of a text or a list that should each be a GUID."""
    if isinstance(value, list):
        return [str(one) for one in value]
    return [one for one in re.split(r"[\s,;]+", str(value)) if one]


def _all_guids(value: object) -> bool:
    try:
        return bool([UUID(one) for one in guids(value)])
    except ValueError:
        return False


def _moment(value: object) -> bool:
    try:
        return MOMENT.validate_python(value).year >= EARLIEST
    except ValidationError:
        return False


def _intent(value: object) -> bool:
    return isinstance(value, str) and fold(value) in INTENTS


INTENT = Loose("intent", _intent, "says no intent that is known")
TIME = Loose("occurred_at", _moment, "is no moment that can be read")
# A ticked box says yes, not to what: bases that nobody named are never made up (F-T6b).
CONSENT = Loose("processing_bases", _all_guids, "names no processing basis")

LOOSE: Mapping[str, Loose] = {
    **dict.fromkeys(("type", "typ", "arende", "henvendelse"), INTENT),
    **dict.fromkeys(("timestamp", "createdat", "created", "submittedat", "skapad"), TIME),
    **dict.fromkeys(("opprettet", "date", "datum", "dato", "tid"), TIME),
    **dict.fromkeys(("consent", "consents", "samtycke", "samtykke", "gdpr"), CONSENT),
}
