"""Vitec's HTTP: Basic per office and function group, errors in Swedish, answers in JSON or XML."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.sandbox.memory import Taken
from bridge.sandbox.vitec.rules import NotValidError, check_watch
from bridge.sandbox.vitec.xml import as_xml
from bridge.sandbox.world import World

NO_ACCESS = "Begärt data som det saknas åtkomst till"
Group = Literal["advertising", "crm"]
Handler = Callable[[Request], Awaitable[Any]]


class RefusedError(Exception):
    """An HTTP error; the body is `{"message": …}` (its shape is not stated by the vendor)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = JSONResponse({"message": message}, status_code=status)


class Vitec:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        watched = "/Advertising/Estate/{customer}/{estate}/FinalPriceWatched"
        contact = "/CRM/Contact/{customer}"
        return [
            Route(watched, self._for("advertising", self.watch), methods=["POST"]),
            Route(f"{contact}/Search", self._for("crm", self.search)),
            Route(f"{contact}/Speculator/{{contact}}", self._for("crm", self.relations)),
            Route(f"{contact}/{{ids}}", self._for("crm", self.contacts)),
        ]

    async def watch(self, request: Request) -> str:
        """Answers the contact's id as a JSON string (V-T8).

        The person is checked for duplicates, the lead is not: the same twice is stored twice under
        one id (V-T12).
        """
        offices, customer = self._world.vitec, request.path_params["customer"]
        estate = request.path_params["estate"]
        if estate not in offices.customers[customer].estates:
            raise RefusedError(404, "Bostaden hittades inte")
        body = await _json(request)
        try:
            check_watch(body)
        except NotValidError as error:
            raise RefusedError(400, str(error)) from None
        reference = offices.contact_for(customer, body["person"], self._world.now)
        offices.watch(reference, estate, body.get("prospectiveBuyerStatus", "Assigned"))
        taken = Taken(
            vendor="vitec",
            kind="final_price_watched",
            account=customer,
            property=estate,
            body=body,
            reference=reference,
        )
        self._world.memory.remember(taken, request, self._world.now)
        return reference

    async def search(self, request: Request) -> list[dict[str, Any]]:
        """A list of contacts. The parameter's name is not documented: any single one serves."""
        texts = [text for _, text in request.query_params.multi_items()]
        if len(texts) != 1 or not texts[0].strip():
            raise RefusedError(400, "Ange en söktext")
        return self._world.vitec.search(request.path_params["customer"], texts[0])

    async def relations(self, request: Request) -> list[dict[str, Any]]:
        """`[{"contactId", "estateId", "status"}]`; the vendor's own shape is not documented."""
        self._contact(request, request.path_params["contact"])
        return self._world.vitec.relations.get(request.path_params["contact"], [])

    async def contacts(self, request: Request) -> list[dict[str, Any]] | dict[str, Any]:
        """A list in which unknown ids are missing; or, for one id, an object (V-T9)."""
        ids = list(dict.fromkeys(request.path_params["ids"].split(",")))
        offices = self._world.vitec
        if len(ids) > offices.most_ids:
            raise RefusedError(400, f"Max {offices.most_ids} kontakter åt gången")
        if len(ids) == 1 and offices.single_as_object:
            return self._contact(request, ids[0])
        if offices.unknown_is_404:
            return [self._contact(request, one) for one in ids]
        known, customer = offices.contacts, request.path_params["customer"]
        return [known[one] for one in ids if one in known and known[one]["customerId"] == customer]

    def _contact(self, request: Request, name: str) -> dict[str, Any]:
        found = self._world.vitec.contacts.get(name)
        if found is None or found["customerId"] != request.path_params["customer"]:
            raise RefusedError(404, "Kontakten hittades inte")
        return found

    def _for(self, group: Group, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            try:
                self._let_in(request, group)
                found = await handler(request)
            except RefusedError as refusal:
                return refusal.response
            if "json" in request.headers.get("accept", ""):
                return JSONResponse(found)
            return Response(as_xml(found), media_type="application/xml")  # V-T16

        return guarded

    def _let_in(self, request: Request, group: Group) -> None:
        """One user name, a password per customer and function group (V-T6), prefixed ids (V-T7)."""
        username, password = _basic(request.headers.get("authorization", ""))
        customer = self._world.vitec.customers.get(request.path_params["customer"])
        if customer is None:
            raise RefusedError(403, NO_ACCESS)
        right = customer.advertising if group == "advertising" else customer.crm
        if right is None:
            raise RefusedError(403, NO_ACCESS)
        if username != self._world.vitec.username or password != right:
            raise RefusedError(401, "Användarnamnet eller lösenordet är felaktigt")
        if self._world.wait_of(request.path_params["customer"]) > 0:
            raise RefusedError(429, "För många anrop")


def _basic(header: str) -> tuple[str, str]:
    """User name and password; 401 for anything that is not Basic. Non-ASCII is UTF-8 (X-T4)."""
    scheme, _, rest = header.partition(" ")
    try:
        text = base64.b64decode(rest, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    username, colon, password = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise RefusedError(401, "Authorization headern är inte korrekt")
    return username, password


async def _json(request: Request) -> Any:
    if "json" not in request.headers.get("content-type", ""):
        raise RefusedError(415, "Formatet stöds inte; sandlådan läser JSON, inte XML")
    try:
        return await request.json()
    except ValueError:
        raise RefusedError(400, "Felaktig JSON") from None
