"""What Vitec takes as a final price watch (FACTS 1B.2). Refusals are Swedish and echo the person,
as the vendor's may (V-T15)."""

import re
from typing import Any

from bridge.sandbox.shapes import Shape, ShapeError, check_shape

BODY: dict[str, Shape] = {
    "person": {
        "firstName": str,
        "lastName": str,
        "socialSecurityNumber": str,
        "isForeignSocialSecurityNumber": bool,
        "address": {"streetAddress": str, "zipCode": str, "city": str},
        "email": {"emailAddress": str, "emailAddress2": str},
        "telephone": {"home": str, "work": str, "cell": str, "other": str},
    },
    "prospectiveBuyerStatus": (str, int),
    "leadSourceId": str,
    "marketing": {"referrer": str, "utmTags": [{"name": str, "value": str}]},
    "message": str,
}
STATUSES = frozenset({"Assigned"})  # no other value is published, and no number (V-T1)
NAME_LIMIT = 40  # V-T3: of this endpoint's model page
NATIONAL_ID_LIMIT = 20
PHONE_LIMIT = 17  # of the sibling models
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class NotValidError(ValueError):
    """The Swedish message of a 400."""


def check_watch(body: Any) -> None:
    """Raises `NotValidError` unless the body is exactly what the pages and model pages allow."""
    try:
        check_shape(body, BODY)
    except ShapeError as error:
        raise NotValidError(_worded(error)) from None
    person = body.get("person")
    if not person:
        raise NotValidError("En kontaktperson måste anges")
    _check_names(person)
    _check_reach(person)
    status = body.get("prospectiveBuyerStatus", "Assigned")
    if status not in STATUSES:
        raise NotValidError(f"Statusen '{status}' är felaktig")


def _check_names(person: dict[str, Any]) -> None:
    for name, label in (("firstName", "Förnamn"), ("lastName", "Efternamn")):
        given = person.get(name, "")
        if not given.strip() or len(given) > NAME_LIMIT:  # V-T4
            text = f"{label} måste vara mellan 1 och {NAME_LIMIT} tecken: '{given}'"
            raise NotValidError(text)
    national_id = person.get("socialSecurityNumber", "")
    if len(national_id) > NATIONAL_ID_LIMIT:
        text = f"Personnummer måste vara mellan 0 och {NATIONAL_ID_LIMIT} tecken: '{national_id}'"
        raise NotValidError(text)


def _check_reach(person: dict[str, Any]) -> None:
    """An e-mail or any phone (V-T5); whether `work` or `other` alone is enough is not stated."""
    emails = [one for one in person.get("email", {}).values() if one.strip()]
    phones = [one for one in person.get("telephone", {}).values() if one.strip()]
    if not emails and not phones:
        name = f"{person['firstName']} {person['lastName']}"
        text = f"Epostadress, telefonnummer eller mobilnummer måste anges för {name}"
        raise NotValidError(text)
    for email in emails:
        if not EMAIL.fullmatch(email):
            raise NotValidError(f"Epostadressen '{email}' är felaktig")
    for phone in phones:
        if len(phone) > PHONE_LIMIT:
            text = f"Telefonnumret '{phone}' måste vara mellan 0 och {PHONE_LIMIT} tecken"
            raise NotValidError(text)


def _worded(error: ShapeError) -> str:
    if error.unknown:
        return f"Fältet {error.at} finns inte: '{error.value}'"
    return f"Fältet {error.at or 'bevakning'} har fel typ: '{error.value}'"
