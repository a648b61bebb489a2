"""HomeQ's look-ups over HTTP: JWT, 412 for what is not valid, and the quirks of its page.

The paths are the sandbox's own: HomeQ's page names hardly any.
"""

import base64
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.sandbox.homeq.landlord import Landlord
from bridge.sandbox.world import World

LIMITED = {
    "description": "You have been rate limited. Please try again later.",
    "error": "RateLimited",
}
Handler = Callable[[Request], Awaitable[Any]]


class RefusedError(Exception):
    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        body = {"correlation_id": "sandbox", "description": error, "error": error}
        self.response = JSONResponse(body, status_code=status)


class Homeq:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route("/tokens/", self.login, methods=["POST"]),
            Route("/apartment/{id}", self._for(self.apartment)),
            Route("/listing/{id}", self._for(self.listing)),
            Route("/project/{id}", self._for(self.project)),
            Route("/inventory", self._for(self.inventory)),
            Route("/agreements", self._for(self.agreements)),
            Route("/offices", self._for(self.offices)),
        ]

    @property
    def _landlord(self) -> Landlord:
        return self._world.homeq

    async def login(self, request: Request) -> Response:
        """403 is a wrong password, 412 a missing one (H-T18)."""
        body = await request.json()
        for name in ("username", "password"):
            if not body.get(name):
                return RefusedError(412, f"{name.title()}Missing").response
        known = (self._landlord.username, self._landlord.password)
        if (body["username"], body["password"]) != known:
            return RefusedError(403, "PermissionDenied").response
        claims = {"exp": self._world.now + self._landlord.token_life, "n": secrets.token_hex(4)}
        return JSONResponse({"company": {"id": 3}, "token": f"h.{_part(claims)}.s"})

    async def apartment(self, request: Request) -> Any:
        return self._one(self._landlord.apartments, request)

    async def listing(self, request: Request) -> Any:
        wait = self._world.throttle.wait(
            "homeq listings", self._world.now, limit=self._landlord.limit, window=60.0
        )
        if wait > 0:
            return JSONResponse(LIMITED, status_code=429)
        return {"object_ad": {"id": int(request.path_params["id"])}, "apartment": {"id": 41}}

    async def project(self, request: Request) -> Any:
        return self._one(self._landlord.projects, request)

    async def inventory(self, request: Request) -> Any:
        """`total` is a text with a comma, `amount` is 10 unless it is said (H-T19)."""
        wanted = request.query_params.get("apartment.id")
        amount = int(request.query_params.get("amount", "10"))
        found = [
            {"apartment": {**one, "external_id": one["landlord_object_id"]}, "type": "apartment"}
            for number, one in self._landlord.apartments.items()
            if wanted in {None, str(number)}
        ]
        return {"results": found[:amount], "total": f"{len(found)},"}

    async def agreements(self, request: Request) -> Any:
        page, size = int(request.query_params.get("page", "1")), self._landlord.page
        since = request.query_params.get("signed_after", "")
        found = [one for one in self._landlord.agreements if one["sign_date"] > since]
        return {"results": found[(page - 1) * size : page * size], "total": len(found)}

    async def offices(self, request: Request) -> Any:
        """A bare list, and `mode` is required."""
        if request.query_params.get("mode") not in {"default", "manage"}:
            raise RefusedError(412, "ModeMissing")
        return self._landlord.offices

    def _one(self, things: dict[int, dict[str, Any]], request: Request) -> dict[str, Any]:
        found = things.get(int(request.path_params["id"]))
        if found is None:
            raise RefusedError(412, "DoesNotExist")
        return found

    def _for(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            try:
                self._let_in(request)
                found = await handler(request)
            except RefusedError as refusal:
                return refusal.response
            return found if isinstance(found, Response) else JSONResponse(found)

        return guarded

    def _let_in(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        parts = token.split(".")
        if scheme != "JWT" or len(parts) != 3:
            raise RefusedError(401, "NotAuthenticated")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        if claims["exp"] <= self._world.now:
            raise RefusedError(401, "SignatureExpired")


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
