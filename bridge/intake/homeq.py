"""HomeQ's webhook events → leads, withdrawals and milestones (FACTS part 3).

The shape decides, never `type`: two pairs of events document the same one (H-T1). What fits no
shape, or two, is refused (H-T2). Fellow and warrantor have asked for nothing and are left out
(H-T25).
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.intake.values import Expected, Milestone, Parsed, UnreadableError, refused, validated
from bridge.leads import Problem

Event = Mapping[str, object]
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
OTHERS = ("fellow", "warrantor")

SHAPES: Mapping[str, Callable[[Event], bool]] = {
    "agreement": lambda e: "agreement_id" in e and isinstance(e.get("employee"), dict),
    "project": lambda e: "project_id" in e and ("interaction_type" in e or "email_id" in e),
    "reservation": lambda e: isinstance(e.get("applicant"), dict),
    "signature": lambda e: "signatory_type" in e and "signatory_name" in e,
    "signing": lambda e: isinstance(e.get("signatories"), list),
}


def parse(payload: Event, expected: Expected) -> Parsed | Milestone:
    """Raises `UnreadableError`."""
    fits = [name for name, fit in SHAPES.items() if fit(payload)]
    if len(fits) != 1:
        found = " and ".join(fits) or "none of HomeQ's events"
        raise refused("payload", f"has the shape of {found}")
    event = _Event(payload, expected)
    match fits[0]:
        case "project":
            return event.project()
        case "reservation":
            return event.reservation()
        case "signing":
            return event.signing()
        case kind:
            return event.milestone(f"homeq.{kind}")


class _Event:
    """One event that has one shape."""

    def __init__(self, payload: Event, expected: Expected) -> None:
        self._payload = payload
        self._expected = expected
        self._notes: list[str] = []
        self._company = self._id("company_id")
        if expected.company_id not in {None, self._company}:
            text = f"is {self._company}, and this source is {expected.company_id}'s"
            raise refused("company_id", text)
        self._uuid = self._text(payload, "uuid")

    def project(self) -> Parsed:
        """A consumer follows a project, or no longer does (H-T5)."""
        wish = self._text(self._payload, "interaction_type").upper()
        intents = {"SUBSCRIBED": "project_follow", "UNSUBSCRIBED": "withdrawal"}
        if wish not in intents:
            raise refused("interaction_type", "is neither SUBSCRIBED nor UNSUBSCRIBED")
        email = self._text(self._payload, "email_id")
        if not EMAIL.fullmatch(email):
            raise refused("email_id", "is no e-mail address")  # H-T3
        number = self._id("project_id")
        person = {
            "first_name": self._payload.get("first_name"),
            "last_name": self._payload.get("last_name"),
            "emails": [email],
            "national_id": self._payload.get("ssn"),
        }
        said = f"HomeQ: projekt {number}"
        return self._lead(intents[wish], person, f"homeq:project:{number}", said)

    def reservation(self) -> Parsed:
        """A listing is reserved for its applicant, the only lead in it."""
        applicant = self._payload["applicant"]
        number, listing = self._id("apartment_id"), self._id("object_ad_id")
        agent = self._agent()
        said = [f"HomeQ: annons {listing}, lägenhet {number}"]
        said += [f"Handläggare: {agent}"] if agent else []
        if any(isinstance(self._payload.get(one), dict) for one in OTHERS):
            said.append("En medsökande eller borgensman finns.")
        words = ". ".join(filter(None, (one.rstrip(".") for one in said))) + "."
        person = _person(applicant if isinstance(applicant, dict) else {})
        return self._lead("reservation", person, f"homeq:apartment:{number}", words)

    def signing(self) -> Parsed | Milestone:
        """The deal is done; staff of the landlord sign too (H-T14)."""
        signed = self._payload["signatories"]
        tenants = [
            one
            for one in (signed if isinstance(signed, list) else ())
            if isinstance(one, dict) and str(one.get("signatory_type", "")).upper() == "TENANT"
        ]
        unseen = self.milestone("homeq.signing", signatories=len(self._list("signatories")))
        if not self._expected.create_from_signing or not tenants:
            return unseen
        number = self._id("apartment_id")
        said = f"HomeQ: kontrakt signerat, lägenhet {number}"
        created = self._lead("reservation", _person(tenants[0]), f"homeq:apartment:{number}", said)
        return Parsed(created.lead, created.notes, created.keys, created.names, instead_of=unseen)

    def milestone(self, kind: str, **facts: object) -> Milestone:
        known = {"signatory_type": self._payload.get("signatory_type"), **self._ids()}
        told = {**known, **facts, "created": self._payload.get("created")}
        return Milestone(
            kind=kind,
            facts={name: value for name, value in told.items() if value is not None},
            names=self._names(),
            keys=(self._key(),),
        )

    def _key(self) -> str:
        """An agreement is one, whether it was told of or asked for."""
        if "agreement_id" in self._payload:
            return f"homeq:{self._company}:agreement:{self._id('agreement_id')}"
        return f"homeq:{self._uuid}"

    def _lead(self, intent: str, person: Any, reference: str, said: str) -> Parsed:
        moment = self._moment()
        tree = {
            "intent": intent,
            "occurred_at": moment,
            "country": "SE",
            "language": "sv",
            "person": person,
            "property": {"reference": reference},
            "message": None if intent == "withdrawal" else said,
            "marketing": {"referrer": "https://homeq.se", "utm": {"source": "homeq"}},
            "extra": {"homeq": self._extra()},
        }
        try:
            lead = validated(tree)
        except UnreadableError as error:
            raise UnreadableError([_in_their_words(one) for one in error.problems]) from None
        # Whether a repeat keeps its uuid nobody states: what it says is a second key (H-T7).
        body = f"homeq:{intent}:{reference}:{person.get('emails')}:{self._payload.get('created')}"
        keys = (f"homeq:{self._uuid}", body)
        return Parsed(lead, tuple(self._notes), keys, self._names())

    def _names(self) -> tuple[str, ...]:
        """Listing before apartment: an apartment is let again and again."""
        kinds = (("listing", "object_ad_id"), ("apartment", "apartment_id"))
        return tuple(
            f"homeq:{self._company}:{kind}:{self._id(field)}"
            for kind, field in kinds
            if field in self._payload
        )

    def _ids(self) -> dict[str, int]:
        fields = ("company_id", "office_id", "apartment_id", "object_ad_id", "project_id")
        known = (*fields, "agreement_id")
        return {name: self._id(name) for name in known if self._payload.get(name) is not None}

    def _id(self, name: str) -> int:
        """HomeQ's small numbers, which JSON may bring as text (H-T10)."""
        value = self._payload.get(name)
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise refused(name, "is no id of HomeQ's")
        return value

    def _extra(self) -> dict[str, object]:
        agent = self._agent()
        type_ = self._payload.get("type")
        told = {"agent": agent, "agent_email": self._agent_email()}
        return {**self._ids(), "type": type_, **{k: v for k, v in told.items() if v}}

    def _agent(self) -> str:
        """The landlord's employee, by name (H-T13)."""
        employee = self._payload.get("employee")
        if not isinstance(employee, dict):
            return ""
        names = (employee.get("first_name"), employee.get("last_name"))
        return " ".join(one for one in names if isinstance(one, str))

    def _agent_email(self) -> str:
        """So that a Norwegian office's own employee can be told (H-T13)."""
        employee = self._payload.get("employee")
        email = employee.get("email") if isinstance(employee, dict) else None
        return email.strip() if isinstance(email, str) and EMAIL.fullmatch(email.strip()) else ""

    def _moment(self) -> datetime | None:
        """A text whose format nobody states (H-T9), and whose zone neither (X-T11)."""
        text = str(self._payload.get("created") or "").strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self._notes.append("`created` cannot be read; the time of arrival counts")
            return None
        if moment.tzinfo is None:
            self._notes.append("`created` names no time zone; UTC was assumed")
            moment = moment.replace(tzinfo=UTC)
        return moment

    def _list(self, name: str) -> list[object]:
        value = self._payload.get(name)
        return value if isinstance(value, list) else []

    def _text(self, where: Event, name: str) -> str:
        value = where.get(name)
        if not isinstance(value, str) or not value.strip():
            raise UnreadableError([Problem(field=name, message="is required", kind="missing")])
        return value.strip()


def _person(one: Mapping[str, object]) -> dict[str, object]:
    """Birth date and protected identities' notes have no place in a lead (FACTS 4.2)."""
    email, phone = one.get("email"), one.get("phone")
    return {
        "first_name": one.get("first_name"),
        "last_name": one.get("last_name"),
        "emails": [email] if email else [],
        "phones": [phone] if phone else [],  # in whatever format (H-T23)
        "national_id": one.get("ssn"),  # H-T4: sealed, and sent nowhere unless a destination asks
        "address": {
            "street": one.get("street"),
            "postal_code": one.get("zip_code"),
            "city": one.get("city"),
        },
    }


def _in_their_words(fault: Problem) -> Problem:
    theirs = {
        "person.national_id": "ssn",
        "person.address.postal_code": "zip_code",
        "person.address.street": "street",
        "person.address.city": "city",
    }
    field = theirs.get(fault.field, fault.field.removeprefix("person."))
    return fault.model_copy(update={"field": field})
