"""The sandbox as an ASGI app."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.sandbox.control import Control
from bridge.sandbox.faults import Faults
from bridge.sandbox.flow import Flow
from bridge.sandbox.vitec import Vitec
from bridge.sandbox.wire import Wire
from bridge.sandbox.world import World, new_world


class FoldedFlow:
    """ASP.NET does not mind the case of a path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].lower().startswith("/flow/"):
            scope = {**scope, "path": scope["path"].lower()}
        await self._app(scope, receive, send)


def create_app(world: World | None = None) -> Starlette:
    known, faults = world or new_world(), Faults()
    routes: list[Route | Mount] = [
        Mount("/vitec", routes=Vitec(known).routes()),
        Mount("/flow", routes=Flow(known).routes()),
        Mount("/_sandbox", routes=Control(known, faults).routes()),
    ]
    layers = [Middleware(Wire, world=known, faults=faults), Middleware(FoldedFlow)]
    return Starlette(routes=routes, middleware=layers)
