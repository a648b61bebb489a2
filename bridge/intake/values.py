"""What every format's parser answers, how it refuses, and what no lead may hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from bridge.leads import Intent, Lead, Problem, problems

DEEPEST_EXTRA = 10  # levels of `extra`


class UnreadableError(Exception):
    """No lead could be made of the payload; `problems` names each field and what is wrong."""

    def __init__(self, faults: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{one.field} {one.message}" for one in faults))
        self.problems = list(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a source says of its payloads. `default_intent` stands in where one names none."""

    default_intent: Intent | None = None
    company_id: int | None = None  # HomeQ's own id of the landlord
    create_from_signing: bool = False  # HomeQ: a signed tenant that nobody knows is a lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """No lead, but something that happened to one: it stands on that lead's timeline.

    `facts` name no person; `names` find the lead, the closest first; `keys` as in `Parsed`.
    """

    kind: str
    facts: Mapping[str, object]
    names: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """`notes`: what was assumed on the way, in words. `keys`: what the payload calls itself.

    `names`: what a milestone of the same matter calls it, the closest first. `instead_of`: what it
    is where a lead of these names is known already.
    """

    lead: Lead
    notes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    instead_of: Milestone | None = None


def validated(tree: object) -> Lead:
    """Raises `UnreadableError` with every fault of the tree."""
    try:
        lead = Lead.model_validate(tree)
    except ValidationError as error:
        raise UnreadableError(problems(error)) from None
    if lead.extra:
        _check_extra(lead)
    return lead


def refused(field: str, message: str) -> UnreadableError:
    """A refusal with a single problem."""
    return UnreadableError([Problem(field=field, message=message, kind="invalid")])


def deeper_than(levels: int, value: object) -> bool:
    """Without recursion, so that no depth of `value` can hurt."""
    here = [value]
    for _ in range(levels):
        here = [
            child
            for one in here
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not here:
            return False
    return True


def _check_extra(lead: Lead) -> None:
    """The one open field is written down as JSON; Celery's serializer knows more than JSON."""
    if deeper_than(DEEPEST_EXTRA, lead.extra):
        raise refused("extra", f"is nested deeper than {DEEPEST_EXTRA} levels")
    try:
        orjson.dumps(lead.model_dump(mode="json", include={"extra"}))
    except (TypeError, PydanticSerializationError):
        raise refused("extra", "holds what JSON cannot, such as half a character") from None
