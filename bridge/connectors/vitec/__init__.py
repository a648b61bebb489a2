"""Vitec Connect."""

from bridge.connectors.vitec.connector import VENDOR

__all__ = ["VENDOR"]
