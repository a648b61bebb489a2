"""Processing bases and telephone prefixes: what a stakeholder may be created with."""

from starlette.requests import Request
from starlette.routing import Route

from bridge.sandbox.flow.gate import Answer, FlowError, Gate
from bridge.sandbox.flow.names import CATEGORIES, COUNTRIES, DISPLAY_TYPES
from bridge.sandbox.flow.tenant import is_usable
from bridge.sandbox.world import World

READ = "ProcessingBasis - Read"


class Bases:
    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[Route]:
        return [
            self._gate.route("GET", "/api/ProcessingBases/Newest", self.newest, needs=READ),
            self._gate.route("GET", "/api/ProcessingBases/{category}", self.of, needs=READ),
            self._gate.route("GET", "/api/Customer/Addresses/Country", self.countries),
        ]

    async def newest(self, _: Request) -> Answer:
        """All active ones (S0:124-125)."""
        return [one for one in self._world.flow.bases if is_usable(one)]

    async def of(self, request: Request) -> Answer:
        """By category and repeated `displayTypes`; also what cannot be used: inactive, not
        contactable, not newest (F-T6b)."""
        category = _name(request.path_params["category"], CATEGORIES)
        wanted = {_name(one, DISPLAY_TYPES) for one in _display_types(request)}
        return [
            one
            for one in self._world.flow.bases
            if one["CategoryType"] == category and (not wanted or wanted & set(one["DisplayTypes"]))
        ]

    async def countries(self, _: Request) -> Answer:
        """`[{"Id", "Name", "Code", "TelephonePrefix"}]`: our choice, the shape is not stated."""
        return COUNTRIES


def _display_types(request: Request) -> list[str]:
    return request.query_params.getlist("displayTypes")


def _name(given: str, names: "dict[str, int] | frozenset[str]") -> str:
    for name in names:
        if name.casefold() == given.casefold():
            return name
    raise FlowError(400, f"The value '{given}' is not valid.")
