"""Finding a lead's person in Vitec's CRM by e-mail and phone.

Vendor page: GET CRM/Contact/{customerId}/Search, free text over name, identity number, e-mail and
phone (FACTS 1B.3). It takes the person in the address, which our log does not show (X-T8).
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from bridge import phones
from bridge.connectors import people
from bridge.connectors.base import Parcel
from bridge.connectors.vitec import contacts
from bridge.connectors.vitec.crm import Crm

HOME = "+46"


def needles(parcel: Parcel) -> list[str]:
    """The valid e-mail addresses and certain phones of a lead.

    Brokers write Swedish numbers without the country, and how the search compares is not stated.
    """
    left = people.Leftovers()
    numbers = [one.e164 for one in people.numbers(parcel, left, "")]
    national = [f"0{one.removeprefix(HOME)}" for one in numbers if one.startswith(HOME)]
    return [*people.emails(parcel, left, ""), *numbers, *national]


async def found(crm: Crm, parcel: Parcel) -> AsyncIterator[str]:
    """Ids of contacts that have one of them, each once. Raises `CrmError`.

    Free text finds joanna@… for anna@…: who says another address is somebody else. Who says none
    is taken for the one that was searched, since the answer may hide fields (V-T10).
    """
    wanted, seen = needles(parcel), set[str]()
    for needle in wanted:
        for raw in (one for one in await crm.search(needle) if isinstance(one, dict)):
            for contact in contacts.read(raw):
                if contact.id not in seen and _is_the_one(raw, wanted):
                    seen.add(contact.id)
                    yield contact.id


def _is_the_one(raw: Mapping[str, Any], wanted: list[str]) -> bool:
    emails, numbers = _texts(raw.get("email")), _texts(raw.get("telephone"))
    known = {one.casefold() for one in emails}
    for number in numbers:
        read = phones.normalize(number, "SE")
        known |= {one for one in (read.e164, *read.alternates) if one}
    return not (emails or numbers) or bool(known & {one.casefold() for one in wanted})


def _texts(part: object) -> list[str]:
    values = part.values() if isinstance(part, dict) else ()
    return [one.strip() for one in values if isinstance(one, str) and one.strip()]
