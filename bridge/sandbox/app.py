"""The sandbox as an ASGI app: a path for each vendor, and `/_sandbox` to look inside."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from bridge.sandbox.control import Control
from bridge.sandbox.fake import fakes
from bridge.sandbox.faults import Faults
from bridge.sandbox.wire import Wire
from bridge.sandbox.world import World


def create_app(world: World | None = None) -> Starlette:
    known, faults = world or World(), Faults()
    control = Control(known, faults)
    routes: list[Route | Mount] = [
        *(Mount(f"/{one.name}", routes=one.routes(known)) for one in fakes()),
        Route("/_sandbox", control.overview),
        Mount("/_sandbox", routes=control.routes()),
    ]
    layers = [
        Middleware(Wire, world=known, faults=faults),
        *(Middleware(layer) for one in fakes() for layer in one.layers),
    ]
    return Starlette(routes=routes, middleware=layers)
