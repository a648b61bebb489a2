"""HomeQ's offices in a route's `when`: the nearest rule above a lead's office takes it. Pure.

HomeQ's events name the office on which they happened, at times the root (H-T11). A rule for an
office serves everything below it that has no nearer rule; `"*"` is the company's own rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.leads import Lead

OFFICE = "homeq_office"
ANY = "*"
LAST = 1_000_000  # the company's rule is further away than every office


@dataclass(frozen=True, slots=True)
class Tree:
    """Office → the one above it, "" for a root; and what each is called."""

    parents: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def up_from(self, office: str) -> tuple[str, ...]:
        """It, and all above it; a circle ends where it closes."""
        found: dict[str, None] = {}
        while office and office not in found:
            found[office] = None
            office = self.parents.get(office, "")
        return tuple(found)


@dataclass(slots=True)
class Trees:
    """By account, as far as this process knows; `pipeline.offices` keeps them fresh."""

    by_account: dict[str, Tree] = field(default_factory=dict)
    read_at: float = float("-inf")

    def of(self, account: str | None) -> Tree:
        return self.by_account.get(account or "", NO_TREE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lead stands: its office first. `known`: the tree has it, so all above is there."""

    from_homeq: bool
    offices: tuple[str, ...]
    known: bool

    def rank(self, wanted: frozenset[str]) -> int | None:
        """How far away a rule is; None: it is none for this lead."""
        near = [depth for depth, office in enumerate(self.offices) if office in wanted]
        if near:
            return near[0]
        return LAST if ANY in wanted and self.from_homeq else None

    def nearest(self, rules: Iterable[frozenset[str]]) -> int | None:
        return min((rank for one in rules if (rank := self.rank(one)) is not None), default=None)

    def against(self, wanted: frozenset[str], nearest: int | None) -> str:
        """Why a rule does not take the lead; empty: it does."""
        rank = self.rank(wanted)
        if rank is not None and rank == nearest:
            return ""
        if not self.offices:
            return f"{OFFICE} is not given, it wants {_or(wanted)}"
        if rank is not None:
            return f"{OFFICE} is {self.offices[0]}, for which another route is nearer"
        above = f", below {', '.join(self.offices[1:])}" if self.offices[1:] else ""
        unknown = "" if self.known else "; which offices are above it is not known"
        return f"{OFFICE} is {self.offices[0]}{above}, it wants {_or(wanted)}{unknown}"


def place_of(lead: Lead, tree: Tree) -> Place:
    ids = lead.extra.get("homeq")
    office = ids.get("office_id") if isinstance(ids, dict) else None
    name = "" if office is None else str(office)
    return Place(isinstance(ids, dict), tree.up_from(name), name in tree.parents)


def _or(wanted: frozenset[str]) -> str:
    return " or ".join(sorted(wanted))


NO_TREE = Tree()
