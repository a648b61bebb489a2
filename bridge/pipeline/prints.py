"""The fingerprints under which a lead is known again (DESIGN 1.3). None can be read back."""

from collections.abc import Iterator
from typing import Literal

import orjson

from bridge import phones
from bridge.delivery.vault import Vault
from bridge.leads import Intent, Lead

WANTED = "wanted"  # the drawer of references that leads wait for → the source of one of them
PlaceKind = Literal["reference", "vitec", "flow", "flow id", "flow order"]


def identities(vault: Vault, lead: Lead, source: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The same message: its own id, else what the sender calls it, else what it says.

    A withdrawal may carry the id of the lead that it takes back: that is another message.
    """
    kind = "withdrawal" if lead.intent is Intent.WITHDRAWAL else "lead"
    found = [vault.fingerprint("key", source, key) for key in keys]
    if lead.external_id:
        found.insert(0, vault.fingerprint("message", kind, source, lead.external_id))
    if not found:
        body = orjson.dumps(lead.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        found.append(vault.fingerprint("body", source, body.decode()))
    return tuple(found)


def withdrawn_message(vault: Vault, lead: Lead, source: str) -> Iterator[str]:
    """The message that a withdrawal with the same external id takes back."""
    if lead.external_id:
        yield vault.fingerprint("message", "lead", source, lead.external_id)


def contacts(vault: Vault, lead: Lead, region: str | None) -> tuple[str, ...]:
    """Each e-mail and each certain phone; also how a lead is found by them later."""
    found = [contact(vault, email) for email in lead.person.emails if email]
    for phone in lead.person.phones:
        known = phones.normalize(phone.number, region)
        found += [contact(vault, one) for one in (known.e164, *known.alternates) if one]
    return tuple(dict.fromkeys(found))


def contact(vault: Vault, email_or_e164: str) -> str:
    return vault.fingerprint("contact", email_or_e164.strip().casefold())


def about(vault: Vault, lead: Lead) -> str:
    """The property, by the first of its names; empty where the lead names none."""
    return next(properties(vault, lead), "")


def marks(vault: Vault, lead: Lead) -> tuple[str, ...]:
    """What finds it beside its contacts: each name of its property, and its external id."""
    external = [external_id(vault, lead.external_id)] if lead.external_id else []
    return (*external, *properties(vault, lead))


def external_id(vault: Vault, name: str) -> str:
    return vault.fingerprint("external", name.casefold())


def named(vault: Vault, name: str) -> str:
    """What a milestone calls the matter of a lead, such as `homeq:3:listing:77`."""
    return vault.fingerprint("named", name)


def milestone(vault: Vault, key: str) -> str:
    return vault.fingerprint("milestone", key)


def place(vault: Vault, kind: PlaceKind, name: str) -> str:
    """One name of a property: our reference, or a vendor's own id of it."""
    return vault.fingerprint("property", kind, name.casefold())


def properties(vault: Vault, lead: Lead) -> Iterator[str]:
    """Each name of its property."""
    here = lead.property
    names: tuple[tuple[PlaceKind, object], ...] = (
        ("reference", here.reference),
        ("vitec", here.vitec.estate_id),
        ("flow", here.flow.case_guid),
        ("flow id", here.flow.case_id),
        ("flow order", here.flow.order_id),
    )
    for kind, name in names:
        if name:
            yield place(vault, kind, str(name))


def wishes(vault: Vault, contacts: tuple[str, ...], about: str, intent: Intent) -> tuple[str, ...]:
    """The same wish: (a contact, property, intent). Without a contact nothing can be the same."""
    return tuple(vault.fingerprint("wish", one, about, intent) for one in contacts)
