"""The sandbox as an ASGI app: `/vitec`, `/flow`, and `/_sandbox` to look inside."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from bridge.sandbox.control import Control
from bridge.sandbox.faults import Faults
from bridge.sandbox.flow.api import Flow, FoldedPaths
from bridge.sandbox.homeq.api import Homeq
from bridge.sandbox.vitec.api import Vitec
from bridge.sandbox.wire import Wire
from bridge.sandbox.world import World


def create_app(world: World | None = None) -> Starlette:
    known, faults = world or World(), Faults()
    control = Control(known, faults)
    routes: list[Route | Mount] = [
        Mount("/vitec", routes=Vitec(known).routes()),
        Mount("/flow", routes=Flow(known).routes()),
        Mount("/homeq", routes=Homeq(known).routes()),
        Route("/_sandbox", control.overview),
        Mount("/_sandbox", routes=control.routes()),
    ]
    layers = [Middleware(Wire, world=known, faults=faults), Middleware(FoldedPaths)]
    return Starlette(routes=routes, middleware=layers)
