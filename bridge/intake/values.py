"""What every format's parser answers, and how it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bridge.leads import Lead, Problem, problems


class UnreadableError(Exception):
    """No lead could be made of the payload; `problems` names each field and what is wrong."""

    def __init__(self, faults: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{one.field} {one.message}" for one in faults))
        self.problems = list(faults)


@dataclass(frozen=True, slots=True)
class Parsed:
    """`notes`: what was assumed on the way, in words."""

    lead: Lead
    notes: tuple[str, ...] = ()


def validated(tree: object) -> Lead:
    """Raises `UnreadableError` with every fault of the tree."""
    try:
        return Lead.model_validate(tree)
    except ValidationError as error:
        raise UnreadableError(problems(error)) from None
