"""Create a stakeholder: what a lead is to Flow (FACTS F3)."""

import re
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from bridge.sandbox.flow.gate import Answer, FlowError, Gate, json_of, missing
from bridge.sandbox.flow.names import (
    CATEGORIES,
    CONTACT_METHODS,
    LANGUAGES,
    SYSTEM_TYPES,
    with_prefix,
)
from bridge.sandbox.flow.tenant import Case, Tenant, is_usable
from bridge.sandbox.shapes import Shape, ShapeError, check_shape
from bridge.sandbox.world import World

# The last part is known from the vendor's demo client only, which is why nothing there is required.
BODY: dict[str, Shape] = {
    "FirstName": str,
    "SurName": str,  # F-T4
    "Email": str,
    "Telephone": str,
    "CheckedProcessingBases": [str],
    "ProcessingBasisCategory": (str, int),
    "ProcessingBasisSystemType": (str, int),
    "CountryPrefix": str,
    "Comments": str,
    "OwnsHousing": bool,
    "WantFunding": bool,
    "PrivateShowing": bool,
    "PreventDefaultEmail": bool,
    "ContactMethodType": str,
    "NotificationLanguage": str,
    "ShowingActivityGuid": str,
    "NumberOfParticipants": int,
    "CheckedConsents": [str],
}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Stakeholders:
    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[Route]:
        path = "/api/Public/Cases/{guid}/Stakeholders"
        return [self._gate.route("POST", path, self.create, needs="Stakeholders - Write")]

    async def create(self, request: Request) -> Answer:
        """`{"Value": n}`, n being the contact's number here; what it means is not stated.

        Nothing is checked for duplicates (F-T9).
        """
        case = self._world.flow.cases.get(request.path_params["guid"])
        if case is None:
            raise missing()
        body = await json_of(request)
        bases = check_stakeholder(body, self._world.flow)
        stored = dict(body)
        if body.get("Telephone"):
            stored["Telephone"] = with_prefix(body["Telephone"])
        contact = self._add(case, stored, bases)
        if body.get("Email") and not body.get("PreventDefaultEmail"):
            self._default_email(case, body["Email"])
        self._gate.remember(
            request, kind="stakeholder", property=case.guid, body=stored, reference=str(contact)
        )
        return {"Value": contact}

    def _add(self, case: Case, stored: dict[str, Any], bases: list[str]) -> int:
        contact = self._world.flow.add_contact(
            Name=f"{stored['FirstName']} {stored['SurName']}",
            FirstName=stored["FirstName"],
            SurName=stored["SurName"],
            Email=stored.get("Email", ""),
            Telephone=stored.get("Telephone", ""),
            ProcessingBases=bases,
        )
        case.roles.setdefault("Stakeholder", []).append(contact)
        case.touch("CaseEntityChangedDate", self._world.now)
        return contact

    def _default_email(self, case: Case, to: str) -> None:
        """Core mails the person by itself, unless it is told not to (F-T8)."""
        self._world.memory.send_out(
            vendor="flow", channel="default email", to=to, case_id=case.case_id, at=self._world.now
        )


def check_stakeholder(body: Any, tenant: Tenant) -> list[str]:
    """The GUIDs of the bases that the person gets. Raises `FlowError` 400."""
    try:
        check_shape(body, BODY)
    except ShapeError as error:
        raise worded(error) from None
    for name in ("FirstName", "SurName"):
        if not body.get(name, "").strip():
            raise FlowError(400, f"{name} is required")
    email, telephone = body.get("Email", ""), body.get("Telephone", "")
    if not email.strip() and not telephone.strip():  # F-T3
        raise FlowError(400, "Email or Telephone is required")
    if email and not EMAIL.fullmatch(email):
        raise FlowError(400, f"Email '{email}' is not valid")
    _check_name(body, "ContactMethodType", CONTACT_METHODS)
    _check_name(body, "NotificationLanguage", LANGUAGES)
    return _bases(body, tenant)


def worded(error: ShapeError) -> FlowError:
    if error.unknown:
        return FlowError(400, f"{error.at} is not a member")
    return FlowError(400, f"{error.at or 'The body'} has the wrong type")


def _bases(body: dict[str, Any], tenant: Tenant) -> list[str]:
    """By GUIDs, by a complete pair, or by both; by neither is refused (F-T6)."""
    guids = [_usable(guid, tenant) for guid in body.get("CheckedProcessingBases", [])]
    category = body.get("ProcessingBasisCategory")
    system_type = body.get("ProcessingBasisSystemType")
    if (category is None) != (system_type is None):
        raise FlowError(400, "ProcessingBasisCategory and ProcessingBasisSystemType go together")
    if category is not None and system_type is not None:
        _check_enum(category, CATEGORIES, "ProcessingBasisCategory")
        _check_enum(system_type, SYSTEM_TYPES, "ProcessingBasisSystemType")
        found = tenant.latest_basis(category, system_type)
        if found is None:
            raise FlowError(400, f"No processing basis is {category}/{system_type}")
        guids.append(str(found["Guid"]))
    if not guids:
        raise FlowError(400, "A processing basis is required")
    return guids


def _usable(guid: str, tenant: Tenant) -> str:
    """A GUID changes with each version of its basis, and the old one is refused (F-T6b)."""
    found = tenant.basis_by_guid(guid)
    if found is None or not is_usable(found):
        raise FlowError(400, f"Processing basis {guid} is not active")
    return guid


def _check_enum(given: object, names: dict[str, int], what: str) -> None:
    if given not in names and given not in names.values():  # F-T5
        raise FlowError(400, f"{given} is no {what}")


def _check_name(body: dict[str, Any], what: str, names: frozenset[str]) -> None:
    if what in body and body[what] not in names:
        raise FlowError(400, f"{body[what]} is no {what}")
