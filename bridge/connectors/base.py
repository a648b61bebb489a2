"""What every vendor's connector is: a Parcel goes in, a Report comes out, nothing is raised.

A connector is one module that declares one `Vendor`: the account's settings and each action's
options as pydantic models, and a class that builds the request and says what the answer means.
How bytes travel and how far they got is `transport.py`'s business.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from bridge.connectors.transport import Http
from bridge.leads import Lead, Property
from bridge.outcomes import Outcome, Unsendable, Verdict


class LookUpError(Exception):
    """A look-up came to nothing; the text is one sentence. Nothing of a lead was sent by it."""


Clock = Callable[[], datetime]  # now, aware


class AccountSettings(BaseModel):
    """One customer's credentials at a vendor; a vendor adds its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str


class ActionOptions(BaseModel):
    """What a destination may set for one action; `on_unknown` is what suits the action best."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    on_unknown_default: ClassVar[str] = "hold"
    can_verify: ClassVar[bool] = False

    def unless_said(self) -> str:
        """`on_unknown` where the destination gives none; an option may change it."""
        return self.on_unknown_default

    def lacks(self, _place: Property) -> str:
        """What this action does not know of the lead's property, and how to give it; or nothing.

        A lead waits for it: `bridge properties set` lets it go on.
        """
        return ""


def missing(place: Property, what: str, option: str) -> str:
    """The sentence of `ActionOptions.lacks`."""
    if place.reference is None:
        return f"no {what}: give it with the lead"
    return f"no {what}: give it with `bridge properties set {place.reference} {option} …`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One lead for one destination, with all that a connector may know of it."""

    lead_id: str
    delivery_id: str = ""  # the same for every attempt of this delivery, and for no other
    lead: Lead
    source: str
    action: str
    options: ActionOptions
    region: str | None  # the lead's country, else the source's, else the destination's
    region_source: str = "none"  # which of the three decided: lead | source | destination | none
    attempt: int = 1
    possible_duplicate: bool = False  # an earlier attempt ended Unknown and may have arrived
    known_as: tuple[str, ...] = ()  # the vendor's ids of what it got of this person, newest first
    known_here: frozenset[str] = frozenset()  # those of leads about the same property


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP call as it went over the wire; sealed in the attempt log, never logged."""

    method: str
    url: str
    request: str = ""
    status: int | None = None  # None: no answer was read
    response: str = ""
    ms: int = 0
    error: str = ""


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of one attempt: `moved` names each field that went to the free text and why."""

    outcome: Outcome | Unsendable
    exchanges: list[Exchange] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The answer of the vendor's cheapest call: do these credentials serve?"""

    ok: bool | None  # None: the vendor has no harmless call that would tell
    detail: str
    lacks: str = ""  # which permissions its destinations need and surely do not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A destination, as far as a vendor must know it to say whether it could deliver there."""

    destination: str
    options: ActionOptions
    reads_back: bool  # whether what may have arrived is looked for at the vendor


class Shelf(Protocol):
    """A small cache that all workers share, sealed; lives in the ledger, named by account."""

    async def get(self, name: str) -> str | None: ...

    async def put(self, name: str, value: str, *, ttl: float) -> None: ...

    async def drop(self, name: str, *, only_if: str) -> None:
        """Forget it if it still is what the caller used (F-T14)."""
        ...

    async def lock(self, name: str, *, ttl: float) -> bool:
        """True for the one caller that may refresh it now; the lock ends by itself."""
        ...

    async def unlock(self, name: str) -> None:
        """The refresh came to nothing: the next caller may try at once."""
        ...

    async def swap(self, name: str, before: str | None, after: str) -> bool:
        """Put `after` where `before` stands (None: nothing), for good; False: not written.

        A memory, not a cache: while the ledger is away nothing is written, and it says so.
        """
        ...

    async def spend(self, name: str, count: int, seconds: float) -> float:
        """Take one of the turns that there are in any `seconds`; else how long to wait for one."""
        ...


class Connector(Protocol):
    """One account at one vendor. Safe to use from many deliveries at once."""

    async def send(self, parcel: Parcel) -> Report:
        """Deliver; every failure is an outcome in the report."""
        ...

    async def verify(self, parcel: Parcel) -> tuple[Verdict, list[Exchange]]:
        """After an Unknown: read back from the vendor whether the lead arrived."""
        ...

    async def check(self) -> Health:
        """The vendor's cheapest call with these credentials, for `bridge check` and probes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What a vendor's module declares; `connectors.VENDORS` lists them."""

    name: str
    account: type[AccountSettings]
    actions: Mapping[str, type[ActionOptions]]
    connect: Callable[[AccountSettings, Http, Shelf, Clock], Connector]
