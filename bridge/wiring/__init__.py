"""The only place where parts are chosen."""

from bridge.wiring import logs
from bridge.wiring.build import build, check_start, first_link, unlock
from bridge.wiring.collector import settle
from bridge.wiring.start import (
    StartError,
    Wiring,
    for_child,
    read,
    read_routing,
    read_settings,
    vault,
)

__all__ = [
    "StartError",
    "Wiring",
    "build",
    "check_start",
    "first_link",
    "for_child",
    "logs",
    "read",
    "read_routing",
    "read_settings",
    "settle",
    "unlock",
    "vault",
]
