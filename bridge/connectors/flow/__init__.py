"""Flow, the API of Visma Core (Norway)."""

from bridge.connectors.flow.connector import VENDOR

__all__ = ["VENDOR"]
