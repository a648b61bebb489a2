"""The Vitec that every sandbox starts with: two offices, and a contact of each type (V-T9)."""

from typing import Any

from bridge.sandbox.vitec.offices import Customer, Offices

USERNAME = "sandbox"
STAMP = "2024-11-21T10:31:03.655511+01:00"  # of the vendor's own sample
CONTACTS = (
    {
        "id": "ADRPERSON0000000000000000000000000001",
        "type": "Person",
        "firstName": "Birgitta",
        "lastName": "Ek",
        "email": {"emailAddress": "birgitta.ek@example.com"},
        "telephone": {"cell": "+46701740601"},
        "isDeceased": False,
        "isCompanyPerson": False,
        "leadScore": 2,
    },
    {
        "id": "ADRCOMPANY00000000000000000000000001",
        "type": "Company",
        "name": "Eklunda Bygg AB",
        "corporateNumber": "556000-0001",
        "isForeignCorporateNumber": False,
        "homePage": "https://example.se",
        "email": {"emailAddress": "info@eklunda.example.com"},
        "telephone": {"work": "+4684650001"},
        "leadScore": 0,
    },
    {
        "id": "ADRESTATE000000000000000000000000001",
        "type": "DeceasedEstate",
        "name": "Karl Eks dödsbo",
        "isForeignIdSocialSecurityNumber": False,  # V-T11: another name than a person's
        "email": {},
        "telephone": {},
    },
)


def new_offices() -> Offices:
    """M30011 has six estates, M30012 one; a password is named after its office and group."""
    estates = {f"OBJ11385_139593227{number}" for number in range(4, 10)}
    offices = Offices(
        username=USERNAME,
        customers={
            "M30011": Customer("vitec-M30011", "crm-M30011", estates),
            "M30012": Customer("vitec-M30012", "crm-M30012", {"OBJ22385_1395932274"}),
        },
    )
    for contact in CONTACTS:
        offices.add_contact(_common(contact))
    return offices


def _common(contact: dict[str, Any]) -> dict[str, Any]:
    return {
        **contact,
        "customerId": "M30011",
        "agentId": "HANE99C0000000000000000000000000001",
        "address": {"streetAddress": "Ekvägen 1", "zipCode": "11135", "city": "Stockholm"},
        "advertisingEnabled": contact["type"] != "DeceasedEstate",
        "note": "",
        "categories": [{"id": "KAT1", "name": "Spekulant", "readOnly": True}],
        "createdAt": STAMP,
        "changedAt": STAMP,
    }
