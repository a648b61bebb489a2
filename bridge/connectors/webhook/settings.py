"""What a receiver of signed webhooks and its one action may set (Standard Webhooks 1.0)."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, ClassVar, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from bridge.connectors import networks
from bridge.connectors.base import AccountSettings, ActionOptions, Parcel
from bridge.connectors.signing import Secret
from bridge.leads import Lead

# Ours, the signature's, or those of the connection itself (RFC 9110, 7.6.1).
OURS = re.compile(
    r"content-.*|webhook-.*|user-agent|host|connection|keep-alive|te|trailer|upgrade|expect|.*-encoding"
)
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,64}")
PLAIN = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
EVENT_TYPE = r"^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$"  # "Event types"
SECRET_FIELDS = ("national_id", "national_id_is_foreign")  # only where they are named one by one
# Who it is, how to call back, and about what: less than what there is on purpose.
USUAL = (
    "external_id",
    "intent",
    "occurred_at",
    "country",
    "language",
    "person.first_name",
    "person.last_name",
    "person.emails",
    "person.phones",
    "property",
    "message",
)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _known_fields() -> frozenset[str]:
    """Each field of a lead, and each part of those that have some, such as `person.emails`."""
    names = set(Lead.model_fields)
    for name, field in Lead.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= {f"{name}.{part}" for part in kind.model_fields}
    return frozenset(names - {"test"})


FIELDS = _known_fields()


def _field(name: str) -> str:
    if name in FIELDS or re.fullmatch(r"extra\.\w[\w-]{0,63}", name):
        return name
    near = get_close_matches(name, FIELDS, n=1, cutoff=0.6)
    hint = f"; did you mean `{near[0]}`" if near else "; `bridge schema lead` has them"
    raise ValueError(f"a lead has no such field{hint}")


def _header(name: str) -> str:
    lower = name.lower()
    if not HEADER.fullmatch(lower) or OURS.fullmatch(lower):
        raise ValueError("is no header that an account may set")
    return lower


def _value(secret: SecretStr) -> SecretStr:
    if not PLAIN.fullmatch(secret.get_secret_value()):
        raise ValueError("is printable ASCII without blanks around it")
    return secret


class WebhookAccount(AccountSettings):
    """`base_url` is the receiver's whole address; it may hold a secret, so it is shown nowhere."""

    base_url: str = Field(repr=False)
    secret: Annotated[tuple[Secret, ...], BeforeValidator(_listed)] = Field(
        min_length=1, max_length=2
    )
    headers: Mapping[
        Annotated[str, AfterValidator(_header)], Annotated[SecretStr, AfterValidator(_value)]
    ] = Field(default={}, max_length=10)
    allow_private: bool = False
    ping: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no answer may repeat into a log."""
        signing = (one.get_secret_value() for one in self.secret)
        return (*signing, *(one.get_secret_value() for one in self.headers.values()))

    @property
    def shown(self) -> str:
        """Its host; many a receiver's path is its only secret."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}/…"

    @field_validator("base_url")
    @classmethod
    def _plain(cls, value: str) -> str:
        parts = _split(value)
        if parts.username is not None or parts.password is not None:
            raise ValueError("has no user or password in it: give a header")
        if parts.fragment:
            raise ValueError("has no #fragment: it would never be sent")
        return value

    @model_validator(mode="after")
    def _public(self) -> Self:
        host = _split(self.base_url).hostname or ""
        if not self.allow_private and networks.names_private(host):
            raise ValueError("base_url is in a private network; allow_private = true lets it be")
        return self


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


class SendLead(ActionOptions):
    """`fields` is the whole of what leaves: personal data that nobody asked for stays here."""

    on_unknown_default: ClassVar[str] = "hold"

    fields: tuple[Annotated[str, AfterValidator(_field)], ...] = Field(default=USUAL, min_length=1)
    event_type: str = Field(default="lead.created", pattern=EVENT_TYPE, max_length=100)
    deduplicates: bool = False  # the receiver knows a webhook-id again
    reference_header: Annotated[str, AfterValidator(str.lower)] = "location"

    def unless_said(self) -> str:
        """A receiver that knows a webhook-id again can be sent it twice, another one can not."""
        return "retry" if self.deduplicates else self.on_unknown_default

    def picked(self, part: str) -> frozenset[str]:
        """The parts of `person` or `property` that are sent."""
        named = {name.partition(".")[2] for name in self.fields if name.startswith(f"{part}.")}
        if part in self.fields:
            whole = Lead.model_fields[part].annotation
            parts = whole.model_fields if isinstance(whole, type) else {}
            named |= set(parts) - set(SECRET_FIELDS)
        return frozenset(named)


def options_of(parcel: Parcel) -> SendLead:
    if not isinstance(parcel.options, SendLead):
        raise TypeError(f"{parcel.action} is no action of a webhook")
    return parcel.options
