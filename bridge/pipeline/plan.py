"""Where a lead goes: routes, property directory and what each destination needs of the property."""

from dataclasses import dataclass
from typing import cast

from bridge import routing
from bridge.connectors.base import ActionOptions
from bridge.delivery.values import NewDelivery
from bridge.leads import Lead
from bridge.pipeline.parts import Parts
from bridge.routing import Destination, Pick, PropertyEntry, Routed, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`lacking`: destination → what it does not know of the property; none of them is opened where
    no destination can do without (`deliveries` is empty then), else they are held when it is tried.
    """

    routed: Routed
    deliveries: tuple[NewDelivery, ...]
    lacking: dict[str, str]

    @property
    def status(self) -> str:
        return "accepted" if self.deliveries else "unrouted"

    def verdicts(self) -> list[dict[str, object]]:
        """Why each route did or did not take it, for the timeline."""
        return [
            {"route": one.route, "matched": one.matched, "reasons": one.reasons}
            for one in self.routed.verdicts
        ]


def plan(
    parts: Parts, lead: Lead, source: str, entry: PropertyEntry | None, wishes: tuple[str, ...]
) -> Plan:
    """`lead` as it came; `entry`: what the directory says of its property; `wishes`: its prints."""
    resolved = routing.resolve(lead, entry)
    routed = routing.route(resolved, source, parts.routing, offices_of(parts, source))
    lacking = {
        name: what
        for name, one in ((pick.destination.name, pick.destination) for pick in routed.picks)
        if (what := lacks(one, resolved))
    }
    # A lead without a reference has nothing that the directory could be asked for later.
    unknown = lead.property.reference and len(lacking) == len(routed.picks)
    picks = () if unknown else routed.picks
    return Plan(
        routed=routed,
        deliveries=tuple(_new_delivery(pick, routed, lead, wishes) for pick in picks),
        lacking=lacking,
    )


def offices_of(parts: Parts, source: str) -> Tree:
    """HomeQ's offices of a source, as far as they are known."""
    known = parts.routing.sources.get(source)
    return parts.offices.of(known.lookups if known else None)


def lacks(destination: Destination, lead: Lead) -> str:
    """What this destination does not know of the lead's property; empty where it can go."""
    return cast("ActionOptions", destination.options).lacks(lead.property)


def _new_delivery(pick: Pick, routed: Routed, lead: Lead, wishes: tuple[str, ...]) -> NewDelivery:
    destination = pick.destination
    picked = {one.destination.name for one in routed.picks}
    skip = f"a test lead, and {destination.name} has no accept_test"
    return NewDelivery(
        destination=destination.name,
        account=destination.account,
        route=pick.route.name,
        after=destination.after if destination.after in picked else "",
        wishes=wishes,
        duplicates=pick.route.duplicates,
        skip=skip if lead.test and not destination.accept_test else "",
    )
