"""Any system that takes Standard Webhooks."""

from bridge.connectors.webhook.connector import VENDOR

__all__ = ["VENDOR"]
