"""What only shows when the whole routing file is read: names that must exist, order, circles."""

from collections.abc import Iterable, Mapping

from bridge.routing.config import Destination, Routing
from bridge.routing.faults import Faults


def names(
    routing: Routing, sources: Iterable[str], destinations: Iterable[str], faults: Faults
) -> None:
    """`sources`, `destinations`: all that the file names, those at fault too."""
    there, ends = list(sources), list(destinations)
    seen: set[str] = set()
    for route in routing.routes:
        where = f"[[routes]] {route.name}"
        if route.name in seen:
            faults.say(where, "name", "two routes have this name")
        seen.add(route.name)
        for name in route.deliver_to:
            if name not in ends:
                faults.say_unknown(where, "deliver_to", name, "destination", ends)
        for name in sorted(route.when.get("source", ())):
            if name not in there:
                faults.say_unknown(where, "when.source", name, "source", there)
    _lookups(routing, faults)
    _events(routing, faults)
    _others(routing, ends, faults)


def _others(routing: Routing, ends: list[str], faults: Faults) -> None:
    """The destinations that destinations name."""
    for one in routing.destinations.values():
        where = f"[destinations.{one.name}]"
        if one.after and one.after not in ends:
            faults.say_unknown(where, "after", one.after, "destination", ends)
        if one.escalate_to and one.escalate_to not in ends:
            faults.say_unknown(where, "escalate_to", one.escalate_to, "destination", ends)
        if one.escalate_to == one.name:
            faults.say(where, "escalate_to", "tells itself")


def _lookups(routing: Routing, faults: Faults) -> None:
    for one in routing.sources.values():
        if one.lookups and one.lookups not in routing.accounts:
            where = f"[sources.{one.name}]"
            faults.say_unknown(where, "lookups", one.lookups, "account", routing.accounts)


def _events(routing: Routing, faults: Faults) -> None:
    """A lead goes to a destination once, so what happens later needs destinations of its own."""
    first = {name for one in routing.routes if not one.events for name in one.deliver_to}
    watched = any(getattr(one.settings, "watch", False) for one in routing.accounts.values())
    for one in routing.routes:
        where = f"[[routes]] {one.name}"
        for name in one.deliver_to if one.events else ():
            if name in first:
                text = f"`{name}` gets leads as they come; an event needs a destination of its own"
                faults.say(where, "deliver_to", text)
        if one.events and not watched:
            faults.say(where, "when.event", "no account has watch = true, so nobody would see it")


def order(routing: Routing, faults: Faults) -> None:
    """For a file whose names are all right: can what is waited for ever come?"""
    delivered = {name for route in routing.routes for name in route.deliver_to}
    for one in routing.destinations.values():
        where = f"[destinations.{one.name}]"
        if _in_circle(one, routing.destinations):
            faults.say(where, "after", "waits for itself in a circle")
        elif one.after and one.name in delivered and one.after not in delivered:
            faults.say(where, "after", f"no route delivers to `{one.after}`, there is no wait")


def _in_circle(start: Destination, destinations: Mapping[str, Destination]) -> bool:
    seen, here = {start.name}, destinations.get(start.after)
    while here is not None:
        if here.name in seen:
            return here.name == start.name
        seen.add(here.name)
        here = destinations.get(here.after)
    return False
