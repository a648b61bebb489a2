"""Is the lead's person among the contacts of a case? By e-mail and certain phones (F5, F7)."""

from collections.abc import Iterable
from dataclasses import dataclass

from bridge import phones
from bridge.connectors import people
from bridge.connectors.base import Parcel
from bridge.connectors.flow.api import FlowCalls
from bridge.outcomes import NotSent, Outcome, State, Unsendable

MOST = 200  # contacts that are read for one lead, newest first


@dataclass(frozen=True, slots=True)
class Match:
    contact: int
    role: str


async def find(
    calls: FlowCalls, parcel: Parcel, case: int, roles: Iterable[str]
) -> Match | Outcome | Unsendable | None:
    """None: surely nobody with these roles; an outcome or `Unsendable`: why it cannot be said."""
    left = people.Leftovers()
    wanted = {one.casefold() for one in people.emails(parcel, left, "")}
    wanted |= {one.e164 for one in people.numbers(parcel, left, "")}
    seen: set[int] = set()  # whoever has two roles is read once
    for role in roles:
        ids = await calls.get(f"Cases/{case}/Roles/{role}/Ids", parcel.lead)
        if not isinstance(ids, list):
            odd = isinstance(ids, dict | str | int | float)
            return NotSent("look-up of Ids: Flow answered no list") if odd else ids
        newest = sorted({one for one in ids if isinstance(one, int)} - seen, reverse=True)
        for contact in newest[: MOST - len(seen)]:
            found = await calls.get(f"Contacts/{contact}", parcel.lead)
            if not isinstance(found, dict):
                odd = isinstance(found, list | str | int | float)
                return NotSent("look-up of a contact: no object") if odd else found
            if wanted & _addresses(found):
                return Match(contact, role)
            seen.add(contact)
        if not seen >= set(newest):
            text = f"case {case} has too many contacts of role {role} to look through"
            return Unsendable(State.HELD, f"{text}: more than {MOST}")
    return None


def _addresses(contact: dict[str, object]) -> set[str]:
    email, telephone = contact.get("Email"), contact.get("Telephone")
    found = {email.strip().casefold()} if isinstance(email, str) else set()
    if isinstance(telephone, str):
        known = phones.normalize(telephone, "NO")
        found |= {one for one in (known.e164, telephone.replace(" ", "")) if one}
    return found
