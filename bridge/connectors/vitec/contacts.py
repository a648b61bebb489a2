"""What Vitec's CRM says of a contact: a person, a company or a deceased person's estate.

FACTS 1B.3; vendor page: GET CRM/Contact/{customerId}/{contactIds}. Its sample hides most fields and
its tables hide one that the sample has (V-T10), so nothing but an id is required, what is not known
is passed over, and a field of another type than documented is `None` and named in `unread`. Names,
notes, addresses and identity numbers are not read at all: nothing here needs them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel

Kind = Literal["person", "company", "deceased_estate", "unknown"]
Stop = Literal["deceased", "opted_out", "not_said"]
WORDS: Mapping[str, str] = {  # as the end of a sentence about the contact
    "deceased": "is deceased",
    "opted_out": "has opted out of advertising",
    "not_said": "does not tell, in a way that can be read, whether it takes advertising",
}
OURS = frozenset({"unread"})  # a field of ours that no vendor fills in


def _or_none(value: object, read: ValidatorFunctionWrapHandler, _: ValidationInfo) -> object:
    try:
        return read(value)
    except ValidationError:
        return None


Lenient = WrapValidator(_or_none)
Flag = Annotated[Annotated[bool, Field(strict=True)] | None, Lenient]
Text = Annotated[Annotated[str, Field(max_length=200)] | None, Lenient]
Number = Annotated[Annotated[int, Field(strict=True)] | None, Lenient]
Moment = Annotated[datetime | None, Lenient]  # with an offset and up to 7 digits (X-T11)


class _Common(BaseModel):
    """What all three types have (S4:12-22, 58-68, 78-88)."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        hide_input_in_errors=True,
    )

    kind: ClassVar[Kind] = "unknown"

    id: Annotated[str, Field(min_length=1, max_length=200)]
    customer_id: Text = None
    agent_id: Text = None
    advertising_enabled: Flag = None  # None: Vitec does not say, or not in a way that can be read
    created_at: Moment = None
    changed_at: Moment = None
    unread: tuple[str, ...] = ()  # fields that are there, of another type than documented

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        return _camel(data) if isinstance(data, Mapping) else data

    def misread(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        """Fields of `raw` that say something we could not read."""
        said = _camel(raw)
        return tuple(
            field
            for field in type(self).model_fields
            if said.get(to_camel(field)) is not None and getattr(self, field) is None
        )


class Person(_Common):
    """CrmPersonContact (S4:41-68)."""

    kind: ClassVar[Kind] = "person"
    lead_score: Number = None  # stars
    is_deceased: Flag = None
    is_company_person: Flag = None


class Company(_Common):
    """CrmCompanyContact (S4:1-22)."""

    kind: ClassVar[Kind] = "company"
    lead_score: Number = None


class DeceasedEstate(_Common):
    """CrmDeceasedEstateContact (S4:69-88): the person is dead by its type."""

    kind: ClassVar[Kind] = "deceased_estate"


class Other(_Common):
    """A type that no page tells of: what all of them have is read all the same."""

    lead_score: Number = None
    is_deceased: Flag = None


def kind_of(raw: Any) -> Kind:
    """By `type`; only "Person" is seen in a sample, the page names the others in Swedish (S4:2).

    Where the type says nothing, a field that only one of them has does (V-T11).
    """
    if isinstance(raw, _Common):
        return raw.kind
    said = _camel(raw) if isinstance(raw, Mapping) else {}
    kind = str(said.get("type") or "").casefold()
    if "estate" in kind or "deceased" in kind or "dödsbo" in kind:
        return "deceased_estate"
    if "company" in kind or "företag" in kind:
        return "company"
    if kind == "person":
        return "person"
    by_field: tuple[tuple[str, Kind], ...] = (
        ("isForeignIdSocialSecurityNumber", "deceased_estate"),
        ("corporateNumber", "company"),
        ("isForeignCorporateNumber", "company"),
        ("firstName", "person"),
        ("isDeceased", "person"),
    )
    return next((found for name, found in by_field if name in said), "unknown")


Contact = Annotated[
    Annotated[Person, Tag("person")]
    | Annotated[Company, Tag("company")]
    | Annotated[DeceasedEstate, Tag("deceased_estate")]
    | Annotated[Other, Tag("unknown")],
    Discriminator(kind_of),
]
_one: TypeAdapter[Contact] = TypeAdapter(Contact)


def read(found: Any) -> list[Contact]:
    """A list, or an object that stands for a list of one (V-T9); what has no id is passed over."""
    rows: Iterable[Any] = found if isinstance(found, list) else [found]
    return [one for raw in rows if isinstance(raw, dict) and (one := _read(raw))]


def _read(raw: dict[str, Any]) -> Contact | None:
    theirs = {name: value for name, value in raw.items() if name not in OURS}
    try:
        contact = _one.validate_python(theirs)
    except ValidationError:  # without an id nobody can say whose it is
        return None
    return contact.model_copy(update={"unread": contact.misread(theirs)})


def kept(contact: Contact) -> str:
    """For a cache: what was read, and nothing else."""
    return orjson.dumps(
        {**contact.model_dump(mode="json", by_alias=True), "type": contact.kind}
    ).decode()


def restored(text: str) -> Contact | None:
    """What `kept` made; None where it is not that."""
    try:
        return _one.validate_python(orjson.loads(text))
    except (ValidationError, orjson.JSONDecodeError):
        return None


def deceased(contact: Contact) -> bool:
    return isinstance(contact, DeceasedEstate) or getattr(contact, "is_deceased", None) is True


def stop(contact: Contact) -> Stop | None:
    """Why this contact gets no marketing (V-T11). What Vitec does not say may be a no."""
    if deceased(contact):
        return "deceased"
    if contact.advertising_enabled is False:
        return "opted_out"
    if contact.advertising_enabled is None or "is_deceased" in contact.unread:
        return "not_said"
    return None


def _camel(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Documented in PascalCase, sent in camelCase (FACTS 1B.1): both are taken."""
    return {name[:1].lower() + name[1:]: value for name, value in raw.items()}
