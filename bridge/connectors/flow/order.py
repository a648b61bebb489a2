"""One order of Core's: its state is appended to, its metadata is set (FACTS 1A.3)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bridge.connectors import classify
from bridge.connectors.flow.api import NOBODY, FlowCalls
from bridge.connectors.flow.order_memory import Memories, Memory, number, rows_of
from bridge.connectors.orders import EVERY
from bridge.connectors.transport import Answer, Failure
from bridge.leads import Lead
from bridge.outcomes import (
    Absent,
    AccountProblem,
    CannotTell,
    Delivered,
    Found,
    NotSent,
    Outcome,
    RateLimited,
    State,
    Unknown,
    Unsendable,
    Verdict,
)

# FACTS 1A.5, column M1; the metadata alike, where a second time would do no harm.
TABLE = classify.Table(
    statuses={
        401: "account",
        403: "account",
        408: "not_sent",
        425: "not_sent",
        429: "rate",
        503: "not_sent",
    },
)

TURNS = 3  # that a worker waits for, when others tell the same order something first


class Order:
    """As one attempt sees it. By GUID or number, as it is given (F-T16)."""

    def __init__(self, calls: FlowCalls, order_id: str, lead: Lead = NOBODY) -> None:
        account = calls.api.account
        self._calls = calls
        self._lead = lead
        self._path = f"marketingintegrators/orders/{quote(order_id.strip(), safe='')}"
        self._name = f"flow-order:{account.base_url}:{account.client_id}:{order_id.strip().lower()}"
        api = calls.api
        self._memories = Memories(api.shelf, self._name, api.clock, frozen=api.rehearses)

    async def known(self) -> Memory:
        return await self._memories.get()

    async def tell(self, state: str, status: str, *, again: bool = False) -> Outcome:
        """`again`: a person, or the destination's rule, wants it told though it may have been."""
        for _ in range(TURNS):
            seen = await self._memories.settled()
            memory = seen.memory
            if memory.pending is None and memory.has(state, status):
                return Delivered(str(memory.row) if memory.row else None)
            if memory.waits_for(state, status) and not again:
                return Unknown("it may have been told already, and is not told twice")
            if await self._memories.begin(seen, state, status):
                return await self._tell(state, status)
        return NotSent("other workers tell this order something, or the ledger is away")

    async def _tell(self, state: str, status: str) -> Outcome:
        answer = await self._calls.call(
            "POST", f"{self._path}/updatestate", {"Status": status, "State": state}
        )
        outcome, model = self._meaning(answer)
        await self._memories.change(lambda known: _after(known, outcome, model, state, status))
        if isinstance(outcome, Delivered):
            return Delivered(_row(model, state, status, after=0))
        return outcome

    async def look(self, state: str, status: str) -> Verdict:
        """Was it told? Setting the same metadata again does nothing, and answers with all rows."""
        memory = (await self._memories.settled()).memory
        if memory.once_told(state, status):
            return Found(str(memory.row) if memory.row else None)
        if not memory.waits_for(state, status):
            return Absent()
        if not memory.metadata:
            return CannotTell(
                "Core shows an order's rows only in answer to metadata, and none is set"
            )
        outcome, model = await self._set(memory.metadata)
        if not isinstance(outcome, Delivered) or not isinstance(model, dict):
            reason = getattr(outcome, "reason", "") or "the answer had no order in it"
            return CannotTell(f"reading back from Flow failed: {reason}")
        if not isinstance(model.get("OrderStatuses"), list):
            return CannotTell("Flow's answer does not list the order's rows")
        row = _row(model, state, status, after=memory.row)
        await self._memories.change(
            lambda known: (known.told(state, status) if row else _forgot(known)).learned(model)
        )
        return Found(row) if row else Absent()

    async def show(
        self, pairs: Mapping[str, str], texts: Mapping[str, str | None] | None = None
    ) -> Outcome | Unsendable:
        """Beside what stands there: whether Core merges or replaces is not stated (FACTS M2).

        `texts`: Title and ActionText. What comes too soon is remembered, and set with the next one.
        """
        wished = await self._memories.change(
            lambda known: known.model_copy(update={"metadata": {**known.metadata, **pairs}})
        )
        if not wished:
            return NotSent("the ledger is away")
        api = self._calls.api
        if not api.rehearses and await api.shelf.spend(f"{self._name}:metadata", 1, EVERY):
            return Unsendable(State.SKIPPED, "set a moment ago; the next time has this too")
        memory = await self._memories.get()
        outcome, _ = await self._set({**memory.metadata, **pairs}, texts or {})
        return outcome

    async def _set(
        self, pairs: Mapping[str, str], texts: Mapping[str, str | None] | None = None
    ) -> tuple[Outcome, Any]:
        body: dict[str, Any] = {name: text for name, text in (texts or {}).items() if text}
        body["Metadata"] = [{"Key": key, "Value": value} for key, value in pairs.items()]
        outcome, model = self._meaning(await self._calls.call("PATCH", self._path, body))
        if isinstance(outcome, Delivered):
            await self._memories.change(
                lambda known: (
                    known.model_copy(update={"shown": dict(pairs)}).learned(model)
                    if known.pending is None
                    else known.model_copy(update={"shown": dict(pairs)})
                )
            )
        return outcome, model

    def _meaning(self, answer: Answer | Failure | Outcome) -> tuple[Outcome, Any]:
        if isinstance(answer, NotSent | AccountProblem | RateLimited):
            return answer, None
        if not isinstance(answer, Answer | Failure):
            raise TypeError(answer)
        if isinstance(answer, Failure) or not answer.ok:
            now = self._calls.api.clock()
            return classify.outcome(answer, TABLE, self._lead, now), None
        model = classify.json_of(answer)
        order = model.get("Id") if isinstance(model, dict) else None
        return Delivered(classify.reference(order)), model


def _after(known: Memory, outcome: Outcome, model: object, state: str, status: str) -> Memory:
    match outcome:
        case Delivered():
            return known.told(state, status).learned(model)
        case Unknown():
            return known.lost()
        case _:
            return _forgot(known)


def _forgot(known: Memory) -> Memory:
    return known.model_copy(update={"pending": None})


def _row(model: object, state: str, status: str, *, after: int) -> str | None:
    """The newest row that says this. The page's model has no state in a row, the sample has."""
    found = [
        number(one)
        for one in (rows_of(model) if isinstance(model, dict) else ())
        if number(one) > after
        and one.get("Status") == status
        and one.get("OrderStateType", state) == state
    ]
    return str(max(found)) if found else None
