"""Cases: roles, publications, changes, search and pictures."""

import base64
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.sandbox.flow.gate import Answer, FlowError, Gate, listed, missing
from bridge.sandbox.flow.names import IMAGE_SIZES, ROLES
from bridge.sandbox.flow.tenant import Case
from bridge.sandbox.world import World

READ = "CaseRoles - Read"
OLDEST = 365 * 86_400.0
ROLE_FIELDS = ("Type", "ContactId", "IsDeceased")
PUBLICATION_FIELDS = ("Id", "ProviderName", "Status", "PublishSeparately")
CHANGE_FIELDS = (
    *("CaseId", "ModifiedDate", "CaseActivatedDate", "CaseSoldDate", "BidChangedDate"),
    *("DescriptionChangedDate", "CaseEntityChangedDate", "ImageChangedDate"),
    *("AttachmentChangedDate", "TransactionChangedDate", "PublicationChangedDate"),
    "ActivityChangedDate",
)
SEARCH_FIELDS = (
    *("Id", "Guid", "Address", "Office", "BidAcceptedDate", "Municipality", "BrokerName"),
    *("CaseReferralKey", "AssignmentType", "CaseCategoryType", "Status"),
)
PIXEL = base64.b64decode(  # the smallest JPEG there is: one grey pixel
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////"
    "////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=",
)


class Cases:
    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[Route]:
        case, search = "/api/Cases/{case}", "/api/Search/AdvancedPropertySearch"
        modified = "/api/Integrations/RecentlyModified/Cases"
        return [
            self._gate.route("GET", f"{case}/Roles/{{role}}/Ids", self.role_ids, needs=READ),
            self._gate.route("GET", f"{case}/Roles", self.roles, needs=READ),
            self._gate.route("GET", f"{case}/Publications", self.publications),
            self._gate.route("GET", f"{case}/Image/{{size}}", self.image),
            self._gate.route("GET", modified, self.modified),
            self._gate.route("GET", search, self.search),
            self._gate.route("POST", search, self.search),
            self._gate.route("GET", "/api/Public/Properties/{guid}", self.public),
        ]

    async def role_ids(self, request: Request) -> Answer:
        """A list of contact numbers (S0:21-29)."""
        case, wanted = self._case(request), request.path_params["role"].casefold()
        if wanted not in {role.casefold() for role in ROLES | set(case.roles)}:
            raise FlowError(400, f"The value '{wanted}' is not valid for CaseRoleType.")
        return [one for role, ids in case.roles.items() if role.casefold() == wanted for one in ids]

    async def roles(self, request: Request) -> Answer:
        """No contact details; `IsDeceased` only where somebody filled it in (F-T22)."""
        case = self._case(request)
        rows = [
            {"Type": role, "ContactId": one, "IsDeceased": True if one in case.deceased else None}
            for role, ids in case.roles.items()
            for one in ids
        ]
        return listed(request, rows, ROLE_FIELDS)

    async def publications(self, request: Request) -> Answer:
        """A GET that writes, unless `returnOnlyExisting=true` keeps it from doing so (F-T7)."""
        case = self._case(request)
        only_existing = request.query_params.get("returnOnlyExisting", "false").lower() == "true"
        if not case.publications and not only_existing:
            made = {"Id": next(self._world.flow.numbers), "ProviderName": "Finn"}
            made |= {"Status": "NotPublished", "PublishSeparately": False}
            case.publications.append(made)
            case.touch("PublicationChangedDate", self._world.now)
            self._gate.remember(
                request,
                kind="publication",
                property=str(case.case_id),
                body=made,
                reference=str(made["Id"]),
            )
        return listed(request, case.publications, PUBLICATION_FIELDS)

    async def modified(self, request: Request) -> Answer:
        """6 calls in 30 s (S0:77), and `fromDate` at most 365 days back (F-T11)."""
        self._gate.throttle(request, limit=6, window=30.0)
        since = _moment(request.query_params.get("fromDate"))
        if since < self._world.now - OLDEST and "fromDate" in request.query_params:
            raise FlowError(400, "fromDate is more than 365 days back")
        rows = [
            dict.fromkeys(CHANGE_FIELDS) | case.dates | {"CaseId": case.case_id}
            for case in self._world.flow.cases.values()
            if _moment(case.dates["ModifiedDate"]) >= since
        ]
        return listed(request, rows, CHANGE_FIELDS)

    async def search(self, request: Request) -> Answer:
        """How a case number and its GUID find each other (F11)."""
        contacts = self._world.flow.contacts
        rows = [
            {
                **_property(case),
                "Office": "Sandkassen Oslo",
                "BidAcceptedDate": case.dates.get("CaseSoldDate"),
                "BrokerName": ", ".join(contacts[one]["Name"] for one in case.roles["Broker"]),
                "CaseReferralKey": None,
                "AssignmentType": "Sale",
                "CaseCategoryType": "Residential",
            }
            for case in self._world.flow.cases.values()
        ]
        return listed(request, rows, SEARCH_FIELDS)

    async def public(self, request: Request) -> Answer:
        """Whether a configured GUID exists; of the answer's shape only the path is known."""
        case = self._world.flow.cases.get(request.path_params["guid"])
        if case is None:
            raise missing()
        return _property(case)

    async def image(self, request: Request) -> Answer:
        if request.path_params["size"] not in {size.lower() for size in IMAGE_SIZES}:
            raise FlowError(400, "ImageSize is not valid")
        case = self._case(request)
        if not case.has_image:
            raise missing()
        small = request.path_params["size"].startswith("thumbnail")
        return Response(
            PIXEL if small else PIXEL.ljust(case.image_bytes, b"\0"), media_type="image/jpeg"
        )

    def _case(self, request: Request) -> Case:
        """By number only: a GUID here is 404 (F-T1)."""
        found = self._world.flow.case_by_id(request.path_params["case"])
        if found is None:
            raise missing()
        return found


def _property(case: Case) -> dict[str, Any]:
    return {
        "Id": case.case_id,
        "Guid": case.guid,
        "Address": case.title,
        "Municipality": "Oslo",
        "Status": case.status,
    }


def _moment(text: str | None) -> float:
    """Seconds; a `+` that was not escaped arrives as a blank and is no date."""
    if text is None:
        return 0.0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FlowError(400, f"The value '{text}' is not a date") from None
    return moment.timestamp()
