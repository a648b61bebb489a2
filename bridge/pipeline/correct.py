"""A person corrects a lead that was held or refused; validated as if it came in at the front."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from bridge import phones
from bridge.delivery.values import Amendment, LeadId
from bridge.delivery.vault import SealError
from bridge.leads import Lead, Problem, problems
from bridge.outcomes import State
from bridge.pipeline import prints
from bridge.pipeline.parts import Parts
from bridge.pipeline.reroute import reroute
from bridge.pipeline.story import region_of

FIELDS = (
    "person.first_name",
    "person.last_name",
    "person.emails",
    "person.phones",
    "property.reference",
    "message",
)
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
SENT_AGAIN = frozenset({State.HELD, State.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """`problems`: nothing was changed. `changed` names fields, never what is in them."""

    problems: tuple[Problem, ...] = ()
    changed: tuple[str, ...] = ()
    released: tuple[str, ...] = ()


class CorrectError(Exception):
    """It cannot be corrected; one sentence for a person."""


def form_of(lead: Lead) -> dict[str, str]:
    """What a form shows: one e-mail or phone a line."""
    return {
        "person.first_name": lead.person.first_name or "",
        "person.last_name": lead.person.last_name or "",
        "person.emails": "\n".join(lead.person.emails),
        "person.phones": "\n".join(one.number for one in lead.person.phones),
        "property.reference": lead.property.reference or "",
        "message": lead.message or "",
    }


async def seen(parts: Parts, lead_id: LeadId) -> tuple[Lead, str]:
    """The lead as it is, and a print of it. Raises `CorrectError`."""
    blob = await parts.ledger.blob(lead_id)
    if blob is None:
        raise CorrectError("There is no such lead, or its person was erased.")
    return _lead(parts, blob), _print(parts, blob)


async def correct(
    parts: Parts, lead_id: LeadId, given: Mapping[str, str], *, seen_as: str, who: str
) -> Corrected:
    """Raises `CorrectError`, also where somebody else changed it since `seen_as`."""
    row, blob = await parts.ledger.lead(lead_id), await parts.ledger.blob(lead_id)
    if row is None or blob is None:
        raise CorrectError("There is no such lead, or its person was erased.")
    if _print(parts, blob) != seen_as:
        raise CorrectError("Somebody changed this lead meanwhile; look at it again.")
    old = _lead(parts, blob)
    try:
        new = Lead.model_validate(_tree(old, given))
    except ValidationError as error:
        return Corrected(problems=tuple(problems(error)))
    doubts = tuple(_doubts(old, new, region_of(parts, row, new)))
    if doubts:
        return Corrected(problems=doubts)
    changed = tuple(name for name in FIELDS if form_of(old)[name] != form_of(new)[name])
    if not changed:
        return Corrected()
    region = region_of(parts, row, new)
    contacts, marks = prints.contacts(parts.vault, new, region), prints.marks(parts.vault, new)
    before = {
        *prints.contacts(parts.vault, old, region_of(parts, row, old)),
        *prints.marks(parts.vault, old),
    }
    kept = orjson.loads(parts.vault.unseal(blob)) | {"lead": new.model_dump(mode="json")}
    header = {"what": "amended", "who": who, "fields": changed}
    await parts.ledger.amend(
        Amendment(
            lead_id=lead_id,
            blob=parts.vault.seal(orjson.dumps(kept)),
            contacts=contacts,
            marks=marks,
            gone=tuple(sorted(before - {*contacts, *marks})),
            about=prints.about(parts.vault, new),
            entry=orjson.dumps(header) + b"\n",
        )
    )
    return Corrected(changed=changed)


async def release(
    parts: Parts, lead_id: LeadId, *, who: str, accounts: tuple[str, ...] = ()
) -> list[str]:
    """Send again what was held or refused, and route what no route took; says which go on.

    `accounts`: nothing at others; none: at all.
    """
    going = []
    for row in await parts.ledger.deliveries_of(lead_id):
        if row.state in SENT_AGAIN and (not accounts or row.account in accounts):
            await parts.ledger.act(row.delivery_id, "replay", who=who)
            await parts.nudge(row.account)
            going.append(row.destination)
    (again,) = await reroute(parts, [lead_id], who=who)
    return [*going, *(one.partition(":")[2] for one in again.opened)]


def _tree(old: Lead, given: Mapping[str, str]) -> dict[str, Any]:
    """The old lead with what was given in its place; a phone that stays keeps its label."""
    tree: dict[str, Any] = old.model_dump(mode="json")
    person, labels = tree["person"], {one.number: one.label for one in old.person.phones}
    person["first_name"] = given.get("person.first_name", "")
    person["last_name"] = given.get("person.last_name", "")
    person["emails"] = list(_lines(given.get("person.emails", "")))
    person["phones"] = [
        {"number": one, "label": labels.get(one)} for one in _lines(given.get("person.phones", ""))
    ]
    tree["property"]["reference"] = given.get("property.reference", "")
    tree["message"] = given.get("message", "").replace("\r\n", "\n")
    return tree


def _doubts(old: Lead, new: Lead, region: str | None) -> Iterator[Problem]:
    """What is new must be certain: that is what a person corrects it for."""
    known = {*old.person.emails, *(one.number for one in old.person.phones)}
    for email in new.person.emails:
        if email not in known and not EMAIL.fullmatch(email):
            message = "is no e-mail address: one a line, such as anna@example.com"
            yield Problem(field="person.emails", message=message, kind="invalid")
    for number in (one.number for one in new.person.phones):
        phone = phones.normalize(number, region)
        if number not in known and not phone.e164:
            message = (
                f"{phone.reason or 'is no phone number'}: write it with its country code, +46 …"
            )
            yield Problem(field="person.phones", message=message, kind="invalid")


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _lead(parts: Parts, blob: bytes) -> Lead:
    try:
        return Lead.model_validate(orjson.loads(parts.vault.unseal(blob))["lead"])
    except SealError as error:
        raise CorrectError(f"{error}.") from None


def _print(parts: Parts, blob: bytes) -> str:
    return parts.vault.fingerprint("blob", blob.hex())
