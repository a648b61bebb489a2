"""route(): lead → destinations, with the reason for every route that did and did not match."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bridge.leads import Intent, Lead
from bridge.routing.config import Destination, Route, Routing
from bridge.routing.offices import NO_TREE, OFFICE, Tree, place_of

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
    """Each destination once, by the first route that picks it.

    `waits_for_office`: HomeQ's office of which nobody knows yet whether a rule is above it.
    """

    picks: tuple[Pick, ...]
    verdicts: tuple[RouteVerdict, ...]
    waits_for_office: str = ""


def _country(lead: Lead, source: str, routing: Routing) -> str:
    known = routing.sources.get(source)
    return lead.country or (known.country if known else None) or ""


def _language(lead: Lead, source: str, routing: Routing) -> str:
    known = routing.sources.get(source)
    return lead.language or (known.language if known else None) or ""


FACTS: Mapping[str, Fact] = {
    "source": lambda _, source, __: source,
    "intent": lambda lead, _, __: lead.intent.value,
    "country": _country,
    "language": _language,
    "reference": lambda lead, _, __: lead.property.reference or "",
    "customer_id": lambda lead, _, __: lead.property.vitec.customer_id or "",
    "test": lambda lead, _, __: str(lead.test),
}


def route(lead: Lead, source: str, routing: Routing, offices: Tree = NO_TREE) -> Routed:
    """Pure. A withdrawal is never delivered anywhere."""
    if lead.intent is Intent.WITHDRAWAL:
        return Routed(picks=(), verdicts=())
    tried = [(one, _against(one, lead, source, routing)) for one in routing.routes]
    waits = _by_office(tried, lead, offices)
    picks: dict[str, Pick] = {}
    for one, against in tried:
        for name in () if against else one.deliver_to:
            picks.setdefault(name, Pick(destination=routing.destinations[name], route=one))
    verdicts = tuple(
        RouteVerdict(
            route=one.name, matched=not against, reasons=tuple(against or _notes(one, picks))
        )
        for one, against in tried
    )
    return Routed(picks=tuple(picks.values()), verdicts=verdicts, waits_for_office=waits)


def _by_office(tried: list[tuple[Route, list[str]]], lead: Lead, offices: Tree) -> str:
    """Of the routes that fit in all else, the one for the nearest office alone takes the lead.

    Says the office that has no rule of its own, where what is above it is not known.
    """
    place = place_of(lead, offices)
    rules = [one.when[OFFICE] for one, against in tried if OFFICE in one.when and not against]
    nearest = place.nearest(rules)
    for one, against in tried:
        why = place.against(one.when[OFFICE], nearest) if OFFICE in one.when else ""
        against.extend([why] if why else [])
    return "".join(place.offices[:1]) if rules and nearest is None and not place.known else ""


def _notes(one: Route, picks: Mapping[str, Pick]) -> Iterator[str]:
    """What a route that matched did otherwise than it says."""
    for name in one.deliver_to:
        pick = picks[name]
        if pick.route is not one:
            yield f"{name} was picked by {pick.route.name} already"
        elif pick.destination.after and pick.destination.after not in picks:
            yield f"{name} does not wait: {pick.destination.after} does not get this lead"


def _against(one: Route, lead: Lead, source: str, routing: Routing) -> list[str]:
    """Each condition that does not hold, in words."""
    reasons = []
    for key, wanted in one.when.items():
        if key == OFFICE:
            continue  # told by comparing the routes
        fact = FACTS[key](lead, source, routing)
        if fact not in wanted and not (key == "reference" and _starts(fact, wanted)):
            reasons.append(
                f"{key} is {fact or 'not given'}, it wants {' or '.join(sorted(wanted))}"
            )
    return reasons


def _starts(fact: str, wanted: frozenset[str]) -> bool:
    """`homeq:project:*` fits every reference that begins so."""
    return any(one.endswith("*") and fact.startswith(one[:-1]) for one in wanted)
