"""What only shows when the whole routing file is read: names that must exist, order, circles."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from bridge.routing.config import Destination, Routing


def problems(routing: Routing) -> Iterator[str]:
    """One sentence for each."""
    yield from _routes(routing)
    yield from _after(routing.destinations)
    yield from _names(routing)


def _routes(routing: Routing) -> Iterator[str]:
    for route in routing.routes:
        for name in route.deliver_to:
            if name not in routing.destinations:
                hint = _near(name, routing.destinations)
                yield f"[[routes]] {route.name} deliver_to: `{name}` is no destination{hint}"
        for name in sorted(route.when.get("source", ())):
            if name not in routing.sources:
                hint = _near(name, routing.sources)
                yield f"[[routes]] {route.name} when.source: `{name}` is no source{hint}"


def _names(routing: Routing) -> Iterator[str]:
    seen: set[str] = set()
    for route in routing.routes:
        if route.name in seen:
            yield f"[[routes]] {route.name}: two routes have this name."
        seen.add(route.name)


def _after(destinations: Mapping[str, Destination]) -> Iterator[str]:
    for one in destinations.values():
        if one.after and one.after not in destinations:
            hint = _near(one.after, destinations)
            yield f"[destinations.{one.name}] after: `{one.after}` is no destination{hint}"
        elif _in_circle(one, destinations):
            yield f"[destinations.{one.name}] after: waits for itself in a circle."


def _in_circle(start: Destination, destinations: Mapping[str, Destination]) -> bool:
    seen, here = {start.name}, destinations.get(start.after)
    while here is not None:
        if here.name in seen:
            return here.name == start.name
        seen.add(here.name)
        here = destinations.get(here.after)
    return False


def _near(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(known) or 'none'}."
