"""bridge.toml → `Routing`; a lead → its destinations, with reasons; the property directory."""

from bridge.routing.config import (
    Account,
    Alarms,
    ConfigError,
    Destination,
    Rate,
    Route,
    Routing,
    Source,
    VendorSpec,
)
from bridge.routing.loading import load, loads
from bridge.routing.matching import Pick, Routed, RouteVerdict, route
from bridge.routing.offices import OFFICE, Place, Tree, Trees
from bridge.routing.properties import PropertyEntry, parse_csv, property_entry, resolve

__all__ = [
    "OFFICE",
    "Account",
    "Alarms",
    "ConfigError",
    "Destination",
    "Pick",
    "Place",
    "PropertyEntry",
    "Rate",
    "Route",
    "RouteVerdict",
    "Routed",
    "Routing",
    "Source",
    "Tree",
    "Trees",
    "VendorSpec",
    "load",
    "loads",
    "parse_csv",
    "property_entry",
    "resolve",
    "route",
]
