"""What every Flow call passes: the bearer token, the account's rate limit, its permissions."""

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.sandbox.flow import odata
from bridge.sandbox.memory import Taken
from bridge.sandbox.world import World

Answer: TypeAlias = "Response | dict[str, Any] | list[Any]"
Handler = Callable[[Request], Awaitable[Answer]]


class FlowError(Exception):
    """An answer that is no success; the body is `{"Message": …}` (the shape is not stated)."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.response = JSONResponse({"Message": message, **more}, status_code=status)


class Gate:
    def __init__(self, world: World) -> None:
        self._world = world

    def route(self, method: str, path: str, handler: Handler, *, needs: str = "") -> Route:
        """`needs` is a permission, such as "CaseRoles - Read"; a 403 lists what is missing.

        The pages name the reading ones and the integrator's; "Stakeholders - Write" and
        "Notifications - Write" are our guess at the rest.
        """

        async def guarded(request: Request) -> Response:
            try:
                self._let_in(request, needs)
                found = await handler(request)
            except FlowError as error:
                return error.response
            return found if isinstance(found, Response) else JSONResponse(found)

        return Route(path.lower(), guarded, methods=[method])

    def remember(self, request: Request, **what: Any) -> None:
        taken = Taken(vendor="flow", account=client_of(request), **what)
        self._world.memory.remember(taken, request, self._world.now)

    def throttle(self, request: Request, *, limit: int, window: float) -> None:
        """A limit of one call beside the account's own, such as 6 in 30 s."""
        name = f"{client_of(request)} {request.url.path}"
        wait = self._world.throttle.wait(name, self._world.now, limit=limit, window=window)
        if wait > 0:
            raise _throttled(limit, wait)

    def _let_in(self, request: Request, needs: str) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        client = self._world.flow.client_of(token, self._world.now)
        if scheme.lower() != "bearer" or client is None:
            raise FlowError(401, "Authorization has been denied for this request.")
        request.state.client = client
        wait = self._world.wait_of(client)
        if wait > 0:
            raise _throttled(self._world.limit_of(client) or 0, wait)
        if needs and needs not in self._world.flow.clients[client].permissions:
            raise FlowError(403, "Missing permissions", MissingPermissions=[needs])


def client_of(request: Request) -> str:
    return str(request.state.client)


def missing() -> FlowError:
    return FlowError(404, "Not found")


async def json_of(request: Request) -> Any:
    if "json" not in request.headers.get("content-type", ""):
        raise FlowError(415, "The request entity's media type is not supported.")
    try:
        return await request.json()
    except ValueError:
        raise FlowError(400, "The body is not JSON") from None


def listed(request: Request, rows: list[dict[str, Any]], fields: Sequence[str]) -> Answer:
    """The rows as OData asks for them."""
    try:
        return odata.answer(rows, fields, request.query_params)
    except odata.BadQueryError as error:
        raise FlowError(400, str(error)) from None


def _throttled(limit: int, wait: float) -> FlowError:
    """The vendor's four headers and no Retry-After; Remaining is what was used (F-T15)."""
    error = FlowError(429, "Too many requests")
    error.response.headers.update(
        {
            "X-RateLimit-Delayed-By-Milliseconds": "0",
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(limit),
            "X-RateLimit-Reset": str(math.ceil(wait)),
        },
    )
    return error
