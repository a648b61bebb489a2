"""What is kept, and how a state changes: the same steps as `lua/common.lua`."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

from bridge.delivery.values import BUCKETS, LeadRow, LogEntry, QuarantineRow, delivery_id
from bridge.outcomes import State


@dataclass(slots=True, kw_only=True)
class Delivery:
    name: str
    account: str
    state: State | None = None
    attempts: int = 0
    unknowns: int = 0
    token: int = 0
    next_at: float | None = None
    updated_at: float = 0.0
    reason: str = ""
    reference: str = ""
    verify: bool = False
    after: str = ""
    dependants: list[str] = field(default_factory=list)
    cancelled_for_after: bool = False
    cancel_asked: bool = False
    since: float | None = None  # its age counts from here: a person sent it again
    scope: str = ""  # the last replay that it was part of
    late: str | None = None  # delivered by an older holder, with its reference

    @property
    def lead_id(self) -> str:
        return self.name.partition(":")[0]

    @property
    def destination(self) -> str:
        return self.name.partition(":")[2]


@dataclass(slots=True)
class Account:
    due: dict[str, float] = field(default_factory=dict)
    leases: dict[str, float] = field(default_factory=dict)
    paused: str = ""
    paused_at: float | None = None
    until: float = 0.0
    breaker: str = "closed"
    opened: float = 0.0
    probe: float = 0.0
    window: list[tuple[float, bool]] = field(default_factory=list)
    tokens: float | None = None
    filled: float = 0.0
    good: float | None = None
    refused: Counter[str] = field(default_factory=Counter)
    parked: dict[str, str] = field(default_factory=dict)
    parked_deliveries: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def next_due(self) -> float | None:
        return min(self.due.values(), default=None)


class Store:
    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.leads: dict[str, LeadRow] = {}
        self.abouts: dict[str, str] = {}
        self.withdrawn_leads: set[str] = set()
        self.blobs: dict[str, bytes] = {}
        self.logs: dict[str, list[LogEntry]] = defaultdict(list)
        self.deliveries: dict[str, Delivery] = {}
        self.accounts: dict[str, Account] = defaultdict(Account)
        self.expiring: dict[str, tuple[bytes, float | None]] = {}
        self.marks: dict[str, dict[str, float]] = defaultdict(dict)  # contacts and others
        self.withdrawn: dict[str, dict[str, float]] = defaultdict(dict)
        self.drawers: dict[str, dict[str, bytes]] = defaultdict(dict)
        self.contacts: dict[str, tuple[str, ...]] = {}
        self.identities: dict[str, tuple[str, ...]] = {}
        self.erased: set[str] = set()
        self.tally: Counter[str] = Counter()
        self.quarantine: dict[str, QuarantineRow] = {}
        self.drawer_ends: dict[str, float] = {}
        self.events: list[Mapping[str, str]] = []

    @property
    def now(self) -> float:
        return self.clock()

    def get(self, name: str) -> bytes | None:
        """A value that may have ended."""
        value, ends = self.expiring.get(name, (None, None))
        if value is None or (ends is not None and ends <= self.now):
            self.expiring.pop(name, None)
            return None
        return value

    def put(self, name: str, value: bytes, ttl: float | None) -> None:
        self.expiring[name] = (value, None if ttl is None else self.now + ttl)

    def drawer(self, name: str) -> dict[str, bytes]:
        """A collection that may have ended."""
        if self.drawer_ends.get(name, self.now + 1) <= self.now:
            self.drawers.pop(name, None)
            del self.drawer_ends[name]
        return self.drawers[name]

    def log(self, lead_id: str, entry: bytes) -> None:
        header, sealed = entry.split(b"\n", 1)
        one = LogEntry(
            at=self.now,
            header=orjson.loads(header),
            sealed=b"" if lead_id in self.erased else sealed,
        )
        self.logs[lead_id].append(one)

    def measure(self, one: Delivery) -> None:
        """Seconds from lead to vendor, in the buckets that /metrics shows."""
        took = max(0, round((self.now - self.leads[one.lead_id].received_at) * 1000))
        bucket = next((str(limit) for limit in BUCKETS if took <= limit), "inf")
        self.tally[f"took/{one.destination}/{bucket}"] += 1
        self.tally[f"took_ms/{one.destination}"] += took

    def move(self, one: Delivery, to: State, reason: str = "", reference: str = "") -> None:
        one.state, one.reason, one.updated_at = to, reason, self.now
        one.reference = reference or one.reference
        lead = self.leads[one.lead_id]
        self.events.append(
            {
                "lead_id": one.lead_id,
                "external_id": lead.external_id,
                "source": lead.source,
                "destination": one.destination,
                "state": to,
                "reference": reference,
                "reason": reason,
                "at": f"{self.now:.3f}",
            },
        )

    def wake_dependants(self, one: Delivery) -> list[str]:
        """What waited for a final delivery goes on, or is cancelled with all that waits for it."""
        woken: list[str] = []
        for name in one.dependants:
            other = self.deliveries[delivery_id(one.lead_id, name)]
            if other.state is not State.WAITING:
                continue
            if one.state is State.DELIVERED:
                self.move(other, State.PENDING)
                self.accounts[other.account].due[other.name] = self.now
                woken.append(other.account)
            else:
                reason = f"{one.destination} was {one.state}, and this waits for it"
                self.move(other, State.CANCELLED, reason)
                other.cancelled_for_after = True
                woken += self.wake_dependants(other)
        return woken
