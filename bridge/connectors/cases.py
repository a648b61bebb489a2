"""What a vendor tells of its cases: changes, names, publications. Plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from bridge.connectors.base import ActionOptions, LookUpError
from bridge.leads import Property

Holding = Literal["sold", "deactivated", "unpublished"]
HOLDING: tuple[Holding, ...] = ("sold", "deactivated", "unpublished")


class UnreadError(LookUpError):
    """Cases could not be read. `wait`: seconds that we were asked to wait; `final`: no use to ask
    again."""

    def __init__(self, text: str, *, wait: float = 0.0, final: bool = False) -> None:
        super().__init__(text)
        self.wait = wait
        self.final = final


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How an account's cases are watched; `every` in seconds."""

    every: float
    holds: frozenset[str]  # what a case must be so that its leads wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One case as it was told last. Times are unix seconds on the vendor's clock."""

    case_id: int
    modified: float
    activated: float | None = None
    sold: float | None = None
    joined: float | None = None  # when a contact was added
    publication: float | None = None  # when a publication changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`skip`: where the next page begins; None: this was the last one."""

    changes: tuple[Change, ...]
    skip: int | None = None


@runtime_checkable
class WatchesCases(Protocol):
    """A connector whose vendor can be asked which cases changed."""

    @property
    def watch(self) -> Watch | None:
        """None: this account's cases are not watched."""
        ...

    async def changed_cases(self, since: float, skip: int) -> Page:
        """Cases modified since then, in no order. Raises `UnreadError`."""
        ...

    async def case_names(self, case_ids: Sequence[int]) -> Mapping[int, str]:
        """Case number → the name by which leads know it, for those that the vendor finds.

        Raises `UnreadError`.
        """
        ...

    async def is_published(self, case_id: int) -> bool | None:
        """None: it never was, or nobody can tell. Raises `UnreadError`."""
        ...

    def cases_of(self, place: Property, options: ActionOptions) -> tuple[str, ...]:
        """The names of the case that a delivery is for: its number, its GUID in lower case."""
        ...
