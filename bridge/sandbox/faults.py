"""Scripted faults, per call: what a vendor's server and the wire can do to a request.

A fault is `{"match": {vendor, path, method, body_contains}, "fault": {kind, …}, "times": n|null}`;
the first that matches is used up by one. Kinds: `status` (code, body, headers), `delay` (seconds),
`hang`, `cut_before_read`, `cut_after_read`, `accept_lose_answer`, `half_head`, `half_body`,
`garbage`, `html_200`, `empty_204`.
"""

import re
from dataclasses import dataclass
from typing import Any

KINDS = frozenset(
    {
        "status",
        "delay",
        "hang",
        "cut_before_read",
        "cut_after_read",
        "accept_lose_answer",
        "half_head",
        "half_body",
        "garbage",
        "html_200",
        "empty_204",
    },
)
BEFORE_READING = frozenset({"cut_before_read"})
KEYS = frozenset({"vendor", "path", "method", "body_contains"})


class BadFaultError(ValueError):
    """A fault that could never happen; the text says what is wrong with it."""


@dataclass
class Fault:
    match: dict[str, str]
    what: dict[str, Any]
    times: int | None

    @property
    def kind(self) -> str:
        return str(self.what["kind"])

    def fits(self, method: str, path: str, body: bytes | None) -> bool:
        """`body` None: not read yet, so only faults that need no body may fit."""
        wanted = self.match
        if body is None and (self.kind not in BEFORE_READING or "body_contains" in wanted):
            return False
        if wanted.get("vendor") and not path.lower().startswith(f"/{wanted['vendor']}/"):
            return False
        if wanted.get("method") and wanted["method"].upper() != method:
            return False
        if wanted.get("path") and not re.search(wanted["path"], path, re.IGNORECASE):
            return False
        needle = wanted.get("body_contains", "")
        return not needle or needle.encode() in (body or b"")


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, spec: dict[str, Any]) -> None:
        """Raises `BadFaultError`."""
        match, what = dict(spec.get("match") or {}), dict(spec.get("fault") or {})
        if what.get("kind") not in KINDS:
            raise BadFaultError(f"a fault's kind is one of {', '.join(sorted(KINDS))}")
        if not set(match) <= KEYS:
            raise BadFaultError(f"a fault matches by {', '.join(sorted(KEYS))}")
        self._faults.append(Fault(match, what, spec.get("times", 1)))

    def take(self, method: str, path: str, body: bytes | None) -> Fault | None:
        for fault in self._faults:
            if fault.fits(method, path, body):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        self._faults.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [{"match": o.match, "fault": o.what, "times": o.times} for o in self._faults]
