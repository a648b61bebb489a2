"""Orders as Core keeps them (MarketingIntegratorOrderModel)."""

import uuid
from typing import Any

from bridge.sandbox.flow.tenant import Tenant, stamp


def new_order(
    tenant: Tenant, case_id: int, now: float, *, guid: str | None = None
) -> dict[str, Any]:
    """`Metadata` is a string in the model, though it is set as a list (F-T17)."""
    order = {
        "Id": next(tenant.numbers),
        "Guid": guid or str(uuid.uuid4()),
        "Title": "",
        "ActionText": "",
        "CaseBaseId": case_id,
        "MarketingIntegratorId": 9,
        "CreatedDate": stamp(now),
        "ModifiedDate": stamp(now),
        "Metadata": "",
        "OrderStatuses": [],
    }
    tenant.orders.append(order)
    add_status(tenant, order, "CreatedNotSent", "", now)
    return order


def new_user_token(user_id: int, office_id: int, order: str) -> dict[str, Any]:
    """A MarketingIntegratorTokenModel; `Data` is empty where no order was being made."""
    return {
        "UserId": user_id,
        "FullName": "Kari Megler",
        "Email": "kari.megler@example.com",
        "BrokerCompanyName": "Sandkassen Eiendom AS",
        "OfficeId": office_id,
        "OfficeName": "Sandkassen Oslo",
        "Data": {"OrderId": order} if order else {},
    }


def add_status(tenant: Tenant, order: dict[str, Any], state: str, status: str, now: float) -> None:
    """A further row, every time; `OrderStateType` is in the public sample only (F-T17)."""
    order["ModifiedDate"] = stamp(now)
    row = {"Id": next(tenant.numbers), "Status": status, "CreatedDate": stamp(now)}
    order["OrderStatuses"].append({**row, "OrderStateType": state})


def find_order(tenant: Tenant, name: str) -> dict[str, Any] | None:
    """By GUID or by number: the pages say one, the public example the other (F-T16)."""
    return next((one for one in tenant.orders if name in {one["Guid"], str(one["Id"])}), None)
