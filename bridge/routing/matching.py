"""route(): lead → destinations, with the reason for every route that did and did not match."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.leads import Intent, Lead
from bridge.routing.config import Destination, Route, Routing

Fact = Callable[[Lead, str, Routing], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    destination: Destination
    route: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteVerdict:
    """`reasons`: why it did not match; where it did, what a person should know of it."""

    route: str
    matched: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Each destination once, by the first route that picks it."""

    picks: tuple[Pick, ...]
    verdicts: tuple[RouteVerdict, ...]


def _country(lead: Lead, source: str, routing: Routing) -> str:
    known = routing.sources.get(source)
    return lead.country or (known.country if known else None) or ""


FACTS: Mapping[str, Fact] = {
    "source": lambda _, source, __: source,
    "intent": lambda lead, _, __: lead.intent.value,
    "country": _country,
    "language": lambda lead, _, __: lead.language or "",
    "reference": lambda lead, _, __: lead.property.reference or "",
    "customer_id": lambda lead, _, __: lead.property.vitec.customer_id or "",
    "test": lambda lead, _, __: str(lead.test),
}


def route(lead: Lead, source: str, routing: Routing) -> Routed:
    """Pure. A withdrawal is never delivered anywhere."""
    if lead.intent is Intent.WITHDRAWAL:
        return Routed(picks=(), verdicts=())
    picks: dict[str, Pick] = {}
    verdicts = []
    for one in routing.routes:
        against = tuple(_against(one, lead, source, routing))
        if against:
            verdicts.append(RouteVerdict(route=one.name, matched=False, reasons=against))
            continue
        taken = [name for name in one.deliver_to if name in picks]
        for name in one.deliver_to:
            picks.setdefault(name, Pick(destination=routing.destinations[name], route=one))
        notes = tuple(f"{name} was picked by {picks[name].route.name} already" for name in taken)
        verdicts.append(RouteVerdict(route=one.name, matched=True, reasons=notes))
    return Routed(picks=tuple(picks.values()), verdicts=tuple(verdicts))


def _against(one: Route, lead: Lead, source: str, routing: Routing) -> list[str]:
    """Each condition that does not hold, in words."""
    reasons = []
    for key, wanted in one.when.items():
        fact = FACTS[key](lead, source, routing)
        if fact not in wanted and not (key == "reference" and _starts(fact, wanted)):
            reasons.append(
                f"{key} is {fact or 'not given'}, it wants {' or '.join(sorted(wanted))}"
            )
    return reasons


def _starts(fact: str, wanted: frozenset[str]) -> bool:
    """`homeq:project:*` fits every reference that begins so."""
    return any(one.endswith("*") and fact.startswith(one[:-1]) for one in wanted)
