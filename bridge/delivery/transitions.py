"""Which state follows which, by what happens: the one table that both ledgers are held to.

`docs/reliability.md` shows it, and `tests/contract/test_ledger_machine.py` plays steps in any order
and looks every change up here. What is not in it cannot happen.
"""

from collections.abc import Mapping
from enum import StrEnum

from bridge.outcomes import FINAL, State


class Event(StrEnum):
    """What happens to one delivery."""

    OPENED = "opened"
    CLAIMED = "claimed"  # given to a worker, or put aside since its destination is paused
    RECORDED = "recorded"  # the end of an attempt, or of a read-back
    LATE_YES = "late yes"  # a worker that was frozen past its lease had a yes
    AFTER_DONE = "after done"  # the delivery that it comes `after` became final
    WITHDRAWN = "withdrawn"
    RETRIED = "retried"  # by a person, also as `resend`
    REPLAYED = "replayed"  # by a person who wants it sent anew; what was delivered with `again`
    RESOLVED = "resolved"  # a person says that it had arrived
    CANCELLED = "cancelled"  # by a person
    RESUMED = "resumed"  # its destination goes on
    AGAIN_AFTER = "again after"  # the delivery that it comes `after` is sent again


Table = Mapping[Event, Mapping[State | None, frozenset[State]]]

_S = State
_ENDS = frozenset({_S.DELIVERED, _S.REJECTED, _S.EXPIRED, _S.CANCELLED, _S.SKIPPED})
_OPEN = frozenset(State) - FINAL
_IN_LINE = (_S.PENDING, _S.RETRYING, _S.HELD)  # held: its account is paused, it goes on by itself

TRANSITIONS: Table = {
    Event.OPENED: {
        None: frozenset({_S.PENDING, _S.WAITING, _S.HELD, _S.SKIPPED, _S.CANCELLED}),
    },
    Event.CLAIMED: {one: frozenset({_S.SENDING, _S.HELD}) for one in _IN_LINE},
    Event.RECORDED: {
        _S.SENDING: _ENDS | {_S.RETRYING, _S.UNKNOWN, _S.HELD},
        _S.UNKNOWN: _ENDS | {_S.RETRYING, _S.UNKNOWN, _S.HELD},
    },
    Event.LATE_YES: {one: frozenset({_S.DELIVERED}) for one in _OPEN},
    Event.AFTER_DONE: {_S.WAITING: frozenset({_S.PENDING, _S.CANCELLED})},
    Event.WITHDRAWN: {one: frozenset({_S.CANCELLED}) for one in _OPEN - {_S.SENDING}},
    Event.RETRIED: {
        one: frozenset({_S.PENDING, _S.WAITING})
        for one in frozenset(State) - {_S.DELIVERED, _S.SENDING}
    },
    Event.REPLAYED: {
        one: frozenset({_S.PENDING, _S.WAITING})
        for one in (_S.HELD, _S.DELIVERED, _S.REJECTED, _S.EXPIRED, _S.CANCELLED, _S.SKIPPED)
    },
    Event.RESOLVED: {one: frozenset({_S.DELIVERED}) for one in frozenset(State) - {_S.SENDING}},
    Event.CANCELLED: {one: frozenset({_S.CANCELLED}) for one in _OPEN - {_S.SENDING}},
    Event.RESUMED: {_S.HELD: frozenset({_S.PENDING})},
    Event.AGAIN_AFTER: {_S.CANCELLED: frozenset({_S.WAITING})},
}


def may(event: Event, before: State | None, after: State) -> bool:
    """Whether `event` may lead from one state to the other; staying as it is always may."""
    return before == after or after in TRANSITIONS[event].get(before, frozenset())


def as_markdown() -> str:
    """The table for `docs/reliability.md`."""
    lines = ["| what happens | from | to |", "| --- | --- | --- |"]
    for event, rows in TRANSITIONS.items():
        by_target: dict[frozenset[State], list[str]] = {}
        for before, after in rows.items():
            by_target.setdefault(after, []).append(str(before) if before else "(new)")
        for after, before_names in by_target.items():
            goal = ", ".join(sorted(after))
            lines.append(f"| {event} | {', '.join(sorted(before_names))} | {goal} |")
    return "\n".join(lines)
