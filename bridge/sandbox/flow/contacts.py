"""Contacts, persons and employees."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from bridge.sandbox.flow.gate import Answer, Gate, listed, missing
from bridge.sandbox.world import World

READ = "Contacts - Read"
FIELDS = (
    *("Id", "Guid", "Type", "Name", "FirstName", "SurName", "Email", "Telephone"),
    *("Active", "NoContact"),
)


class Contacts:
    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[Route]:
        return [
            self._gate.route("GET", "/api/Contacts/{contact}", self.contact, needs=READ),
            self._gate.route("GET", "/api/Persons/{contact}", self.person, needs=READ),
            self._gate.route("GET", "/api/Employees", self.employees),
            self._gate.route("GET", "/api/Employees/{contact}", self.employee),
        ]

    async def contact(self, request: Request) -> Answer:
        return self._found(request, "Person", "Employee")

    async def person(self, request: Request) -> Answer:
        return self._found(request, "Person")

    async def employee(self, request: Request) -> Answer:
        return self._found(request, "Employee")

    async def employees(self, request: Request) -> Answer:
        everybody = self._world.flow.contacts.values()
        return listed(request, [one for one in everybody if one["Type"] == "Employee"], FIELDS)

    def _found(self, request: Request, *types: str) -> dict[str, Any]:
        number = request.path_params["contact"]
        found = self._world.flow.contacts.get(int(number)) if number.isdecimal() else None
        if found is None or found["Type"] not in types:
            raise missing()
        return found
