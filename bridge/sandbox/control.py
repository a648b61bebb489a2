"""`/_sandbox`: what was received, scripted faults, and knobs; for tests, the demo and curl."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.sandbox.faults import BadFaultError, Faults
from bridge.sandbox.world import World, new_world

KNOBS = ("single_as_object", "token_seconds", "rate_limit", "ahead", "flow_permissions")


class Control:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def routes(self) -> list[Route]:
        return [
            Route("/received", self.received, methods=["GET", "DELETE"]),
            Route("/counts", self.counts),
            Route("/calls", self.calls),
            Route("/messages", self.messages),
            Route("/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/config", self.config, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
        ]

    async def received(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._world.received.clear()
        wanted = {k: v for k, v in request.query_params.items() if k in {"vendor", "kind"}}
        found = [one for one in self._world.received if all(one[k] == v for k, v in wanted.items())]
        return JSONResponse(found)

    async def counts(self, _: Request) -> Response:
        counts: dict[str, int] = {}
        for one in self._world.received:
            name = f"{one['vendor']} {one['kind']}"
            counts[name] = counts.get(name, 0) + 1
        return JSONResponse(counts)

    async def calls(self, _: Request) -> Response:
        return JSONResponse(self._world.calls)

    async def messages(self, _: Request) -> Response:
        return JSONResponse(self._world.sent_messages)

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
        if request.method == "POST":
            try:
                self._faults.add(await request.json())
            except BadFaultError as error:
                return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse(self._faults.listed())

    async def config(self, request: Request) -> Response:
        """`{"knob": value}`; also `vitec_password`, `flow_secret`, `basis` by GUID, `estate`."""
        for name, value in (await request.json()).items():
            if not self._set(name, value):
                return JSONResponse({"error": f"{name} is no knob"}, status_code=422)
        return JSONResponse({})

    def _set(self, name: str, value: Any) -> bool:
        world = self._world
        match name:
            case "vitec_password":
                world.vitec["M30011"].advertising = value
            case "vitec_crm_password":
                world.vitec["M30011"].crm = value
            case "flow_secret":
                world.flow_clients["sandbox"] = value
                world.flow_tokens.clear()
            case "forget_tokens":
                world.flow_tokens.clear()
            case "estate":
                world.vitec["M30011"].estates.add(value)
            case "basis":
                row = next(one for one in world.bases if one["Guid"] == value["Guid"])
                row.update(value)
            case "new_basis":
                world.bases.append(value)
            case _ if name in KNOBS:
                setattr(world, name, value)
            case _:
                return False
        return True

    async def reset(self, _: Request) -> Response:
        self._faults.clear()
        fresh = new_world(self._world.clock)
        for name, value in vars(fresh).items():
            setattr(self._world, name, value)
        return JSONResponse({})
