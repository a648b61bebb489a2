"""What the steps work with; `wiring.build` is the only place that chooses them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.connectors.base import Connector
from bridge.connectors.notices import Channel
from bridge.delivery.ledger import Ledger
from bridge.delivery.redis_ledger.intake_stream import IntakeStream
from bridge.delivery.values import Keep
from bridge.delivery.vault import Vault
from bridge.routing import Routing, Trees

Nudge = Callable[[str], Awaitable[None]]  # account → have somebody drain it soon


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`clock`: now, aware. `luck`: 0…1, spreads retries. Durations in seconds."""

    ledger: Ledger
    vault: Vault
    routing: Routing
    connectors: Mapping[str, Connector]  # by account
    rehearsals: Mapping[str, Connector]  # the same, but nothing is sent: what would go out?
    clock: Callable[[], datetime]
    luck: Callable[[], float]
    nudge: Nudge
    stream: Callable[[str], IntakeStream]  # a reader's name → the stream way in
    lease: float = 60.0
    probe: float = 300.0
    identity_window: float = 30 * 86_400.0
    wish_window: float = 86_400.0
    keep: Keep = field(default_factory=Keep)
    offices: Trees = field(default_factory=Trees)  # HomeQ's, as far as this process knows
    channels: Mapping[str, Channel] = field(default_factory=dict)  # that alarms are told on
    closing: tuple[Callable[[], Awaitable[None]], ...] = ()

    async def close(self) -> None:
        """Let go of every connection, in order."""
        for close in self.closing:
            await close()
