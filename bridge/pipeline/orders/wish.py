"""What an order should say: a function of what stands in the ledger and in the routing file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict

from bridge.connectors.base import ActionOptions
from bridge.connectors.orders import CLOSED, PROBLEMS, OrderMemory, OrderRules, OrderState
from bridge.delivery.values import BY_HAND, AccountRow, Served
from bridge.pipeline.orders.registry import Tie
from bridge.pipeline.orders.words import WORDS
from bridge.routing import Destination, Route, Routing

# The connectors' own words for a lead that is held because something about its case is not known.
NO_BASIS = re.compile(r"\bbas[ei]s\b|lead's consent needs", re.IGNORECASE)
NO_CASE = re.compile(r"^no Flow case")
COUNTED = ("stakeholder", "notification")  # what gives a broker a lead; the first that there is


class Closed(BaseModel):
    """What a person said of an order; it moves no more by itself."""

    model_config = ConfigDict(frozen=True)

    state: Literal["Completed", "Cancelled"]
    status: str = ""
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    state: OrderState
    status: str

    def told(self, memory: OrderMemory) -> bool:
        said = memory.said[-1:] if self.state in PROBLEMS else memory.said
        return memory.state == self.state and self.status in said


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that decides. `account` None: it has had no delivery yet."""

    rules: OrderRules
    routing: Routing
    tie: Tie
    memory: OrderMemory
    served: Served
    account: AccountRow | None = None
    closed: Closed | None = None


def wish(facts: Facts) -> Wish | None:
    """None: it is left as it is."""
    words = WORDS[facts.rules.language]
    if facts.closed:
        return Wish(
            state=facts.closed.state, status=facts.closed.status or words[facts.closed.state]
        )
    if facts.memory.state in CLOSED or not facts.rules.move:
        return None
    error = _error(facts, words)
    if error:
        return Wish(state="Error", status=error)
    missing = _missing(facts, words)
    if missing:
        return Wish(state="MissingInfo", status=missing)
    return Wish(state="InProcess", status=words["live"])


def pairs(rules: OrderRules, served: Served) -> dict[str, str]:
    """What the broker sees as `key - value`."""
    words = WORDS[rules.language]
    moment = datetime.fromtimestamp(served.last, UTC) if served.last else None
    last = f"{moment:%Y-%m-%d %H:%M} UTC" if moment else words["none"]
    return {words["leads"]: str(served.leads), words["last"]: last}


def counted(routing: Routing, account: str) -> list[Destination]:
    """The destinations by which a lead reaches this account's brokers."""
    here = [one for one in routing.destinations.values() if one.account == account]
    for action in COUNTED:
        found = [one for one in here if one.action == action]
        if found:
            return found
    return []


def live(routing: Routing, one: Tie) -> list[Destination]:
    """Those of them that a route may bring a lead of this case to."""
    names = {
        name
        for route in routing.routes
        if _may_take(route, one.references)
        for name in route.deliver_to
    }
    return [known for known in counted(routing, one.account) if known.name in names]


def _error(facts: Facts, words: Mapping[str, str]) -> str:
    row = facts.account
    if row is None:
        return ""
    if row.paused.startswith(BY_HAND):
        return words["by hand"]
    if row.paused:
        return words["paused"].format(why=row.paused)[:500]
    ways = live(facts.routing, facts.tie)
    if ways and all(one.name in row.parked for one in ways):
        return words["parked"]
    return ""


def _missing(facts: Facts, words: Mapping[str, str]) -> str:
    tie, memory = facts.tie, facts.memory
    if tie.differs(memory):
        return words["differs"].format(theirs=memory.case_id, ours=tie.case_id)
    ways = live(facts.routing, tie)
    if not ways:
        return words["route"]
    if any(NO_BASIS.search(reason) for reason in facts.served.held):
        return words["basis"]
    if any(NO_CASE.search(reason) for reason in facts.served.held):
        return words["case"]
    # Leads may name the case themselves: where some got there, nothing is missing.
    place = tie.place(memory)
    lacking = [cast("ActionOptions", one.options).lacks(place) for one in ways]
    return words["case"] if all(lacking) and not facts.served.leads else ""


def _may_take(route: Route, references: tuple[str, ...]) -> bool:
    if route.when.get("test") == frozenset({"True"}):
        return False
    wanted = route.when.get("reference")
    return wanted is None or any(_fits(one, wanted) for one in references)


def _fits(reference: str, wanted: frozenset[str]) -> bool:
    starts = (one[:-1] for one in wanted if one.endswith("*"))
    return reference in wanted or any(reference.startswith(one) for one in starts)
