"""HomeQ as a source of look-ups (Sweden)."""

from bridge.connectors.homeq.connector import VENDOR

__all__ = ["VENDOR"]
