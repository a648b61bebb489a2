"""Processing bases to choose from, and whether those that were chosen still serve (F-T6, F-T6b)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from bridge.connectors.base import LookUpError, Use
from bridge.connectors.flow import asking
from bridge.connectors.flow import bases as picking
from bridge.connectors.flow.api import FlowCalls
from bridge.connectors.flow.settings import Bases, Category, Stakeholder

# The page's numbers; a list may hold them in place of names (F-T5).
CATEGORIES = {
    "0": "Standalone",
    "1": "SpecificCase",
    "2": "SimilarCases",
    "100": "Lead",
    "999": "BankLead",
}
SYSTEM_TYPES = {
    "0": "Manual",
    "10": "IsSeller",
    "11": "IsBuyer",
    "12": "IsStakeholder",
    "13": "IsBidder",
    "20": "IsSupportRole",
    "21": "IsOtherRole",
    "30": "CustomerRegistration",
    "60": "NewsLetter",
    "100": "Checklist",
}

Basis = Mapping[str, Any]


async def newest(calls: FlowCalls) -> list[Basis]:
    """All that are active. Raises `LookUpError`."""
    return _rows(await asking.json(calls, "ProcessingBases/Newest"))


async def of(calls: FlowCalls, category: str, display_types: Sequence[str] = ()) -> list[Basis]:
    """Of one category, also those that cannot be used. Raises `LookUpError`."""
    query = urlencode([("displayTypes", one) for one in display_types])
    path = f"ProcessingBases/{quote(category)}{'?' if query else ''}{query}"
    return _rows(await asking.json(calls, path))


def category(basis: Basis) -> str:
    return _named(basis.get("CategoryType"), CATEGORIES)


def system_type(basis: Basis) -> str:
    return _named(basis.get("SystemType"), SYSTEM_TYPES)


def fault(basis: Basis) -> str:
    """Why no lead may be sent with it, or nothing."""
    if basis.get("IsNewestVersion", True) is not True:
        return "is an older version"
    if basis.get("IsActive", True) is not True:
        return "is not active"
    return "" if basis.get("CanBeContacted") is True else "does not allow contact"


async def stale(calls: FlowCalls, uses: Sequence[Use]) -> dict[str, str] | None:
    """Destination → a sentence, for those whose configured bases serve no more.

    None where no basis is configured. Raises `LookUpError` where it cannot be said.
    """
    named = [
        (use.destination, use.options.processing_bases)
        for use in uses
        if isinstance(use.options, Stakeholder)
    ]
    if not any(bases != Bases() for _, bases in named):
        return None
    active = await newest(calls)
    known = {str(one.get("Guid", "")).lower(): one for one in active}
    guids = {str(guid) for _, bases in named for guid in bases.guids}
    if guids - set(known):  # so that the sentence can say why
        known = await _everything(calls) | known
    said = {name: "; ".join(_faults(bases, known, active)) for name, bases in named}
    return {name: text for name, text in said.items() if text}


def _faults(bases: Bases, known: Mapping[str, Basis], active: Sequence[Basis]) -> Iterator[str]:
    for guid in map(str, bases.guids):
        basis = known.get(guid)
        why = fault(basis) if basis is not None else "is not known to Flow"
        if why:
            yield f"processing basis {guid} {why}{_successor(basis, active)}"
    same = [one for one in active if category(one) == bases.category]
    if bases.display_types and not picking.usable(same, bases):
        wanted = ", ".join(bases.display_types)
        yield f"no active basis of {bases.category} that allows contact is shown at {wanted}"
    # Flow picks this one itself, so it need not allow contact to be taken.
    pairs = {(category(one), system_type(one)) for one in active}
    if bases.system_type and (bases.category, bases.system_type) not in pairs:
        yield f"no active basis is {bases.category} and {bases.system_type}"


def _successor(basis: Basis | None, active: Sequence[Basis]) -> str:
    """The usable basis of the same kind, where there is just one."""
    if basis is None:
        return ""
    same = [one for one in active if not fault(one) and _kind(one) == _kind(basis)]
    return f"; the usable one of its kind is {same[0].get('Guid')}" if len(same) == 1 else ""


def _kind(basis: Basis) -> tuple[str, str]:
    return category(basis), system_type(basis)


async def _everything(calls: FlowCalls) -> dict[str, Basis]:
    found: dict[str, Basis] = {}
    for one in Category:
        found |= {str(row.get("Guid", "")).lower(): row for row in await of(calls, one)}
    return found


def _rows(found: Any) -> list[Basis]:
    if not isinstance(found, list):
        raise LookUpError("Flow answered something that is no list of processing bases")
    return [one for one in found if isinstance(one, dict)]


def _named(value: object, names: Mapping[str, str]) -> str:
    return names.get(str(value), str(value or ""))
