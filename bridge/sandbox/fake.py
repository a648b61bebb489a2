"""What a vendor's folder in here declares as `FAKE` in its `fake.py`; nothing else names it."""

import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel
from starlette.routing import Route

import bridge.sandbox
from bridge.sandbox.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """`POST /_sandbox/config {vendor: {…}}`: `turn` gets what was given, once it fits `model`."""

    model: type[BaseModel]
    turn: Callable[[World, Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fake:
    """`routes` are served below `/NAME`; `fixtures` is its part of `GET /_sandbox`.

    What it remembers it asks `World.of` for. `layers`: ASGI middleware of its own.
    """

    name: str
    routes: Callable[[World], Sequence[Route]]
    fixtures: Callable[[World], dict[str, Any]] = lambda _: {}
    knobs: Knobs | None = None
    layers: Sequence[Any] = ()


@cache
def fakes() -> tuple[Fake, ...]:
    """One for each folder beside this file."""
    folders = [one.name for one in pkgutil.iter_modules(bridge.sandbox.__path__) if one.ispkg]
    return tuple(import_module(f"bridge.sandbox.{name}.fake").FAKE for name in sorted(folders))
