"""Runs of replays: kept in the ledger, paced, cancellable, and finished by whoever comes later.

What is left to do is a drawer of the run. An item leaves it after its delivery was opened; who is
killed between the two does it again, which the ledger knows by the run's name: done once.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict
from ulid import ULID

from bridge.delivery.values import Act, DeliveryId, LeadId
from bridge.pipeline.parts import Parts
from bridge.pipeline.replay.choosing import Choice, Item
from bridge.pipeline.reroute import reroute

DRAWER = "replays"
KEPT = 100  # finished runs that are remembered
SILENT = 15.0  # seconds after which a run that said nothing has nobody


class Run(BaseModel):
    """`state` running with an old `at`: whoever ran it is gone, and it may be gone on with."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    who: str
    words: str
    again: bool
    total: int
    done: int = 0
    refused: int = 0
    state: Literal["running", "cancelled", "done"] = "running"
    pace: float = 10.0  # deliveries a second
    began: float
    at: float

    @property
    def left(self) -> int:
        return self.total - self.done - self.refused

    def stalled(self, now: float) -> bool:
        return self.state == "running" and now - self.at > SILENT


class Runs:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def begin(self, choice: Choice, items: Sequence[Item], *, who: str, pace: float) -> Run:
        """On record before the first one goes."""
        run = Run(
            run_id=str(ULID()),
            who=who,
            words=choice.words,
            again=choice.again,
            total=len(items),
            pace=pace,
            began=self._now(),
            at=self._now(),
        )
        ledger = self._parts.ledger
        await ledger.drawer_put(_todo(run.run_id), {one.name: b"1" for one in items})
        await self._put(run)
        await self._forget()
        return run

    async def get(self, run_id: str) -> Run | None:
        known = await self._parts.ledger.drawer_get(DRAWER, run_id)
        return Run.model_validate_json(known) if known else None

    async def all(self) -> list[Run]:
        """Newest first."""
        known = await self._parts.ledger.drawer_all(DRAWER)
        return [Run.model_validate_json(known[name]) for name in sorted(known, reverse=True)]

    async def cancel(self, run_id: str) -> bool:
        """What was not sent stays as it is; whoever runs it stops at the next one."""
        run = await self.get(run_id)
        if run is None or run.state != "running":
            return False
        await self._parts.ledger.shelf_put(_stop(run_id), b"1", ttl=86_400)
        if run.stalled(self._now()):
            await self._put(run.model_copy(update={"state": "cancelled"}))
        return True

    async def go(self, run: Run) -> AsyncIterator[Run]:
        """Do it, and say after each how far it is. Safe to stop anywhere and to begin again."""
        ledger = self._parts.ledger
        left = sorted(await ledger.drawer_all(_todo(run.run_id)))
        run = run.model_copy(update={"total": run.done + run.refused + len(left)})
        for name in left:
            if await ledger.shelf_get(_stop(run.run_id)):
                run = run.model_copy(update={"state": "cancelled", "at": self._now()})
                break
            good = await self._one(run, name)
            await ledger.drawer_drop(_todo(run.run_id), name)
            field = "done" if good else "refused"
            run = run.model_copy(update={field: getattr(run, field) + 1, "at": self._now()})
            await self._put(run)
            yield run
            await asyncio.sleep(1 / run.pace)
        if run.state == "running":
            run = run.model_copy(update={"state": "done", "at": self._now()})
        await self._put(run)
        yield run

    async def _one(self, run: Run, name: str) -> bool:
        lead_id, _, destination = name.partition(":")
        parts, who = self._parts, f"{run.who} (replay)"
        if not destination:
            (rerouted,) = await reroute(parts, [LeadId(lead_id)], who=who)
            return bool(rerouted.opened or rerouted.released)
        act: Act = "again" if run.again else "replay"
        try:
            state = await parts.ledger.act(DeliveryId(name), act, who=who, scope=run.run_id)
        except ValueError:
            return False  # it went on by itself meanwhile
        known = parts.routing.destinations.get(destination)
        if state is not None and known is not None:
            await parts.nudge(known.account)
        return state is not None

    async def _put(self, run: Run) -> None:
        await self._parts.ledger.drawer_put(DRAWER, {run.run_id: run.model_dump_json().encode()})

    async def _forget(self) -> None:
        for run in (await self.all())[KEPT:]:
            await self._parts.ledger.drawer_drop(DRAWER, run.run_id)
            for name in await self._parts.ledger.drawer_all(_todo(run.run_id)):
                await self._parts.ledger.drawer_drop(_todo(run.run_id), name)

    def _now(self) -> float:
        return self._parts.clock().timestamp()


def _todo(run_id: str) -> str:
    return f"replay:{run_id}"


def _stop(run_id: str) -> str:
    return f"replay-stop:{run_id}"
