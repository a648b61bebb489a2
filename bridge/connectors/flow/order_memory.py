"""What was told about one order, kept with the ledger: a state must never be told twice (F-T17)."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from bridge.connectors.base import Clock, Shelf
from bridge.connectors.orders import PROBLEMS

IN_FLIGHT = 90.0  # seconds that a call with its token may take; after that its worker is gone
LOOK_AGAIN = 0.1
LOOKS = 100
TRIES = 20
SAID = 50  # statuses of one state that are remembered


class Pending(BaseModel):
    """Written before the first byte leaves, so that a worker's death leaves a trace."""

    model_config = ConfigDict(frozen=True)

    state: str
    status: str
    at: float
    unknown: bool = False  # its answer was lost


class Memory(BaseModel):
    model_config = ConfigDict(frozen=True)

    state: str = ""
    said: tuple[str, ...] = ()  # statuses, since the order is in this state
    history: tuple[str, ...] = ()  # everything that was told, to know it again in a read-back
    row: int = 0  # the newest row of OrderStatuses that was seen
    case_id: int | None = None
    metadata: dict[str, str] = {}  # as it should be
    shown: dict[str, str] = {}  # as Core surely has it
    pending: Pending | None = None

    def has(self, state: str, status: str) -> bool:
        said = self.said[-1:] if state in PROBLEMS else self.said
        return self.state == state and status in said

    def once_told(self, state: str, status: str) -> bool:
        return f"{state}: {status}" in self.history

    def waits_for(self, state: str, status: str) -> bool:
        return self.pending is not None and (self.pending.state, self.pending.status) == (
            state,
            status,
        )

    def told(self, state: str, status: str) -> Self:
        earlier = self.said if state == self.state else ()
        said = (*(one for one in earlier if one != status), status)[-SAID:]
        history = (*self.history, f"{state}: {status}")[-SAID:]
        update = {"state": state, "said": said, "history": history, "pending": None}
        return self.model_copy(update=update)

    def about_to_tell(self, state: str, status: str, at: float) -> Self:
        """Another change that may have been told counts as told: Core may show it by now."""
        before = self.pending
        other = before is not None and not self.waits_for(state, status)
        known = self.told(before.state, before.status) if before and other else self
        pending = Pending(state=state, status=status, at=at)
        return known.model_copy(update={"pending": pending})

    def lost(self) -> Self:
        """The answer to what was being told did not come."""
        lost = self.pending and self.pending.model_copy(update={"unknown": True})
        return self.model_copy(update={"pending": lost})

    def learned(self, model: object) -> Self:
        """From a MarketingIntegratorOrderModel: its case, and how far its rows go."""
        if not isinstance(model, dict):
            return self
        case = model.get("CaseBaseId")
        rows = [one for one in (number(row) for row in rows_of(model)) if one]
        return self.model_copy(
            update={
                "row": max([self.row, *rows]),
                "case_id": case if isinstance(case, int) and case > 0 else self.case_id,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read, and how it was written there."""

    text: str | None
    memory: Memory


class Memories:
    """`change` and `begin` fail closed: while the ledger is away nothing is told."""

    def __init__(self, shelf: Shelf, name: str, clock: Clock, *, frozen: bool = False) -> None:
        """`frozen`: a rehearsal, which remembers nothing."""
        self._shelf = shelf
        self._name = name
        self._clock = clock
        self._frozen = frozen

    async def get(self) -> Memory:
        return (await self._get()).memory

    async def settled(self) -> Seen:
        """When no other worker is in the middle of telling; what is left then is nobody's."""
        seen = await self._get()
        for _ in range(LOOKS):
            if not self._in_flight(seen.memory):
                break
            await asyncio.sleep(LOOK_AGAIN)
            seen = await self._get()
        return seen

    async def begin(self, seen: Seen, state: str, status: str) -> bool:
        """True for the one worker that may tell it now: if nothing changed since it was decided."""
        if self._in_flight(seen.memory):
            return False
        if self._frozen:
            return True
        marked = seen.memory.about_to_tell(state, status, self._clock().timestamp())
        return await self._shelf.swap(self._name, seen.text, _written(marked))

    async def change(self, how: Callable[[Memory], Memory]) -> bool:
        for _ in range(TRIES):
            text = await self._shelf.get(self._name)
            changed = _written(how(_read(text)))
            if changed == text or self._frozen or await self._shelf.swap(self._name, text, changed):
                return True
        return False

    async def _get(self) -> Seen:
        text = await self._shelf.get(self._name)
        return Seen(text=text, memory=_read(text))

    def _in_flight(self, memory: Memory) -> bool:
        pending = memory.pending
        if pending is None or pending.unknown:
            return False
        return self._clock().timestamp() - pending.at < IN_FLIGHT


def rows_of(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = model.get("OrderStatuses")
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def number(row: Mapping[str, Any]) -> int:
    found = row.get("Id")
    return found if isinstance(found, int) else 0


def _read(text: str | None) -> Memory:
    return Memory.model_validate_json(text) if text else Memory()


def _written(memory: Memory) -> str:
    return memory.model_dump_json()
