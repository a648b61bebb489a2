"""The ledger's promises kept in dicts: for tests and for trying a policy, never for production."""

from bridge.delivery.memory_ledger.ledger import MemoryLedger

__all__ = ["MemoryLedger"]
