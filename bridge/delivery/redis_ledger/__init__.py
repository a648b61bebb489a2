"""The ledger on any Redis ≥ 6.2 or Valkey: the only place that knows a key."""

from bridge.delivery.redis_ledger.engine import GRACE
from bridge.delivery.redis_ledger.ledger import RedisLedger

__all__ = ["GRACE", "RedisLedger"]
