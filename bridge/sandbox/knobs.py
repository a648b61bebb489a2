"""`POST /_sandbox/config`: everything about the sandbox's world that can be changed."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bridge.sandbox.fake import fakes
from bridge.sandbox.flow.fixtures import new_basis
from bridge.sandbox.flow.order_book import new_order, new_user_token
from bridge.sandbox.flow.tenant import Case, Client
from bridge.sandbox.vitec.offices import Customer
from bridge.sandbox.world import World

HOME_OFFICE = "M30011"
HOME_CLIENT = "sandbox"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CustomerKnob(_Strict):
    advertising: str
    crm: str | None = None
    estates: set[str] = set()


class ClientKnob(_Strict):
    secret: str
    permissions: list[str] = []


class CaseKnob(_Strict):
    guid: str
    case_id: int
    title: str = ""
    roles: dict[str, list[int]] = {}
    status: str = "ForSale"
    has_image: bool = False
    image_bytes: int = 0
    publications: list[dict[str, Any]] = []


class CaseChangeKnob(_Strict):
    """What a broker does to a case now: True sets its date, False takes it away."""

    case_id: int
    sold: bool | None = None
    active: bool | None = None
    modified: bool = False
    publications: list[str] | None = None  # their statuses


class OrderKnob(_Strict):
    guid: str
    case_id: int


class UserTokenKnob(_Strict):
    """Who pressed the button, on which order; `lives` None: for ever."""

    token: str
    order: str = ""
    user_id: int = 501
    office_id: int = 31
    lives: float | None = None


class HomeqKnob(_Strict):
    password: str | None = None
    token_life: float | None = None
    page: int | None = None
    generation: int | None = None
    lock_after: int | None = None
    wrong: int | None = None
    most: int | None = None
    wordy: int | None = None
    rights: list[str] | None = None
    apartments: dict[int, dict[str, Any]] | None = None
    listings: dict[int, dict[str, Any]] | None = None
    projects: dict[int, dict[str, Any]] | None = None
    offices: list[dict[str, Any]] | None = None
    agreements: list[dict[str, Any]] | None = None
    deprecated: dict[str, dict[str, str]] | None = None


class Knobs(_Strict):
    """All are optional; only what is given changes.

    `vitec_password`, `vitec_crm_password` and `estate` are M30011's, `flow_secret` and
    `flow_permissions` are the client sandbox's; `customers`, `estates`, `clients` and `cases` add
    or replace by name. `basis` changes the basis with that GUID, `new_basis` adds one.
    `case_changes` sells, activates and publishes cases that are there.
    `orders` and `user_tokens` add Core's orders and the tokens of its button; `merges_metadata`
    says what setting metadata does to what is there.
    `contacts` adds CRM contacts, `contact` changes the one with that id; `most_ids` is how many a
    call may name, `unknown_is_404` whether one that is not there spoils it. `flow_contacts` adds
    people to Core. `homeq` is the landlord's. `advance` moves the clock.
    """

    latency: float | None = Field(default=None, ge=0)
    ahead: float | None = None
    advance: float | None = None
    rate_limit: int | None = Field(default=None, ge=0)
    rate_limits: dict[str, int] | None = None
    vitec_username: str | None = None
    vitec_password: str | None = None
    vitec_crm_password: str | None = None
    single_as_object: bool | None = None
    most_ids: int | None = Field(default=None, ge=1)
    unknown_is_404: bool | None = None
    contact: dict[str, Any] | None = None
    customers: dict[str, CustomerKnob] | None = None
    estate: str | None = None
    estates: dict[str, list[str]] | None = None
    contacts: list[dict[str, Any]] | None = None
    token_seconds: float | None = None
    forget_tokens: bool | None = None
    flow_secret: str | None = None
    flow_permissions: list[str] | None = None
    clients: dict[str, ClientKnob] | None = None
    cases: list[CaseKnob] | None = None
    case_changes: list[CaseChangeKnob] | None = None
    flow_contacts: list[dict[str, Any]] | None = None
    orders: list[OrderKnob] | None = None
    user_tokens: list[UserTokenKnob] | None = None
    merges_metadata: bool | None = None
    basis: dict[str, Any] | None = None
    new_basis: dict[str, Any] | None = None
    homeq: HomeqKnob | None = None


def turn(world: World, given: object) -> None:
    """Raises `ValueError`, also where a name is not there."""
    rest = _turn_vendors(world, given) if isinstance(given, dict) else given
    knobs = Knobs.model_validate(rest)
    turns = _Turns(world)
    for name in Knobs.model_fields:
        if name in knobs.model_fields_set:
            getattr(turns, name)(getattr(knobs, name))


def _turn_vendors(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """Those that a vendor's folder declares, by its name; says what is left."""
    own = {one.name: one.knobs for one in fakes() if one.knobs and one.name in given}
    for name, knobs in own.items():
        knobs.turn(world, knobs.model.model_validate(given[name]))
    return {name: value for name, value in given.items() if name not in own}


