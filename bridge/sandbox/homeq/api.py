"""HomeQ's look-ups over HTTP: JWT, 412 for what is not valid, and the quirks of its page.

The paths are the sandbox's own but for the deprecation test: HomeQ's page names hardly any.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.sandbox.homeq.gate import Gate, RefusedError
from bridge.sandbox.homeq.inventory import Inventory
from bridge.sandbox.homeq.notes import Notes
from bridge.sandbox.homeq.organisation import Organisation
from bridge.sandbox.world import World

LIMITED = {
    "description": "You have been rate limited. Please try again later.",
    "error": "RateLimited",
}


class Homeq:
    def __init__(self, world: World) -> None:
        self._gate = Gate(world)

    def routes(self) -> list[Route]:
        gate = self._gate
        return [
            Route("/tokens/", self.login, methods=["POST"]),
            Route("/tokens/verify/", self.verify, methods=["POST"]),
            gate.route("/api/v1/deprecation/", self.deprecation),
            gate.route("/apartment/{id}", self.apartment),
            gate.route("/listing/{id}", self.listing),
            gate.route("/agreements", self.agreements),
            *Inventory(gate).routes(),
            *Organisation(gate).routes(),
            *Notes(gate).routes(),
        ]

    async def login(self, request: Request) -> Response:
        """403 is a wrong password, 412 a missing one (H-T18); too many wrong ones lock it."""
        body, landlord = await request.json(), self._gate.landlord
        for name in ("username", "password"):
            if not body.get(name):
                return RefusedError(412, f"{name.title()}Missing").response
        known = (landlord.username, landlord.password)
        if (body["username"], body["password"]) != known or landlord.wrong >= landlord.lock_after:
            landlord.wrong += 1
            return RefusedError(403, "PermissionDenied").response
        return JSONResponse({**self._owner(), "token": self._gate.new_token()})

    async def verify(self, request: Request) -> Response:
        """Answers as the login does; the token is in the body, not in a header."""
        body = await request.json()
        try:
            self._gate.check(str(body.get("token") or ""))
        except RefusedError as refusal:
            return refusal.response
        answer = JSONResponse({**self._owner(), "token": body["token"]})
        answer.headers.update(self._gate.landlord.deprecated.get("/tokens/verify/", {}))
        return answer

    def _owner(self) -> dict[str, Any]:
        landlord = self._gate.landlord
        return {
            "company": {
                "beta_program": False,
                "enabled_features": ["analytics_tool"],
                "id": 3,
                "name": "Landlord AB",
            },
            "employee": {
                "email": "api@landlord.example.com",
                "first_name": "",
                "id": 9,
                "intercom_hash": "",
                "last_name": "",
                "personal_number": "",
                "phone": "",
                "root_office": 1,
                "selected_office": landlord.selected_office,
                "username": landlord.username,
            },
            "right_profile": {"id": 1, "name": "admin", "rights": landlord.rights},
        }

    async def deprecation(self, _: Request) -> Any:
        return {}

    async def apartment(self, request: Request) -> Any:
        found = self._gate.landlord.apartments.get(int(request.path_params["id"]))
        if found is None:
            raise RefusedError(412, "DoesNotExist")
        return found

    async def listing(self, request: Request) -> Any:
        world, number = self._gate.world, int(request.path_params["id"])
        limit = self._gate.landlord.limit
        if world.throttle.wait("homeq listings", world.now, limit=limit, window=60.0) > 0:
            return JSONResponse(LIMITED, status_code=429)
        return {"object_ad": {"id": number}, "apartment": {"id": 41}}

    async def agreements(self, request: Request) -> Any:
        query, landlord = request.query_params, self._gate.landlord
        page, size = int(query.get("page", "1")), landlord.page
        since, flat = query.get("signed_after", ""), query.get("apartment_id")
        found = [
            one
            for one in landlord.agreements
            if one.get("sign_date", "9") > since and flat in {None, str(one.get("apartment_id"))}
        ]
        return {"results": found[(page - 1) * size : page * size], "total": len(found)}
