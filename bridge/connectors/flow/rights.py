"""What Flow's API user may do, and what its destinations need (FACTS F9; 1A.1 names the rights).

The page promises "a list of the user's Permissions" and no shape or spelling, so names are
compared by their letters. What the pages do not name is looked for by a word, and missing it is
only a doubt.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.connectors.base import Health, Use
from bridge.connectors.flow.order_settings import OrderAction
from bridge.connectors.flow.settings import Notification, Stakeholder

BASES = "ProcessingBasis - Read"
ROLES = "CaseRoles - Read"
CONTACTS = "Contacts - Read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """`sends`: without it nothing arrives. `is_named`: the vendor's pages have its name."""

    right: str
    sends: bool
    is_named: bool = True


def needs(use: Use) -> Iterator[Need]:
    match use.options:
        case Stakeholder(processing_bases=bases, not_for_roles=first):
            yield Need(right="stakeholder", sends=True, is_named=False)
            if bases.display_types or bases.guids:  # guids: for the nightly look alone
                yield Need(right=BASES, sends=bool(bases.display_types))
            if use.reads_back or first:
                yield Need(right=ROLES, sends=bool(first))
                yield Need(right=CONTACTS, sends=bool(first))
        case Notification() as options:
            yield Need(right="notification", sends=True, is_named=False)
            yield Need(right=ROLES, sends=True)
            if options.fallback_employees or options.homeq_employee:
                yield Need(right=CONTACTS, sends=True)
        case OrderAction():  # the page names a right for making orders alone
            yield Need(right="marketing integrator", sends=True, is_named=False)
        case _:
            return


def health(found: Mapping[str, Any], uses: Sequence[Use]) -> Health:
    """One sentence. Not ok: something would be refused for sure; a doubt is `None`."""
    tenant = f"tenant {found.get('TenantId', '?')}"
    given = found.get("Permissions")
    if not isinstance(given, list | dict):
        return Health(ok=True, detail=f"{tenant}; what it may do cannot be read")
    rights = {_letters(one) for one in _spoken(given)}
    detail = f"{tenant}, {len(given)} permission{'' if len(given) == 1 else 's'}"
    lacking = {
        use.destination: [one for one in needs(use) if not _has(rights, one)] for use in uses
    }
    lacking = {name: missing for name, missing in lacking.items() if missing}
    if not uses:
        return Health(ok=True, detail=detail)
    if not lacking:
        return Health(ok=True, detail=f"{detail}: all that its destinations need")
    named = {name: [one for one in missing if one.is_named] for name, missing in lacking.items()}
    stops = any(one.sends for missing in named.values() for one in missing)
    return Health(
        ok=False if stops else None,
        detail=f"{detail}; {_sentence(lacking)}",
        lacks=_sentence(named),
    )


def _sentence(lacking: Mapping[str, Sequence[Need]]) -> str:
    said = (f"{name} lacks {_listed(missing)}" for name, missing in lacking.items() if missing)
    return "; ".join(said)


def _listed(missing: Sequence[Need]) -> str:
    return " and ".join(
        one.right if one.is_named else f"any permission that names {one.right}s" for one in missing
    )


def _has(rights: set[str], need: Need) -> bool:
    wanted = _letters(need.right)
    return wanted in rights if need.is_named else any(wanted in one for one in rights)


def _spoken(found: Any, before: str = "") -> Iterator[str]:
    """Every text in it, alone and with what stands before it.

    `{"Name": "CaseRoles", "Level": "Read"}` and `{"CaseRoles": ["Read"]}` both say CaseRoles Read.
    """
    if isinstance(found, dict):
        yield " ".join(str(value) for value in found.values())
        for name, value in found.items():
            yield from _spoken(value, str(name))
    elif isinstance(found, list):
        for one in found:
            yield from _spoken(one, before)
    else:
        yield str(found)
        yield f"{before} {found}"


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
