"""Flow: token, look-ups, stakeholders and notifications, with the documented quirks (FACTS 1A)."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.sandbox import odata
from bridge.sandbox.flow_bodies import BadBodyError, check_notification, check_stakeholder
from bridge.sandbox.world import FlowCase, World

Handler = Callable[[Request], Awaitable[Response]]
BASES = "ProcessingBasis - Read"
# The shape is not documented: a list of objects, as the vendor's other lists.
COUNTRIES = [
    {"Id": number, "Name": name, "Code": code, "TelephonePrefix": prefix}
    for number, (name, code, prefix) in enumerate(
        (
            ("Norge", "NO", "+47"),
            ("Sverige", "SE", "+46"),
            ("Danmark", "DK", "+45"),
            ("Finland", "FI", "+358"),
            ("Tyskland", "DE", "+49"),
            ("Storbritannia", "GB", "+44"),
            ("Polen", "PL", "+48"),
        ),
        1,
    )
]


class Flow:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Lower-case paths: the app folds them, as ASP.NET does."""
        return [
            Route("/authtoken", self.token, methods=["POST"]),
            self._get("/api/user", self.user),
            self._get("/api/processingbases/newest", self.newest, "ProcessingBasis - Read"),
            self._get(
                "/api/processingbases/{category}", self.by_category, "ProcessingBasis - Read"
            ),
            self._get("/api/customer/addresses/country", self.countries),
            self._get("/api/cases/{case}/roles/{role}/ids", self.role_ids, "CaseRoles - Read"),
            self._get("/api/cases/{case}/roles", self.roles, "CaseRoles - Read"),
            self._get("/api/contacts/{contact}", self.contact, "Contacts - Read"),
            self._get("/api/persons/{contact}", self.contact, "Contacts - Read"),
            self._get("/api/employees", self.employees),
            self._get("/api/public/properties/{guid}", self.public_property),
            self._post(
                "/api/public/cases/{guid}/stakeholders", self.stakeholder, "Stakeholders - Write"
            ),
            self._post("/api/notifications", self.notification, "Notifications - Write"),
        ]

    async def token(self, request: Request) -> Response:
        """Client credentials, in a form body only (FACTS 1A.1)."""
        if "x-www-form-urlencoded" not in request.headers.get("content-type", ""):
            return JSONResponse({"error": "invalid_client"}, status_code=400)
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        secret = self._world.flow_clients.get(form.get("client_id", ""))
        if secret is None or secret != form.get("client_secret"):
            return JSONResponse({"error": "invalid_client"}, status_code=400)
        token = secrets.token_urlsafe(24)
        self._world.flow_tokens[token] = self._world.now + self._world.token_seconds
        return JSONResponse(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": int(self._world.token_seconds),
                "refresh_token": secrets.token_urlsafe(24),
                "refresh_token_expires_in": 608399,
            },
        )

    async def user(self, _: Request) -> Response:
        return JSONResponse({"TenantId": 4711, "Permissions": self._world.flow_permissions})

    async def newest(self, _: Request) -> Response:
        return JSONResponse([one for one in self._world.bases if one["IsNewestVersion"]])

    async def by_category(self, request: Request) -> Response:
        """Also what cannot be used: inactive, not contactable, not newest (F-T6b)."""
        category = request.path_params["category"].casefold()
        wanted = set(request.query_params.getlist("displayTypes"))
        found = [
            one
            for one in self._world.bases
            if one["CategoryType"].casefold() == category
            and (not wanted or wanted & set(one["DisplayTypes"]))
        ]
        return JSONResponse(found)

    async def countries(self, _: Request) -> Response:
        return JSONResponse(COUNTRIES)

    async def role_ids(self, request: Request) -> Response:
        case = self._case(request)
        if case is None:
            return _missing()
        wanted = request.path_params["role"].casefold()
        ids = [ids for role, ids in case.roles.items() if role.casefold() == wanted]
        return JSONResponse(ids[0] if ids else [])

    async def roles(self, request: Request) -> Response:
        case = self._case(request)
        if case is None:
            return _missing()
        rows = [
            {"Type": role, "ContactId": contact, "IsDeceased": None}
            for role, ids in case.roles.items()
            for contact in ids
        ]
        return _listed(rows, request)

    async def contact(self, request: Request) -> Response:
        number = request.path_params["contact"]
        found = self._world.contacts.get(int(number)) if number.isdigit() else None
        return JSONResponse(found) if found else _missing()

    async def employees(self, request: Request) -> Response:
        found = [one for one in self._world.contacts.values() if one["Type"] == "Employee"]
        return _listed(found, request)

    async def public_property(self, request: Request) -> Response:
        case = self._world.cases.get(request.path_params["guid"].lower())
        return JSONResponse({"Guid": case.guid, "Address": case.title}) if case else _missing()

    async def stakeholder(self, request: Request) -> Response:
        """No duplicate check (F-T9); a telephone with no known prefix becomes Norwegian (F-T2)."""
        case = self._world.cases.get(request.path_params["guid"].lower())
        if case is None:
            return _missing()
        try:
            body = await request.json()
            check_stakeholder(body, self._world.bases)
        except (BadBodyError, ValueError) as error:
            return JSONResponse({"Message": str(error)}, status_code=400)
        stored = dict(body)
        if body.get("Telephone"):
            stored["Telephone"] = _prefixed(body["Telephone"])
        number = self._world.add_contact(
            Name=f"{body['FirstName']} {body['SurName']}",
            FirstName=body["FirstName"],
            SurName=body["SurName"],
            Email=body.get("Email", ""),
            Telephone=stored.get("Telephone", ""),
        )
        case.roles.setdefault("Stakeholder", []).append(number)
        if body.get("PreventDefaultEmail") is not True and body.get("Email"):  # F-T8
            self._world.sent_messages.append({"channel": "default email", "to": body["Email"]})
        self._world.remember(
            "flow", "stakeholder", account=request.state.client, property=case.guid,
            body=stored, reference=str(number),
        )  # fmt: skip
        return JSONResponse({"Value": number})

    async def notification(self, request: Request) -> Response:
        try:
            body = await request.json()
            known = {one.case_id for one in self._world.cases.values()}
            check_notification(body, known)
        except (BadBodyError, ValueError) as error:
            return JSONResponse({"Message": str(error)}, status_code=400)
        recipients = [*body.get("ContactIds", []), *body.get("CustomRecipients", [])]
        for channel in ("SendEmail", "SendSms", "SendToClient"):
            if body.get(channel):
                self._world.sent_messages += [{"channel": channel, "to": to} for to in recipients]
        number = next(self._world.numbers)
        self._world.remember(
            "flow", "notification", account=request.state.client, property=str(body["CaseId"]),
            body=body, reference=str(number),
        )  # fmt: skip
        return JSONResponse({"Id": number, **body})

    def _case(self, request: Request) -> FlowCase | None:
        return self._world.case_by_id(request.path_params["case"])

    def _get(self, path: str, handler: Handler, permission: str = "") -> Route:
        return Route(path, self._guarded(handler, permission), methods=["GET"])

    def _post(self, path: str, handler: Handler, permission: str = "") -> Route:
        return Route(path, self._guarded(handler, permission), methods=["POST"])

    def _guarded(self, handler: Handler, permission: str) -> Handler:
        async def guarded(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            ends = self._world.flow_tokens.get(token, 0.0)
            if scheme.lower() != "bearer" or ends <= self._world.now:
                return Response(status_code=401)
            if self._too_many():
                return _throttled()
            if permission and permission not in self._world.flow_permissions:
                body = {"Message": "Forbidden", "MissingPermissions": [permission]}
                return JSONResponse(body, status_code=403)
            request.state.client = "sandbox"
            return await handler(request)

        return guarded

    def _too_many(self) -> bool:
        world = self._world
        world.recent = [at for at in world.recent if at > world.now - 1]
        world.recent.append(world.now)
        return world.rate_limit is not None and len(world.recent) > world.rate_limit


def _listed(rows: list[dict[str, Any]], request: Request) -> Response:
    try:
        return JSONResponse(odata.answer(rows, request.query_params))
    except odata.BadQueryError as error:
        return JSONResponse({"Message": str(error)}, status_code=400)


def _missing() -> Response:
    return JSONResponse({"Message": "Not found"}, status_code=404)


def _throttled() -> Response:
    """The vendor's four headers, and no Retry-After (F-T15)."""
    headers = {
        "X-RateLimit-Delayed-By-Milliseconds": "0",
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "11",
        "X-RateLimit-Reset": "1",
    }
    return JSONResponse({"Message": "Too many requests"}, status_code=429, headers=headers)


def _prefixed(telephone: str) -> str:
    known = any(telephone.startswith(str(one["TelephonePrefix"])) for one in COUNTRIES)
    if known:
        return telephone
    return "+47" + "".join(char for char in telephone if char.isdigit())
