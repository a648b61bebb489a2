"""A case of Core and what hangs on it: its two names, roles, publications and main image.

Pages: AdvancedPropertySearch, roles, publications, main image (FACTS F6, F10…F12). Nothing here
writes: publications are asked for with `returnOnlyExisting=true`, always (F-T7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from bridge.connectors.base import LookUpError
from bridge.connectors.flow import asking, odata
from bridge.connectors.flow.api import FlowCalls
from bridge.connectors.flow.roles import single
from bridge.connectors.transport import join

SEARCH = "Search/AdvancedPropertySearch"
ROLE = ("Type", "ContactId", "IsDeceased")  # all that is known of a CaseRoleModel
IMAGES = ("Original", "Thumbnail", "Small", "Medium", "Large", "ThumbnailSquare", "SmallSquare")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Stakeholders take the GUID, everything else the number (F-T1)."""

    case_id: int
    case_guid: UUID | None
    row: Mapping[str, Any]  # as the search gave it; which members it has is not stated


async def find(calls: FlowCalls, which: int | UUID) -> Case | None:
    """Either name → both. Raises `LookUpError`."""
    name, wanted = ("Id", which) if isinstance(which, int) else ("Guid", str(which))
    query = odata.Query(where=odata.one_of(name, [wanted]), size=1)
    try:
        rows = await search(calls, query)
    except asking.RefusedError as error:
        # How a GUID is written in a filter is not stated; the public page of a property needs none.
        if isinstance(which, int) or error.status != HTTPStatus.BAD_REQUEST:
            raise
        rows = await _public(calls, which)
    found = next((case for row in rows if (case := _case(row))), None)
    if found and which not in {found.case_id, found.case_guid}:
        raise LookUpError(f"Flow answered with another case than {which}")
    return found


async def search(calls: FlowCalls, query: odata.Query) -> list[odata.Row]:
    """By POST without a body, as the vendor's demo client does; the page names no method (F11)."""
    path = f"{SEARCH}?{query.text()}"
    try:
        found = await asking.json(calls, path, method="POST")
    except asking.RefusedError as error:
        if error.status != HTTPStatus.METHOD_NOT_ALLOWED:
            raise
        found = await asking.json(calls, path)
    return odata.read(found)[0]


async def _public(calls: FlowCalls, guid: UUID) -> list[odata.Row]:
    try:
        found = await asking.json(calls, f"Public/Properties/{guid}")
    except asking.RefusedError as error:
        if asking.is_unknown(error):
            return []
        raise
    return [{"Guid": str(guid), **found}] if isinstance(found, dict) else []


def _case(row: odata.Row) -> Case | None:
    number, guid = row.get("Id", row.get("CaseId")), row.get("Guid", row.get("CaseGuid"))
    if not isinstance(number, int):
        return None
    try:
        return Case(case_id=number, case_guid=UUID(str(guid)) if guid else None, row=row)
    except ValueError:
        return Case(case_id=number, case_guid=None, row=row)


def roles(calls: FlowCalls, case_id: int, types: Sequence[str] = ()) -> odata.Listing:
    """`types` may name a group of the page's: sellers, buyers. Nobody's address is in it."""
    query = odata.Query(where=odata.one_of("Type", single(types)), select=ROLE, count=True)
    return odata.Listing(calls, f"Cases/{case_id}/Roles", query)


def publications(calls: FlowCalls, case_id: int) -> odata.Listing:
    """Only what is there: the same GET without this parameter publishes the case (F-T7)."""
    query = odata.Query(more={"returnOnlyExisting": "true"})
    return odata.Listing(calls, f"Cases/{case_id}/Publications", query)


def image_address(calls: FlowCalls, case_id: int, size: str) -> str:
    """For whoever has a token; a browser has none."""
    return join(calls.api.account.base_url, "api", _image(case_id, size))


async def image(calls: FlowCalls, case_id: int, size: str) -> bytes | None:
    """A JPEG; None where the case has no image. Raises `LookUpError`."""
    try:
        found = await asking.answer(calls, _image(case_id, size), accept="image/jpeg")
    except asking.RefusedError as error:
        if asking.is_unknown(error):
            return None
        raise
    if not found.complete or not found.body.startswith(b"\xff\xd8\xff"):
        raise LookUpError("Flow sent something that is no JPEG")
    return found.body


def _image(case_id: int, size: str) -> str:
    return f"Cases/{case_id}/Image/{size}"
