"""No sequence of steps leads to a lost, stuck or doubly held delivery, on either ledger."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.ledger import Ledger
from bridge.delivery.transitions import Event, as_markdown, may
from bridge.delivery.values import Act, Claim, LeadId, Withdrawal
from bridge.outcomes import (
    FINAL,
    Decision,
    Hold,
    PauseAccount,
    ReadBack,
    SendAgain,
    Settle,
    State,
)
from tests.contract.ledgers import GRACE, Bench, claim, delivery, done, lead

RESTING = FINAL | {State.HELD, State.WAITING}
DECISIONS: tuple[Decision, ...] = (
    Settle(State.DELIVERED, reference="R"),
    Settle(State.REJECTED, "no"),
    Settle(State.EXPIRED, "late"),
    SendAgain(0.0, "503"),
    SendAgain(0.0, "429", counts=False),
    ReadBack(0.0, "lost"),
    Hold("look"),
    PauseAccount("401"),
)
ACTS: tuple[Act, ...] = ("retry", "cancel", "delivered", "resend", "replay", "again")
BY_HAND: Mapping[Act, Event] = {
    "retry": Event.RETRIED,
    "resend": Event.RETRIED,
    "cancel": Event.CANCELLED,
    "delivered": Event.RESOLVED,
    "replay": Event.REPLAYED,
    "again": Event.REPLAYED,
}


class Machine(RuleBasedStateMachine):
    """Steps of workers, vendors and people, in any order. `bench` is set by the test."""

    bench: Bench

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.ledger: Ledger = self.loop.run_until_complete(self._new())
        self.number = self.extended = 0
        self.dead = False  # somebody died with what was claimed last
        self.holding: dict[str, Claim] = {}  # by delivery, with the token that should count
        self.lost: list[Claim] = []  # held by workers that are gone or frozen
        self.delivered: set[str] = set()
        self.states: dict[str, State] = {}

    async def _new(self) -> Ledger:
        return self.bench.new()

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @rule(chained=st.booleans(), about=st.sampled_from(["p1", "p2"]))
    def accept(self, *, chained: bool, about: str) -> None:
        after = "first" if chained else ""
        two = (delivery("first"), delivery("second", after=after))
        self.number += 1
        self.do(self.ledger.open([lead(str(self.number), *two, contacts=("anna",), about=about)]))
        self.follow(Event.OPENED, Event.AFTER_DONE)

    @rule(lease=st.sampled_from([0.0, 60.0]))
    def claim_some(self, lease: float) -> None:
        """A lease of nothing is a worker that dies at once; its grace is over when we look again.

        What is given may not depend on how fast this machine is today (see `follow`).
        """
        if self.dead:
            time.sleep(GRACE + 0.01)
        self.dead = lease == 0.0
        given = self.do(claim(self.ledger, concurrency=3, lease=lease, breaker="off"))
        for one in sorted(given, key=lambda one: one.delivery_id):
            before = self.holding.pop(one.delivery_id, None)
            if before is not None:
                self.lost.append(before)
            self.holding[one.delivery_id] = one
        self.follow(Event.CLAIMED)

    @precondition(lambda self: self.holding)
    @rule(data=st.data(), decision=st.sampled_from(DECISIONS))
    def record(self, data: st.DataObject, decision: Decision) -> None:
        name = data.draw(st.sampled_from(sorted(self.holding)))
        one = self.holding.pop(name)
        (recorded,) = self.do(self.ledger.record([done(one, decision, health="none")]))
        assert recorded.applied
        if recorded.state is State.DELIVERED:
            self.delivered.add(name)
        self.follow(Event.RECORDED, Event.LATE_YES, Event.AFTER_DONE)

    @precondition(lambda self: self.lost)
    @rule(decision=st.sampled_from(DECISIONS))
    def a_frozen_worker_thaws(self, decision: Decision) -> None:
        one = self.lost.pop()
        (recorded,) = self.do(self.ledger.record([done(one, decision, health="none")]))
        if recorded.applied:
            assert recorded.state is State.DELIVERED
            self.delivered.add(one.delivery_id)
        self.follow(Event.LATE_YES, Event.AFTER_DONE)

    @rule(about=st.sampled_from(["p1", "*"]))
    def withdraw(self, about: str) -> None:
        self.do(self.ledger.withdraw(Withdrawal(contacts=("anna",), about=about, at=1.0)))
        self.follow(Event.WITHDRAWN, Event.AFTER_DONE)

    @rule(data=st.data(), act=st.sampled_from(ACTS))
    def a_person_acts(self, data: st.DataObject, act: Act) -> None:
        rows = self.rows()
        if not rows:
            return
        row = data.draw(st.sampled_from(sorted(rows, key=lambda one: one.delivery_id)))
        try:
            state = self.do(self.ledger.act(row.delivery_id, act, who="kim"))
        except ValueError:
            return
        if state is State.DELIVERED:
            self.delivered.add(row.delivery_id)
        elif act == "again":
            self.delivered.discard(row.delivery_id)
        self.follow(BY_HAND[act], Event.AFTER_DONE, Event.AGAIN_AFTER)

    @rule()
    def the_account_works_again(self) -> None:
        self.do(self.ledger.resume("acme"))
        self.follow()

    @rule()
    def a_destination_is_paused(self) -> None:
        self.do(self.ledger.pause("acme", "25 refusals in a row", destination="first"))
        self.follow()

    @rule()
    def a_destination_goes_on(self) -> None:
        self.do(self.ledger.resume("acme", destination="first"))
        self.follow(Event.RESUMED)

    @rule(name=st.sampled_from(["third", "fourth"]), after=st.sampled_from(["", "first"]))
    def extend(self, name: str, after: str) -> None:
        """A property became known: a lead that is there gets one delivery more."""
        if self.number:
            lead_id = LeadId(str(self.number))
            wanted = [delivery(name, after=after)]
            opened = self.do(self.ledger.extend(lead_id, wanted, entry=b"{}\n"))
            self.extended += len(opened)
            self.follow(Event.OPENED, Event.AFTER_DONE)

    def follow(self, *events: Event) -> None:
        """Every change since the last step is one that the table knows for what happened."""
        for row in self.rows():
            before = self.states.get(row.delivery_id)
            assert any(may(event, before, row.state) for event in events) or before == row.state, (
                f"{row.delivery_id}: {before} → {row.state} by {events}"
            )
            self.states[row.delivery_id] = row.state
        time.sleep(0.002)  # no two steps in one millisecond: what is due first is no matter of luck

    def rows(self) -> list[Any]:
        names = [LeadId(str(number)) for number in range(1, self.number + 1)]
        return [row for name in names for row in self.do(self.ledger.deliveries_of(name))]

    @invariant()
    def nothing_is_lost_and_the_counts_are_right(self) -> None:
        if not hasattr(self, "ledger"):
            return
        rows = self.rows()
        assert len(rows) == 2 * self.number + self.extended
        counted = {key: n for key, n in self.do(self.ledger.counts()).items() if n}
        assert counted == Counter((row.account, row.state) for row in rows)

    @invariant()
    def what_was_delivered_stays_delivered(self) -> None:
        if hasattr(self, "ledger"):
            known = {row.delivery_id for row in self.rows() if row.state is State.DELIVERED}
            assert self.delivered == known

    def teardown(self) -> None:
        """Whatever happened, a world that works from now on settles everything."""
        if not hasattr(self, "ledger"):
            return
        self.do(self.ledger.resume("acme"))
        self.do(self.ledger.resume("acme", destination="first"))
        for one in self.holding.values():
            self.do(self.ledger.record([done(one, SendAgain(0.0, "again"), health="none")]))
        for _ in range(40):
            claims = self.do(claim(self.ledger, breaker="off"))
            if not claims and all(row.state in RESTING for row in self.rows()):
                break
            self.do(self.ledger.record([done(one) for one in claims]))
        stuck = [row for row in self.rows() if row.state not in RESTING]
        assert stuck == []
        self.do(self.ledger.close())
        self.loop.close()


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_no_sequence_of_steps_loses_sticks_or_doubles_a_delivery(
    kind: str, server: EmbeddedServer
) -> None:
    class Told(Machine):
        bench = Bench(kind, server)

    run_state_machine_as_test(
        Told,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_documentation_shows_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "reliability.md"
    assert as_markdown() in page.read_text(encoding="utf-8")
