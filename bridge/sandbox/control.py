"""`/_sandbox`: what was received, scripted faults, and knobs; for tests, the demo and curl.

| call | does |
| --- | --- |
| `GET /_sandbox` | who may log in, what exists: the fixtures |
| `GET /_sandbox/received?vendor=&kind=` | everything that was accepted, oldest first |
| `DELETE /_sandbox/received` | forgets it |
| `GET /_sandbox/counts` | `{"vitec final_price_watched": n, …}` |
| `GET /_sandbox/messages` | what the vendors would have mailed, texted or shown |
| `GET /_sandbox/calls` | the last 20,000 HTTP calls, without credentials |
| `GET, POST, DELETE /_sandbox/faults` | lists, pushes, clears faults (`faults.py`) |
| `POST /_sandbox/config` | turns knobs (`knobs.py`) |
| `POST /_sandbox/reset` | as at the start |
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.sandbox.fake import fakes
from bridge.sandbox.faults import Faults
from bridge.sandbox.knobs import turn
from bridge.sandbox.world import World


class Control:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def routes(self) -> list[Route]:
        return [
            Route("/", self.overview),
            Route("/received", self.received, methods=["GET", "DELETE"]),
            Route("/counts", self.counts),
            Route("/messages", self.messages),
            Route("/calls", self.calls),
            Route("/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/config", self.config, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
        ]

    async def overview(self, _: Request) -> Response:
        return JSONResponse({one.name: one.fixtures(self._world) for one in fakes()})

    async def received(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._world.memory.received.clear()
        wanted = {k: v for k, v in request.query_params.items() if k in {"vendor", "kind"}}
        found = self._world.memory.received
        return JSONResponse([one for one in found if all(one[k] == v for k, v in wanted.items())])

    async def counts(self, _: Request) -> Response:
        return JSONResponse(self._world.memory.counts())

    async def messages(self, _: Request) -> Response:
        return JSONResponse(self._world.memory.messages)

    async def calls(self, _: Request) -> Response:
        return JSONResponse([call.shown() for call in self._world.memory.calls])

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
        if request.method == "POST":
            try:
                self._faults.add(await request.json())
            except ValueError as error:
                return _unusable(error)
        return JSONResponse(self._faults.listed())

    async def config(self, request: Request) -> Response:
        try:
            turn(self._world, await request.json())
        except (ValueError, TypeError) as error:
            return _unusable(error)
        return JSONResponse({})

    async def reset(self, _: Request) -> Response:
        self._faults.clear()
        self._world.reset()
        return JSONResponse({})


def _unusable(error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=422)
