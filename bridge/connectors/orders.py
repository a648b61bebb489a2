"""Orders of a vendor's own system, as the pipeline and the console see them: plain values.

An order is how a broker's office asked for this service, for one case. Flow has them (FACTS 1A.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args, runtime_checkable

from pydantic import BaseModel, ConfigDict

from bridge.outcomes import Outcome, Unsendable

OrderState = Literal["InProcess", "Error", "MissingInfo", "Completed", "Cancelled"]
STATES: tuple[OrderState, ...] = get_args(OrderState)
CLOSED: frozenset[OrderState] = frozenset({"Completed", "Cancelled"})
PROBLEMS: frozenset[OrderState] = frozenset({"Error", "MissingInfo"})  # the latest words count
EVERY = 60.0  # seconds between two changes of one order's metadata, over all workers


class OrderRules(BaseModel):
    """`[accounts.NAME] orders`: what is done about orders; without it nothing is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    move: bool = True  # the state follows what the bridge can do for the case
    metadata: bool = True  # how many leads were delivered, and when the last one
    language: Literal["en", "no"] = "en"  # of what the broker reads
    sign_in: Literal["viewer", "operator"] | None = None  # by the button in Core, and as what
    office_ids: tuple[int, ...] = ()  # Core's offices that see the whole account, not one case


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMemory:
    """What was told about an order. `uncertain`: a change whose answer was lost."""

    state: str = ""
    said: tuple[str, ...] = ()  # since it is in this state
    uncertain: str = ""
    case_id: int | None = None  # the vendor's own word for the case that it belongs to
    metadata: Mapping[str, str] = field(default_factory=dict)  # as it should be
    shown: Mapping[str, str] = field(default_factory=dict)  # as it is known to be


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOwner:
    """Who pressed the button. No name: what is kept of it stands on timelines."""

    user_id: int
    office_id: int | None
    order_id: str  # empty where the token was made outside of an order


class OrderDesk(Protocol):
    """An account's orders. Safe to use from many workers at once."""

    @property
    def rules(self) -> OrderRules: ...

    async def state(self, order_id: str, state: OrderState, status: str) -> Outcome:
        """Tell it once: `Delivered` too where it was told before and the state is still this one.

        `Unknown` where it may have been told: it is not repeated, `settle` finds out.
        """
        ...

    async def settle(self, order_id: str) -> bool:
        """Read back a change whose answer was lost; False: it is still not known."""
        ...

    async def metadata(self, order_id: str, pairs: Mapping[str, str]) -> Outcome | Unsendable:
        """Set these beside what is there already; skipped where it was set a moment ago."""
        ...

    async def known(self, order_id: str) -> OrderMemory: ...

    async def whose(self, token: str) -> TokenOwner | None:
        """None: the vendor does not take the token. Raises `LookUpError`: it could not be asked."""
        ...


@runtime_checkable
class HasOrders(Protocol):
    """A connector whose vendor has orders; None where the account has them off."""

    orders: OrderDesk | None
