"""The canonical lead, version 1 (DESIGN 1.2), and its JSON Schema. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

MAX_EMAILS = 2  # Vitec holds emailAddress and emailAddress2, Flow one


class Intent(StrEnum):
    FINAL_PRICE_WATCH = "final_price_watch"
    INTEREST = "interest"
    PROJECT_FOLLOW = "project_follow"
    RESERVATION = "reservation"
    VALUATION = "valuation"
    CONTACT = "contact"
    WITHDRAWAL = "withdrawal"  # cancels; never delivers


def _clean(text: str) -> str:
    """NFC, so that å is one character everywhere (X-T4), without NUL and outer blanks."""
    return unicodedata.normalize("NFC", text.replace("\0", "")).strip()


def _text(value: object) -> object:
    """Ids and numbers often come as JSON numbers; they are text to us."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    whole = isinstance(value, float) and value.is_integer()  # a spreadsheet's 701740605.0
    return str(int(value) if whole else value)


def _none_if_blank(text: str | None) -> str | None:
    return text or None


Text = Annotated[str, BeforeValidator(_text), AfterValidator(_clean)]
Maybe = Annotated[Text | None, AfterValidator(_none_if_blank)]


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if one is not None}
    return value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=10_000)

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, data: Any) -> Any:
        """`null` means that it was left out, for a whole part too."""
        if isinstance(data, dict) and None in data.values():
            return {k: v for k, v in data.items() if v is not None or k not in cls.model_fields}
        return data


class Phone(_Part):
    """A phone as the person gave it; `bridge.phones` makes it unambiguous."""

    number: Annotated[str, BeforeValidator(_text)] = Field(max_length=1_000)
    label: Maybe = None


def _phone(value: object) -> object:
    return {"number": value} if isinstance(value, str | int | float) else value


class Address(_Part):
    street: Maybe = None
    postal_code: Maybe = None
    city: Maybe = None


class Person(_Part):
    first_name: Maybe = None
    last_name: Maybe = None
    emails: tuple[Text, ...] = Field(default=(), max_length=MAX_EMAILS)
    phones: tuple[Annotated[Phone, BeforeValidator(_phone)], ...] = Field(default=(), max_length=10)
    address: Address = Field(default_factory=Address)
    national_id: Maybe = Field(default=None, repr=False)
    national_id_is_foreign: bool = False

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    @model_validator(mode="after")
    def _someone(self) -> Person:
        reachable = any(self.emails) or any(phone.number.strip() for phone in self.phones)
        if not (self.name or reachable):
            raise ValueError("give a name, an e-mail address or a phone number")
        return self


class VitecProperty(_Part):
    customer_id: Maybe = None
    estate_id: Maybe = None


class FlowProperty(_Part):
    """`case_guid` is for stakeholders, `case_id` for notifications and roles (F-T1)."""

    case_guid: UUID | None = None
    case_id: int | None = Field(default=None, gt=0)
    order_id: Maybe = None


class Property(_Part):
    reference: Maybe = None
    title: Maybe = None
    vitec: VitecProperty = Field(default_factory=VitecProperty)
    flow: FlowProperty = Field(default_factory=FlowProperty)


class Consent(_Part):
    """What the person agreed to: bases by GUID, or a category with a system type (Flow's names)."""

    processing_bases: tuple[UUID, ...] = ()
    category: Maybe = None
    system_type: Maybe = None
    given_at: datetime | None = None


class Marketing(_Part):
    referrer: Maybe = None
    utm: Annotated[dict[str, Text], BeforeValidator(_without_nulls)] = Field(default_factory=dict)


def _country(code: str) -> str:
    code = code.strip().upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise ValueError("a country is two letters, such as SE or NO")
    return code


Country = Annotated[str, AfterValidator(_country)]


class Lead(_Part):
    """One person's wish, whoever sent it."""

    external_id: Maybe = Field(default=None, max_length=200)
    intent: Intent
    occurred_at: datetime | None = None
    country: Country | None = None
    language: Maybe = Field(default=None, max_length=35)
    person: Person
    property: Property = Field(default_factory=Property)
    consent: Consent = Field(default_factory=Consent)
    message: Maybe = None
    marketing: Marketing = Field(default_factory=Marketing)
    test: bool = False
    extra: dict[str, Any] = Field(default_factory=dict)

    def personal_values(self) -> Iterator[str]:
        """Every text that tells who the person is: what a log or a reason must never show."""
        person = self.person
        yield from filter(None, (person.first_name, person.last_name, person.name))
        yield from filter(None, person.emails)
        yield from (phone.number for phone in person.phones if phone.number.strip())
        yield from filter(None, (person.national_id, person.address.street, self.message))


class Problem(BaseModel):
    """One thing wrong with a payload: the field in the caller's words, and what is wrong."""

    field: str
    message: str
    kind: Literal["missing", "unknown", "invalid"]


# A body that ended up as one key, or a file without a header, names fields after people.
FIELD_NAME = re.compile(r"[^\W\d][\w .,:/()?*\[\]-]{0,59}")
DIGITS = 4  # a name of a field may end in 2, it holds no phone number


def shown(name: str) -> str:
    """A field's name as it may be stored and logged; `?` for one that may be personal data."""
    plain = FIELD_NAME.fullmatch(name) and sum(c.isdigit() for c in name) <= DIGITS
    return name if plain else "?"


def problems(error: ValidationError, model: type[BaseModel] = Lead) -> list[Problem]:
    """Each fault of a pydantic error as one sentence, without the value that was given."""
    return [_problem(dict(fault), model) for fault in error.errors(include_input=False)]


def _problem(fault: dict[str, Any], model: type[BaseModel]) -> Problem:
    parts = (shown(part) if isinstance(part, str) else str(part) for part in fault["loc"])
    where = ".".join(parts) or "the lead"
    match fault["type"]:
        case "missing":
            return Problem(field=where, message="is required", kind="missing")
        case "extra_forbidden":
            return Problem(field=where, message=_unknown(fault["loc"], model), kind="unknown")
        case "uuid_parsing":
            message = "is no GUID"
        case "value_error":
            message = str(fault["msg"]).removeprefix("Value error, ")
        case _:
            message = str(fault["msg"])
    return Problem(field=where, message=message, kind="invalid")


def _unknown(loc: tuple[str | int, ...], model: type[BaseModel]) -> str:
    near = get_close_matches(str(loc[-1]), list(fields_at(loc[:-1], model)), n=1, cutoff=0.7)
    hint = f"did you mean `{near[0]}`?" if near else "put fields of your own under `extra`"
    return f"is not a field of a lead; {hint}"


def fields_at(loc: tuple[str | int, ...], model: type[BaseModel]) -> Iterator[str]:
    """The names that `model` allows inside `loc`, the place of an unknown one."""
    here: Any = model
    for part in (part for part in loc if isinstance(part, str)):
        field = here.model_fields.get(part)
        if field is None:
            return
        inner = list(_models_in(field.annotation))
        if not inner:
            return
        here = inner[0]
    yield from here.model_fields


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def schema() -> dict[str, Any]:
    """The lead as JSON Schema (draft 2020-12), as `bridge schema lead` prints it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:lead-bridge:lead:1",
        **Lead.model_json_schema(mode="validation"),
    }
