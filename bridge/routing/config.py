"""The routing file as values: what `load` makes of bridge.toml (DESIGN 1.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import BaseModel, SecretStr

from bridge.leads import Intent

OnUnknown = Literal["verify", "retry", "retry_once", "hold"]
Duplicates = Literal["hold", "drop", "deliver"]
Breaker = Literal["on", "observe", "off"]
Format = Literal["lead", "form", "homeq"]
ExternalId = Literal["reference", "estate_id"]
Event = Literal["case_sold"]  # what may happen after a lead was routed


class ConfigError(Exception):
    """The routing file cannot be used; `problems` has one sentence for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class VendorSpec(Protocol):
    """What the file's checks need of a vendor; `connectors.base.Vendor` is one."""

    @property
    def account(self) -> type[BaseModel]: ...

    @property
    def actions(self) -> Mapping[str, type[BaseModel]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `count` in `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    format: Format = "lead"
    country: str | None = None
    language: str | None = None
    default_intent: Intent | None = None
    token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    company_id: int | None = None
    create_from_signing: bool = False
    lookups: str | None = None  # the account that knows what this source's references stand for
    external_id_is: ExternalId = "reference"
    rate: Rate | None = None
    quiet_after: float | None = None  # seconds without a lead that are an alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`settings` is the vendor's own model of it."""

    name: str
    vendor: str
    settings: BaseModel
    concurrency: int = 8
    rate: Rate | None = None
    breaker: Breaker = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """`options` is the vendor's own model of the action; durations in seconds."""

    name: str
    account: str
    action: str
    options: BaseModel
    on_unknown: OnUnknown
    max_age: float = 72 * 3600.0
    retry: tuple[float, ...] | None = None
    after: str = ""
    escalate_to: str = ""  # the destination that hears of a refusal or an expiry
    accept_test: bool = False
    country: str | None = None
    pause_after_refusals: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`when`: key → the values that fit; a lead must fit every key."""

    name: str
    when: Mapping[str, frozenset[str]]
    deliver_to: tuple[str, ...]
    duplicates: Duplicates = "hold"

    @property
    def events(self) -> frozenset[str]:
        """What it waits for; empty: it is for leads as they come."""
        return self.when.get("event", frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """Whom to tell, and what is late; durations in seconds."""

    webhook: str | None = None
    webhook_secret: SecretStr | None = None
    smtp: SecretStr | None = None
    email_from: str | None = None
    email_to: tuple[str, ...] = ()
    stuck_after: float = 900.0
    quarantine_over: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    sources: Mapping[str, Source]
    accounts: Mapping[str, Account]
    destinations: Mapping[str, Destination]
    routes: tuple[Route, ...]
    alarms: Alarms = Alarms()

    @property
    def follow_ups(self) -> frozenset[str]:
        """The destinations of what happens later; no lead goes there as it comes."""
        return frozenset(name for one in self.routes if one.events for name in one.deliver_to)
