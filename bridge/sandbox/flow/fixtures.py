"""The Core customer that every sandbox starts with."""

from typing import Any

from bridge.sandbox.flow.order_book import new_order, new_user_token
from bridge.sandbox.flow.tenant import Case, Client, Tenant

CASE_GUID = "680f1e7f-90e4-472d-8991-a9d6043df603"  # of the vendor's own sample
BASIS_GUID = "cff34c62-014a-4cf2-b285-88ca73381b1d"  # of the vendor's own sample
RIGHTS = (
    "ProcessingBasis - Read",
    "CaseRoles - Read",
    "Contacts - Read",
    "Stakeholders - Write",
    "Notifications - Write",
)
ORDER_GUID = "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0001"
USER_TOKEN = "flow-user-token"
OTHER_CASES = tuple(f"0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b0{number}" for number in (1, 2, 3))
DAY = 86_400.0


def new_tenant(now: float) -> Tenant:
    """Two API users (the second is a marketing integrator), four cases, bases good and bad."""
    tenant = Tenant(
        clients={
            "sandbox": Client("flow-secret", list(RIGHTS)),
            "sandbox-2": Client("flow-secret-2", [*RIGHTS, "Marketing Integrator - WRITE"]),
        },
        bases=_bases(),
    )
    _add_cases(tenant, now)
    order = new_order(tenant, 48213, now, guid=ORDER_GUID)
    tenant.user_tokens[USER_TOKEN] = new_user_token(501, 31, order["Guid"])
    return tenant


def new_basis(guid: str, /, description: str = "", **changes: Any) -> dict[str, Any]:
    """A ProcessingBasisDto (FACTS F2), usable unless the changes say otherwise."""
    return {
        "Id": int(guid[:8], 16) % 100_000 if guid[:8].isalnum() else 1,
        "Guid": guid,
        "Description": description,
        "ExtendedDescription": "",
        "Version": 2.0,
        "CategoryType": "SpecificCase",
        "Type": "Consents",
        "SystemType": "Manual",
        "DisplayTypes": ["Manual"],
        "IsActive": True,
        "CanBeContacted": True,
        "RequireDeletePermission": False,
        "IsNewestVersion": True,
        "LastModified": "2024-05-06T08:30:00.000+02:00",
        "LastModifiedById": 70_001,
        **changes,
    }


def _add_cases(tenant: Tenant, now: float) -> None:
    broker = _employee(tenant, "Kari", "Megler", "+4741234690")
    seller = tenant.add_contact(
        Name="Per Selger",
        FirstName="Per",
        SurName="Selger",
        Email="per.selger@example.com",
        Telephone="",
    )
    assistant = _employee(tenant, "Nils", "Hjelper", "+4741234691")
    owner = tenant.add_contact(Name="Olga Eier", FirstName="Olga", SurName="Eier", Telephone="")
    without_broker: dict[str, list[int]] = {"Broker": [], "Seller": [seller]}
    plain = {"Broker": [broker], "Seller": [seller]}
    first = Case(CASE_GUID, 48213, roles=plain, has_image=True)
    first.publications.append(
        {"Id": 1, "ProviderName": "Finn", "Status": "Published", "PublishSeparately": False},
    )
    sold = Case(
        OTHER_CASES[2],
        48216,
        roles={"Broker": [broker, assistant], "Owner": [owner], "Seller": [owner]},
        deceased={owner},
        status="Sold",
    )
    cases = (
        first,
        Case(OTHER_CASES[0], 48214, roles=plain),
        Case(OTHER_CASES[1], 48215, roles=without_broker),
        sold,
    )
    for case in cases:
        case.title = f"Storgata {case.case_id % 100}"
        case.roles = {**case.roles, "Stakeholder": []}
        case.touch("CaseActivatedDate", now - 60 * DAY)
        tenant.cases[case.guid] = case
    sold.touch("CaseSoldDate", now - 2 * DAY)


def _employee(tenant: Tenant, first: str, last: str, telephone: str) -> int:
    return tenant.add_contact(
        Type="Employee",
        Name=f"{first} {last}",
        FirstName=first,
        SurName=last,
        Email=f"{first}.{last}@example.com".lower(),
        Telephone=telephone,
    )


def _bases() -> list[dict[str, Any]]:
    """By category some are listed that cannot be used, as the public sample shows (F-T6b)."""
    other = "a1f34c62-014a-4cf2-b285-88ca73381b0"
    stakeholder = {
        "SystemType": "IsStakeholder",
        "CanBeContacted": False,
        "IsNewestVersion": False,
    }
    newsletter = {"SystemType": "NewsLetter", "DisplayTypes": ["Lead"]}
    return [
        new_basis(BASIS_GUID, "Kan kontaktes om eiendommen", DisplayTypes=["Manual", "Showing"]),
        new_basis(f"{other}2", "Visning", SystemType="Checklist", DisplayTypes=["Showing"]),
        new_basis(f"{other}3", "Gammel", IsActive=False),
        new_basis(f"{other}4", "Interessent på eiendom", **stakeholder),
        new_basis(f"{other}5", "Nyhetsbrev", CategoryType="Standalone", **newsletter),
        new_basis(f"{other}6", "Gammel versjon", Version=1.0, IsNewestVersion=False),
        new_basis(f"{other}7", "Nyhetsbrev til tips", CategoryType="Lead", **newsletter),
        new_basis(f"{other}8", "Banktips", CategoryType="BankLead", SystemType="Checklist"),
    ]