class _Turns:
    """A method for each knob, by its name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._vitec = world.vitec
        self._flow = world.flow

    def homeq(self, landlord: HomeqKnob) -> None:
        for name in landlord.model_fields_set:
            setattr(self._world.homeq, name, getattr(landlord, name))

    def latency(self, seconds: float) -> None:
        self._world.latency = seconds

    def ahead(self, seconds: float) -> None:
        self._world.ahead = seconds

    def advance(self, seconds: float) -> None:
        self._world.ahead += seconds

    def rate_limit(self, limit: int | None) -> None:
        self._world.rate_limit = limit

    def rate_limits(self, limits: dict[str, int]) -> None:
        self._world.rate_limits |= limits

    def vitec_username(self, name: str) -> None:
        self._vitec.username = name

    def vitec_password(self, password: str) -> None:
        self._vitec.customers[HOME_OFFICE].advertising = password

    def vitec_crm_password(self, password: str | None) -> None:
        self._vitec.customers[HOME_OFFICE].crm = password

    def single_as_object(self, value: bool) -> None:
        self._vitec.single_as_object = value

    def most_ids(self, number: int) -> None:
        self._vitec.most_ids = number

    def unknown_is_404(self, value: bool) -> None:
        self._vitec.unknown_is_404 = value

    def contact(self, changes: dict[str, Any]) -> None:
        found = self._vitec.contacts.get(str(changes.get("id")))
        if found is None:
            raise ValueError(f"no contact {changes.get('id')}")
        found.update(changes)

    def customers(self, customers: dict[str, CustomerKnob]) -> None:
        for name, one in customers.items():
            self._vitec.customers[name] = Customer(one.advertising, one.crm, set(one.estates))

    def estate(self, estate: str) -> None:
        self._vitec.customers[HOME_OFFICE].estates.add(estate)

    def estates(self, estates: dict[str, list[str]]) -> None:
        for name, ids in estates.items():
            if name not in self._vitec.customers:
                raise ValueError(f"no customer {name}")
            self._vitec.customers[name].estates |= set(ids)

    def contacts(self, contacts: list[dict[str, Any]]) -> None:
        for one in contacts:
            if not {"id", "customerId"} <= set(one):
                raise ValueError("a contact needs id and customerId")
            self._vitec.add_contact({"type": "Person", "email": {}, "telephone": {}, **one})

    def token_seconds(self, seconds: float) -> None:
        self._flow.token_seconds = seconds

    def forget_tokens(self, value: bool) -> None:
        if value:
            self._flow.tokens.clear()

    def flow_secret(self, secret: str) -> None:
        self._flow.clients[HOME_CLIENT].secret = secret
        self._flow.tokens.clear()

    def flow_permissions(self, permissions: list[str]) -> None:
        self._flow.clients[HOME_CLIENT].permissions = permissions

    def clients(self, clients: dict[str, ClientKnob]) -> None:
        for name, one in clients.items():
            self._flow.clients[name] = Client(one.secret, list(one.permissions))

    def cases(self, cases: list[CaseKnob]) -> None:
        for one in cases:
            roles = {"Broker": [], "Stakeholder": [], **one.roles}
            case = Case(
                one.guid.lower(),
                one.case_id,
                one.title,
                roles,
                status=one.status,
                publications=list(one.publications),
                has_image=one.has_image,
                image_bytes=one.image_bytes,
            )
            case.touch("CaseActivatedDate", self._world.now)
            self._flow.cases[case.guid] = case

    def case_changes(self, changes: list[CaseChangeKnob]) -> None:
        now = self._world.now
        for one in changes:
            case = self._flow.case_by_id(one.case_id)
            if case is None:
                raise ValueError(f"no case {one.case_id}")
            for wanted, what in ((one.sold, "CaseSoldDate"), (one.active, "CaseActivatedDate")):
                if wanted is not None:
                    case.set_date(what, now, there=wanted)
            if one.publications is not None:
                case.publish(one.publications, now, self._flow.numbers)
            if one.modified:
                case.touch("ModifiedDate", now)

    def orders(self, orders: list[OrderKnob]) -> None:
        for one in orders:
            new_order(self._flow, one.case_id, self._world.now, guid=one.guid.lower())

    def user_tokens(self, tokens: list[UserTokenKnob]) -> None:
        for one in tokens:
            self._flow.user_tokens[one.token] = new_user_token(
                one.user_id, one.office_id, one.order
            )
            if one.lives is not None:
                self._flow.user_token_ends[one.token] = self._world.now + one.lives

    def merges_metadata(self, value: bool) -> None:
        self._flow.merges_metadata = value

    def flow_contacts(self, contacts: list[dict[str, Any]]) -> None:
        for one in contacts:
            self._flow.add_contact(**one)

    def basis(self, changes: dict[str, Any]) -> None:
        found = self._flow.basis_by_guid(str(changes.get("Guid")))
        if found is None:
            raise ValueError(f"no basis {changes.get('Guid')}")
        found.update(changes)

    def new_basis(self, fields: dict[str, Any]) -> None:
        if "Guid" not in fields:
            raise ValueError("a basis needs its Guid")
        self._flow.bases.append(new_basis(fields["Guid"], **fields))
