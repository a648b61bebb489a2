"""What Vitec knows: offices with their passwords and estates, contacts, and who watches what."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

MOST_IDS = 20
SWEDISH_WINTER = timezone(timedelta(hours=1))


@dataclass
class Customer:
    """Each function group has a password of its own (V-T6); `crm` None is no right to it."""

    advertising: str
    crm: str | None = None
    estates: set[str] = field(default_factory=set)


@dataclass
class Offices:
    """One user name per partner; `single_as_object` answers one contact id with an object (V-T9).

    `most_ids`: of one call, 20 by its page and 5 by its newer siblings; `unknown_is_404`: one id
    that is not there spoils the call, for what happens then is not stated.
    `contacts` are JSON as CRM answers it, by id; `relations` lists each contact's estates.
    """

    username: str
    customers: dict[str, Customer]
    single_as_object: bool = False
    most_ids: int = MOST_IDS
    unknown_is_404: bool = False
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    relations: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _by_reach: dict[tuple[str, str], str] = field(default_factory=dict)

    def add_contact(self, contact: dict[str, Any]) -> None:
        self.contacts[contact["id"]] = contact
        for reach in reaches(contact):
            self._by_reach.setdefault((contact["customerId"], reach), contact["id"])

    def contact_for(self, customer: str, person: dict[str, Any], now: float) -> str:
        """The duplicate check: the same e-mail or phone at the same office is the same person."""
        for reach in reaches(person):
            if known := self._by_reach.get((customer, reach)):
                return known
        contact = _new_contact(customer, person, now, number=len(self.contacts))
        self.add_contact(contact)
        return str(contact["id"])

    def watch(self, contact: str, estate: str, status: str) -> None:
        """The status counts only if the contact is not on the home already (V-T12)."""
        known = self.relations.setdefault(contact, [])
        if all(one["estateId"] != estate for one in known):
            known.append({"contactId": contact, "estateId": estate, "status": status})

    def search(self, customer: str, text: str) -> list[dict[str, Any]]:
        """Free text over name, national id, e-mail and phone."""
        needle, digits = text.casefold(), _digits(text)
        return [
            contact
            for contact in self.contacts.values()
            if contact["customerId"] == customer
            and (
                needle in _words(contact)
                or (len(digits) > 5 and any(digits in one for one in reaches(contact)))
            )
        ]


def reaches(person: dict[str, Any]) -> list[str]:
    """Every way to reach a person, comparable: e-mails folded, phones as digits."""
    emails = [one.strip().casefold() for one in person.get("email", {}).values()]
    phones = [_digits(one) for one in person.get("telephone", {}).values()]
    return [one for one in (*emails, *phones) if one]


def stamp(now: float) -> str:
    """An instant as Vitec writes it: with an offset, six or seven digits of a second (X-T11)."""
    return datetime.fromtimestamp(now, SWEDISH_WINTER).isoformat(timespec="microseconds")


def _new_contact(
    customer: str, person: dict[str, Any], now: float, *, number: int
) -> dict[str, Any]:
    unique = hashlib.sha256(f"{customer} {number}".encode()).hexdigest()[:32].upper()
    return {
        "id": f"ADR{unique}",
        "type": "Person",
        "customerId": customer,
        **person,
        "isDeceased": False,
        "advertisingEnabled": True,
        "categories": [],
        "createdAt": stamp(now),
        "changedAt": stamp(now),
    }


def _words(contact: dict[str, Any]) -> str:
    names = ("firstName", "lastName", "name", "socialSecurityNumber", "corporateNumber")
    found = [contact[name] for name in names if name in contact]
    return " ".join([*found, *contact.get("email", {}).values()]).casefold()


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
