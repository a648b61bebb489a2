"""No sequence of steps leads to a lost, stuck or doubly held delivery, on either ledger."""

import asyncio
from collections import Counter
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
from tests.contract.ledgers import Bench, claim, delivery, done, lead

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
ACTS: tuple[Act, ...] = ("retry", "cancel", "delivered", "resend")


class Machine(RuleBasedStateMachine):
    """Steps of workers, vendors and people, in any order. `bench` is set by the test."""

    bench: Bench

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.ledger: Ledger = self.loop.run_until_complete(self._new())
        self.number = 0
        self.holding: dict[str, Claim] = {}  # by delivery, with the token that should count
        self.lost: list[Claim] = []  # held by workers that are gone or frozen
        self.delivered: set[str] = set()

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

    @rule(lease=st.sampled_from([0.0, 60.0]))
    def claim_some(self, lease: float) -> None:
        """A lease of nothing is a worker that dies at once."""
        for one in self.do(claim(self.ledger, concurrency=3, lease=lease, breaker="off")):
            before = self.holding.pop(one.delivery_id, None)
            if before is not None:
                self.lost.append(before)
            self.holding[one.delivery_id] = one

    @precondition(lambda self: self.holding)
    @rule(data=st.data(), decision=st.sampled_from(DECISIONS))
    def record(self, data: st.DataObject, decision: Decision) -> None:
        name = data.draw(st.sampled_from(sorted(self.holding)))
        one = self.holding.pop(name)
        (recorded,) = self.do(self.ledger.record([done(one, decision, health="none")]))
        assert recorded.applied
        if recorded.state is State.DELIVERED:
            self.delivered.add(name)

    @precondition(lambda self: self.lost)
    @rule(decision=st.sampled_from(DECISIONS))
    def a_frozen_worker_thaws(self, decision: Decision) -> None:
        one = self.lost.pop()
        (recorded,) = self.do(self.ledger.record([done(one, decision, health="none")]))
        if recorded.applied:
            assert recorded.state is State.DELIVERED
            self.delivered.add(one.delivery_id)

    @rule(about=st.sampled_from(["p1", "*"]))
    def withdraw(self, about: str) -> None:
        self.do(self.ledger.withdraw(Withdrawal(contacts=("anna",), about=about, at=1.0)))

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

    @rule()
    def the_account_works_again(self) -> None:
        self.do(self.ledger.resume("acme"))

    def rows(self) -> list[Any]:
        names = [LeadId(str(number)) for number in range(1, self.number + 1)]
        return [row for name in names for row in self.do(self.ledger.deliveries_of(name))]

    @invariant()
    def nothing_is_lost_and_the_counts_are_right(self) -> None:
        if not hasattr(self, "ledger"):
            return
        rows = self.rows()
        assert len(rows) == 2 * self.number
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
