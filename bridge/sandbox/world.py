"""What the sandbox knows and remembers: accounts, estates, cases, contacts, and all it received."""

import itertools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Clock = Callable[[], float]

CASE_GUID = "680f1e7f-90e4-472d-8991-a9d6043df603"  # of the vendor's own sample
BASIS_GUID = "cff34c62-014a-4cf2-b285-88ca73381b1d"  # of the vendor's own sample


@dataclass
class VitecCustomer:
    """Each function group has a password of its own (V-T6)."""

    advertising: str
    crm: str | None
    estates: set[str]


@dataclass
class FlowCase:
    guid: str
    case_id: int
    roles: dict[str, list[int]]
    title: str = ""


@dataclass
class World:
    """`now` is the sandbox's clock in unix seconds; `ahead` moves it."""

    clock: Clock = time.time
    ahead: float = 0.0
    vitec_username: str = "sandbox"
    vitec: dict[str, VitecCustomer] = field(default_factory=dict)
    vitec_contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    vitec_relations: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    single_as_object: bool = False  # V-T9
    flow_clients: dict[str, str] = field(default_factory=dict)
    flow_permissions: list[str] = field(default_factory=list)
    flow_tokens: dict[str, float] = field(default_factory=dict)
    token_seconds: float = 1200.0
    cases: dict[str, FlowCase] = field(default_factory=dict)
    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    bases: list[dict[str, Any]] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    sent_messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    rate_limit: int | None = None  # Flow calls a second, per client
    recent: list[float] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(70001))

    @property
    def now(self) -> float:
        return self.clock() + self.ahead

    def remember(self, vendor: str, kind: str, **what: Any) -> dict[str, Any]:
        entry = {
            "number": len(self.received) + 1,
            "vendor": vendor,
            "kind": kind,
            "at": self.now,
            "answered": True,
            **what,
        }
        self.received.append(entry)
        return entry

    def case_by_id(self, case_id: str) -> FlowCase | None:
        return next((one for one in self.cases.values() if str(one.case_id) == case_id), None)

    def add_contact(self, **fields: Any) -> int:
        number = next(self.numbers)
        self.contacts[number] = {
            "Id": number,
            "Guid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
            "Type": "Person",
            "Active": True,
            "NoContact": False,
            **fields,
        }
        return number


def basis(guid: str, description: str, display: list[str], **changes: Any) -> dict[str, Any]:
    """A ProcessingBasisDto (FACTS F2)."""
    return {
        "Id": int(guid[:6], 16) % 10_000,
        "Guid": guid,
        "Description": description,
        "Version": 2.0,
        "CategoryType": "SpecificCase",
        "Type": "Consents",
        "SystemType": "Manual",
        "DisplayTypes": display,
        "IsActive": True,
        "CanBeContacted": True,
        "IsNewestVersion": True,
        **changes,
    }


# Contacts are of three types, which differ in their fields (FACTS 1B.3).
OTHER_CONTACTS: tuple[dict[str, Any], ...] = (
    {
        "id": "ADRCOMPANY00000000000000000000000001",
        "type": "Company",
        "customerId": "M30011",
        "name": "Exempelbolaget AB",
        "email": {"emailAddress": "info@example.com"},
        "telephone": {},
        "advertisingEnabled": False,
    },
    {
        "id": "ADRESTATE000000000000000000000000001",
        "type": "DeceasedEstate",
        "customerId": "M30011",
        "name": "Dödsboet efter Exempel",
        "isForeignIdSocialSecurityNumber": False,
        "email": {},
        "telephone": {},
    },
)


def new_world(clock: Clock = time.time) -> World:
    """Two Vitec offices, one Flow tenant with three cases, bases good and bad (F-T6b)."""
    world = World(clock=clock)
    world.vitec_contacts |= {one["id"]: one for one in OTHER_CONTACTS}
    estates = {f"OBJ11385_139593227{number}" for number in range(4, 10)}
    world.vitec["M30011"] = VitecCustomer("vitec-M30011", "crm-M30011", estates)
    world.vitec["M30012"] = VitecCustomer("vitec-M30012", "crm-M30012", {"OBJ22385_1395932274"})
    world.flow_clients["sandbox"] = "flow-secret"
    world.flow_clients["sandbox-2"] = "flow-secret-2"
    world.flow_permissions = [
        "ProcessingBasis - Read",
        "CaseRoles - Read",
        "Contacts - Read",
        "Stakeholders - Write",
        "Notifications - Write",
    ]
    broker = world.add_contact(
        Name="Kari Megler",
        Email="kari.megler@example.com",
        Telephone="+4741234690",
        Type="Employee",
    )
    seller = world.add_contact(Name="Per Selger", Email="per.selger@example.com", Telephone="")
    for guid, number in (
        (CASE_GUID, 48213),
        ("0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b01", 48214),
        ("0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b02", 48215),
    ):
        roles = {"Broker": [broker], "Seller": [seller], "Stakeholder": list[int]()}
        world.cases[guid] = FlowCase(guid, number, roles, f"Sak {number}")
    world.cases["0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b02"].roles["Broker"] = []
    world.bases = [
        basis(BASIS_GUID, "Kan kontaktes om denne eiendommen", ["Manual", "Showing"]),
        basis("a1f34c62-014a-4cf2-b285-88ca73381b02", "Visning", ["Showing"]),
        basis("a1f34c62-014a-4cf2-b285-88ca73381b03", "Gammel", ["Manual"], IsActive=False),
        basis(
            "a1f34c62-014a-4cf2-b285-88ca73381b04",
            "Interessent på eiendom",
            ["Manual"],
            SystemType="IsStakeholder",
            CanBeContacted=False,
            IsNewestVersion=False,
        ),
        basis(
            "a1f34c62-014a-4cf2-b285-88ca73381b05",
            "Nyhetsbrev",
            ["Lead"],
            CategoryType="Standalone",
            SystemType="NewsLetter",
        ),
    ]
    return world
