"""Flow's HTTP, put together: the token, the user, and everything else behind the gate."""

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.sandbox.flow.bases import Bases
from bridge.sandbox.flow.cases import Cases
from bridge.sandbox.flow.contacts import Contacts
from bridge.sandbox.flow.gate import Answer, Gate, client_of
from bridge.sandbox.flow.notifications import Notifications
from bridge.sandbox.flow.orders import Orders
from bridge.sandbox.flow.stakeholders import Stakeholders
from bridge.sandbox.world import World

TENANT_ID = 4711


class FoldedPaths:
    """ASP.NET minds neither the case of a path nor a slash at its end; routes are lower case."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].lower().startswith("/flow/"):
            scope = {**scope, "path": scope["path"].lower().rstrip("/")}
        await self._app(scope, receive, send)


class Flow:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        gate = Gate(self._world)
        parts = (Bases, Cases, Contacts, Notifications, Orders, Stakeholders)
        return [
            Route("/authtoken", self.token, methods=["POST"]),
            gate.route("GET", "/api/User", self.user),
            *(route for part in parts for route in part(self._world, gate).routes()),
        ]

    async def token(self, request: Request) -> Response:
        """Credentials in a form body only (FACTS 1A.1); a refresh brings no new refresh token."""
        if "x-www-form-urlencoded" not in request.headers.get("content-type", ""):
            return _no_token("invalid_client")
        body = (await request.body()).decode(errors="replace")
        form = {name: texts[0] for name, texts in parse_qs(body).items()}
        match form.get("grant_type"):
            case "client_credentials":
                return self._by_secret(form)
            case "refresh_token":
                return self._by_refresh_token(form)
            case _:
                return _no_token("unsupported_grant_type")

    def _by_secret(self, form: dict[str, str]) -> Response:
        tenant, client = self._world.flow, form.get("client_id", "")
        known = tenant.clients.get(client)
        if known is None or known.secret != form.get("client_secret"):
            return _no_token("invalid_client")
        refresh = tenant.new_refresh_token(client, self._world.now)
        return JSONResponse(tenant.new_token(client, self._world.now) | refresh)

    def _by_refresh_token(self, form: dict[str, str]) -> Response:
        tenant, client = self._world.flow, form.get("client_id", "")
        owner, ends = tenant.refresh_tokens.get(form.get("refresh_token", ""), ("", 0.0))
        if owner != client or ends <= self._world.now:
            return _no_token("invalid_grant")
        return JSONResponse(tenant.new_token(client, self._world.now))

    async def user(self, request: Request) -> Answer:
        """`{"TenantId", "Permissions"}`; other members are not documented."""
        client = self._world.flow.clients[client_of(request)]
        return {"TenantId": TENANT_ID, "Permissions": client.permissions}


def _no_token(error: str) -> Response:
    return JSONResponse({"error": error}, status_code=400)
