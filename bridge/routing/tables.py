"""What each table of bridge.toml may say, as pydantic models: the first, formal check."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
)

from bridge.durations import UNITS, Seconds
from bridge.leads import Country, Intent
from bridge.routing.config import (
    Breaker,
    Duplicates,
    Event,
    ExternalId,
    Format,
    OnUnknown,
    Rate,
)

RATE = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6}(?:\.\d{1,6})?)?\s*(ms|s|m|h|d)", re.ASCII)
NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
OFFICE_ID = re.compile(r"\*|[1-9]\d{0,11}", re.ASCII)
NAME_RULE = "a name is made of a-z, 0-9, '-', '_' and '.', up to 64 long"


def _rate(value: object) -> object:
    match = RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not int(match[1]) or not float(match[2] or 1):
        raise ValueError('is a rate such as "10/s", "600/m" or "6/30s"')
    return Rate(count=int(match[1]), seconds=float(match[2] or 1) * UNITS[match[3]])


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | bool) else value


def _offices(value: object) -> object:
    """Numbers, or "*" for the company's own rule."""
    values = value if isinstance(value, list) else [value]
    told = [str(one) for one in values if isinstance(one, str | int) and not isinstance(one, bool)]
    if len(told) != len(values) or not all(OFFICE_ID.fullmatch(one) for one in told):
        raise ValueError('is the number of an office of HomeQ\'s, or "*" for all that have no rule')
    return told


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError(NAME_RULE)
    return value


def _signing(secret: SecretStr) -> SecretStr:
    """One that cannot be read would refuse every webhook, long after the start."""
    try:
        key = base64.b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("is base64 after whsec_, as Standard Webhooks has it")
    return secret


RateText = Annotated[Any, BeforeValidator(_rate)]
SOME = Field(min_length=1)  # an empty list would fit no lead at all
Listed = Annotated[list[str], BeforeValidator(_listed), SOME]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SourceTable(Table):
    format: Format = "lead"
    country: Country | None = None
    language: str | None = None
    default_intent: Intent | None = None
    token: SecretStr | None = Field(default=None, min_length=1)
    signing_secret: Annotated[SecretStr, AfterValidator(_signing)] | None = None
    company_id: int | None = Field(default=None, gt=0)
    create_from_signing: bool = False
    lookups: str | None = None
    external_id_is: ExternalId = "reference"
    rate: RateText | None = None
    quiet_after: Seconds | None = None


class AccountTable(Table):
    """What every account has; the rest is the vendor's own."""

    vendor: str
    concurrency: int = Field(default=8, ge=1, le=256)
    rate: RateText | None = None
    breaker: Breaker = "on"


class DestinationTable(Table):
    """What every destination has; the rest is the action's own."""

    account: str
    action: str
    on_unknown: OnUnknown | None = None
    max_age: Seconds = 72 * 3600.0
    retry: Annotated[list[Seconds], Field(max_length=100)] | None = None
    after: str = ""
    escalate_to: str = ""
    accept_test: bool = False
    country: Country | None = None
    pause_after_refusals: int = Field(default=25, ge=1)


class WhenTable(Table):
    source: Listed | None = None
    intent: Annotated[list[Intent], BeforeValidator(_listed), SOME] | None = None
    country: Annotated[list[Country], BeforeValidator(_listed), SOME] | None = None
    language: Listed | None = None
    reference: Listed | None = None
    customer_id: Listed | None = None
    homeq_office: Annotated[list[str], BeforeValidator(_offices), SOME] | None = None
    test: Annotated[list[bool], BeforeValidator(_listed), SOME] | None = None
    event: Annotated[list[Event], BeforeValidator(_listed), SOME] | None = None

    def wanted(self) -> Mapping[str, frozenset[str]]:
        """Each key that is given → the values that fit, as text."""
        given = self.model_dump(mode="json", exclude_none=True)
        return {key: frozenset(str(one) for one in values) for key, values in given.items()}


class AlarmsTable(Table):
    webhook: str | None = None
    webhook_secret: Annotated[SecretStr, AfterValidator(_signing)] | None = None
    smtp: SecretStr | None = None
    email_from: str | None = None
    email_to: Listed | None = None
    stuck_after: Seconds = 900.0
    quarantine_over: int = Field(default=20, ge=0)


class RouteTable(Table):
    name: Annotated[str, AfterValidator(_name)]
    when: WhenTable = WhenTable()
    deliver_to: Listed
    duplicates: Duplicates = "hold"
