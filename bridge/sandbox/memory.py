"""What the sandbox remembers: what the vendors took, what they sent out, and every HTTP call."""

import itertools
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.types import Scope

CALLS_KEPT = 20_000
HIDDEN = frozenset({b"authorization", b"cookie"})
CALL = "sandbox.call"  # where a request's scope carries its `Call`


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Something that a vendor accepted and stored.

    `property` is the estate id, the case GUID or the case number; `reference` is what the answer
    said; `body` is as stored, so a telephone may differ from what was sent (F-T2).
    """

    vendor: str
    kind: str
    account: str
    property: str
    body: Any
    reference: str


@dataclass(slots=True)
class Call:
    """One HTTP call, and the entries that were stored because of it."""

    number: int
    at: float
    method: str
    path: str
    query: str
    headers: dict[str, str]
    status: int | None = None  # None: no answer was sent
    fault: str | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)

    def was_answered(self) -> None:
        for entry in self.entries:
            entry["answered"] = True

    def shown(self) -> dict[str, Any]:
        return asdict(self) | {"entries": [entry["number"] for entry in self.entries]}


class Memory:
    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self._calls = itertools.count(1)
        self._entries = itertools.count(1)

    def begin(self, scope: Scope, now: float) -> Call:
        """Puts the call on record, without its credentials, and into the scope."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name not in HIDDEN
        }
        query = scope["query_string"].decode("latin-1")
        call = Call(next(self._calls), now, scope["method"], scope["path"], query, headers)
        self.calls.append(call)
        scope[CALL] = call
        return call

    def remember(self, taken: Taken, request: Request, now: float) -> None:
        """`answered` becomes true when the true answer has been written to the connection."""
        call: Call = request.scope[CALL]
        entry = {
            "number": next(self._entries),
            **{name: getattr(taken, name) for name in Taken.__slots__},
            "at": now,
            "call": call.number,
            "answered": False,
        }
        self.received.append(entry)
        call.entries.append(entry)

    def send_out(self, **message: Any) -> None:
        """A message that the vendor itself would send to somebody."""
        self.messages.append(message)

    def counts(self) -> dict[str, int]:
        return dict(Counter(f"{one['vendor']} {one['kind']}" for one in self.received))
