"""Vitec Connect: FinalPriceWatched and the CRM contact calls (FACTS 1B)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.sandbox.world import VitecCustomer, World

MOST_IDS = 20
BODY = {
    "person": dict,
    "prospectiveBuyerStatus": str,
    "leadSourceId": str,
    "marketing": dict,
    "message": str,
}
PERSON = {
    "firstName": str,
    "lastName": str,
    "socialSecurityNumber": str,
    "isForeignSocialSecurityNumber": bool,
    "address": dict,
    "email": dict,
    "telephone": dict,
}
PARTS = {
    "address": ("streetAddress", "zipCode", "city"),
    "email": ("emailAddress", "emailAddress2"),
    "telephone": ("home", "work", "cell", "other"),
}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class RefusedError(Exception):
    """An HTTP error with Vitec's JSON message, in Swedish."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = JSONResponse({"message": message}, status_code=status)


class Vitec:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        watched = "/Advertising/Estate/{customer}/{estate}/FinalPriceWatched"
        return [
            Route(watched, self.watch, methods=["POST"]),
            Route("/CRM/Contact/{customer}/Search", self.search),
            Route("/CRM/Contact/{customer}/Speculator/{contact}", self.relations),
            Route("/CRM/Contact/{customer}/{ids}", self.contacts),
        ]

    async def watch(self, request: Request) -> Response:
        """A new watch; the person is checked for duplicates, the lead is stored (V-T12)."""
        try:
            customer = self._allowed(request, "advertising")
            estate = _estate(request, customer)
            body = await _json(request)
            check_watch(body)
        except RefusedError as refusal:
            return refusal.response
        name = request.path_params["customer"]
        reference = self._contact(name, body["person"])
        relation = {"estateId": estate, "status": body.get("prospectiveBuyerStatus", "Assigned")}
        self._world.vitec_relations.setdefault(reference, []).append(relation)
        self._world.remember(
            "vitec",
            "final_price_watched",
            account=name,
            property=estate,
            body=body,
            reference=reference,
        )
        if "json" not in request.headers.get("accept", ""):  # V-T16
            return Response(f"<string>{reference}</string>", media_type="application/xml")
        return JSONResponse(reference)  # a JSON string, whose meaning is not stated (V-T8)

    async def search(self, request: Request) -> Response:
        """Free text over name, e-mail and phone; the query's name is not documented: any one."""
        try:
            self._allowed(request, "crm")
        except RefusedError as refusal:
            return refusal.response
        needle = next(iter(request.query_params.values()), "").casefold()
        found = [
            one
            for one in self._world.vitec_contacts.values()
            if one["customerId"] == request.path_params["customer"] and needle in _haystack(one)
        ]
        return JSONResponse(found)

    async def relations(self, request: Request) -> Response:
        try:
            self._allowed(request, "crm")
        except RefusedError as refusal:
            return refusal.response
        return JSONResponse(self._world.vitec_relations.get(request.path_params["contact"], []))

    async def contacts(self, request: Request) -> Response:
        """Up to 20 ids; unknown ones are left out; one id may answer an object (V-T9)."""
        try:
            self._allowed(request, "crm")
        except RefusedError as refusal:
            return refusal.response
        ids = request.path_params["ids"].split(",")
        if len(ids) > MOST_IDS:
            return RefusedError(400, "Max 20 kontakter åt gången").response
        known = self._world.vitec_contacts
        found = [known[one] for one in dict.fromkeys(ids) if one in known]
        if self._world.single_as_object and len(ids) == 1 and found:
            return JSONResponse(found[0])
        return JSONResponse(found)

    def _allowed(self, request: Request, group: str) -> VitecCustomer:
        """One user name, a password per customer and function group (V-T6)."""
        username, password = _basic(request.headers.get("authorization", ""))
        customer = self._world.vitec.get(request.path_params["customer"])
        if customer is None:
            raise RefusedError(403, "Begärt data som det saknas åtkomst till")
        if group == "crm" and customer.crm is None:
            raise RefusedError(403, "Begärt data som det saknas åtkomst till")
        right = customer.advertising if group == "advertising" else customer.crm
        if username != self._world.vitec_username or password != right:
            raise RefusedError(401, "Användarnamnet eller lösenordet är felaktigt")
        return customer

    def _contact(self, customer: str, person: dict[str, Any]) -> str:
        """The duplicate check: the same e-mail or phone is the same person."""
        email = person.get("email", {})
        phones = set(person.get("telephone", {}).values())
        for known in self._world.vitec_contacts.values():
            same_email = known["email"].get("emailAddress") == email.get("emailAddress")
            same_phone = phones & set(known["telephone"].values())
            if known["customerId"] == customer and (
                (email.get("emailAddress") and same_email) or same_phone
            ):
                return str(known["id"])
        seed = f"{customer}{person}{len(self._world.vitec_contacts)}".encode()
        name = "ADR" + hashlib.sha256(seed).hexdigest()[:32].upper()
        self._world.vitec_contacts[name] = {
            "id": name,
            "type": "Person",
            "customerId": customer,
            "firstName": person["firstName"],
            "lastName": person["lastName"],
            "email": email,
            "telephone": person.get("telephone", {}),
            "advertisingEnabled": True,
            "isDeceased": False,
            "createdAt": "2026-11-24T10:31:03.655511+01:00",
        }
        return name


