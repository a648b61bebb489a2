"""Who gets in at HomeQ, and how it refuses: a JWT of ours, errors with a code."""

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

Handler = Callable[[Request], Awaitable[Any]]


class RefusedError(Exception):
    """`status` 412 is validation and business, 401 the token, 403 a right."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        body = {"correlation_id": "sandbox", "description": error, "error": error}
        self.response = JSONResponse(body, status_code=status)


class Gate:
    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def landlord(self) -> Landlord:
        return self.world.homeq

    def new_token(self) -> str:
        ends = self.world.now + self.landlord.token_life
        return (
            f"h.{_part({'exp': ends, 'g': self.landlord.generation, 'n': secrets.token_hex(4)})}.s"
        )

    def route(self, path: str, handler: Handler, methods: tuple[str, ...] = ("GET",)) -> Route:
        return Route(path, self._for(handler), methods=list(methods))

    def check(self, token: str) -> None:
        """Raises `RefusedError` in the words of the vendor's page."""
        parts = token.split(".")
        if len(parts) != 3:
            raise RefusedError(401, "Unauthorized")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        if claims["exp"] <= self.world.now or claims["g"] != self.landlord.generation:
            raise RefusedError(401, "Unauthorized")

    def needs(self, right: str) -> None:
        if right not in self.landlord.rights:
            raise RefusedError(403, "PermissionDenied")

    def _let_in(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "JWT":
            raise RefusedError(401, "Unauthorized")
        self.check(token)

    def _for(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            try:
                self._let_in(request)
                found = await handler(request)
            except RefusedError as refusal:
                return refusal.response
            answer = found if isinstance(found, Response) else JSONResponse(found)
            path = request.url.path.removeprefix("/homeq")
            answer.headers.update(self.landlord.deprecated.get(path, {}))
            return answer

        return guarded


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
