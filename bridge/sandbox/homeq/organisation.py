"""Offices, employees and projects: three lists, wrapped in three ways."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from bridge.sandbox.homeq.gate import Gate, RefusedError

OFFICE = {
    "batch_size": 0,
    "candidate_sorting_mode": "queue_points",
    "contract_system": "external",
    "default_email_for_contracts": True,
    "default_email_for_offers": True,
    "default_email_for_viewings": True,
    "description": "",
    "employee_count": 1,
    "offer_min_response_time": 0,
    "offer_per_ad": 0,
    "offers_per_person": 0,
    "time_to_next_engagement": 0,
}


class Organisation:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> list[Route]:
        return [
            self._gate.route("/offices", self.offices),
            self._gate.route("/employees", self.employees),
            self._gate.route("/employees/{id}", self.employee),
            self._gate.route("/projects", self.projects),
            self._gate.route("/project/{id}", self.project),
        ]

    async def offices(self, request: Request) -> Any:
        """A bare list, and `mode` is required; `manage` wants the right to."""
        mode, landlord = request.query_params.get("mode"), self._gate.landlord
        if mode not in {"default", "manage"}:
            raise RefusedError(412, "ModeMissing")
        if mode == "manage":
            self._gate.needs("entity.organization")
        wanted = request.query_params.get("office_id")
        return [
            {**OFFICE, **one} for one in landlord.offices if wanted in {None, str(one.get("id"))}
        ]

    async def employees(self, _: Request) -> Any:
        self._gate.needs("entity.employees")
        names = {one["id"]: one["name"] for one in self._gate.landlord.offices}
        found = [
            {
                "api_user": one["api_user"],
                "date_joined": "2020-01-01",
                "email": one["email"],
                "first_name": one["first_name"],
                "id": number,
                "joined": True,
                "last_name": one["last_name"],
                "name": f"{one['first_name']} {one['last_name']}".strip(),
                "right_profile_name": "employee",
                "root_office_name": names.get(one["office"], ""),
                "username": one["email"],
            }
            for number, one in self._gate.landlord.employees.items()
        ]
        return {"employees": found}

    async def employee(self, request: Request) -> Any:
        """One, in a list all the same (FACTS 1C.3)."""
        self._gate.needs("entity.employees")
        number = int(request.path_params["id"])
        found = self._gate.landlord.employees.get(number)
        if found is None:
            raise RefusedError(412, "DoesNotExist")
        office = {"id": found["office"], "name": ""}
        plain = {name: value for name, value in found.items() if name != "office"}
        extra = {"id": number, "joined": True, "right_profile": {"id": 1, "name": "employee"}}
        return {"employees": [{**plain, **extra, "root_office": office, "selected_office": office}]}

    async def projects(self, request: Request) -> Any:
        wanted = request.query_params.get("external_id")
        found = [
            {
                "apartments": 2,
                "closed": one["status"] == "Closed",
                "external_id": one["external_id"],
                "id": number,
                "name": one["name"],
                "office": one["office"],
                "published": one["status"] == "Published",
                "status": one["status"],
            }
            for number, one in self._gate.landlord.projects.items()
            if wanted in {None, str(one["external_id"])}
        ]
        return {"projects": found}

    async def project(self, request: Request) -> Any:
        """Its sample has no external id: the list alone has."""
        number = int(request.path_params["id"])
        found = self._gate.landlord.projects.get(number)
        if found is None:
            raise RefusedError(412, "DoesNotExist")
        return {
            "apartment_count": 2,
            "id": number,
            "landlord": {"id": 3},
            "name": found["name"],
            "office": {"id": found["office"]},
            "published": True,
            "status": found["status"],
        }