def check_watch(body: Any) -> None:
    """The documented body, and nothing else. Echoes the person, as the real one may (V-T15)."""
    _shape(body, BODY, "Bevakningen")
    person = body.get("person")
    if not isinstance(person, dict) or not person:
        raise RefusedError(400, "En kontaktperson måste anges")
    _shape(person, PERSON, "Kontaktpersonen")
    for name, label in (("firstName", "Förnamn"), ("lastName", "Efternamn")):
        if not 1 <= len(person.get(name, "").strip()) <= 40:
            raise RefusedError(
                400, f"{label} måste vara mellan 1 och 40 tecken: '{person.get(name)}'"
            )
    for part, names in PARTS.items():
        for name, value in person.get(part, {}).items():
            if name not in names or not isinstance(value, str):
                raise RefusedError(400, f"{part}.{name} är felaktigt: '{value}'")
    _reachable(person)
    if len(person.get("socialSecurityNumber", "")) > 20:
        raise RefusedError(400, "Personnummer måste vara mellan 0 och 20 tecken")
    if body.get("prospectiveBuyerStatus", "Assigned") != "Assigned":  # V-T1
        raise RefusedError(400, "ProspectiveBuyerStatus är felaktig")
    _marketing(body.get("marketing", {}))


def _reachable(person: dict[str, Any]) -> None:
    emails = [one for one in person.get("email", {}).values() if one.strip()]
    phones = [one for one in person.get("telephone", {}).values() if one.strip()]
    if not emails and not phones:
        raise RefusedError(400, "Epostadress, telefonnummer eller mobilnummer måste anges")
    for email in emails:
        if not EMAIL.fullmatch(email):
            raise RefusedError(400, f"Epostadressen '{email}' är felaktig")
    for phone in phones:
        if len(phone) > 17:
            raise RefusedError(400, f"Telefonnumret '{phone}' är för långt")


def _marketing(found: dict[str, Any]) -> None:
    tags = found.get("utmTags", [])
    right = all(isinstance(one, dict) and set(one) == {"name", "value"} for one in tags)
    if not set(found) <= {"referrer", "utmTags"} or not right:
        raise RefusedError(400, "Marketing är felaktig")


def _shape(found: Any, allowed: Mapping[str, type], label: str) -> None:
    if not isinstance(found, dict):
        raise RefusedError(400, f"{label} är felaktig")
    for name, value in found.items():
        if name not in allowed or not isinstance(value, allowed[name]):
            raise RefusedError(400, f"{label}: {name} är felaktig")


def _estate(request: Request, customer: VitecCustomer) -> str:
    estate = str(request.path_params["estate"])
    if estate not in customer.estates:
        raise RefusedError(404, "Bostaden hittades inte")
    return estate


def _basic(header: str) -> tuple[str, str]:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, _, password = base64.b64decode(rest).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return username, password


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise RefusedError(400, "Felaktig JSON") from None


def _haystack(contact: dict[str, Any]) -> str:
    texts = [contact.get(name, "") for name in ("firstName", "lastName", "name")]
    texts += [*contact["email"].values(), *contact["telephone"].values()]
    return " ".join(texts).casefold()
