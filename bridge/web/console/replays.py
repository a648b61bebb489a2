"""Replay: choose, see the plan, let it run, watch or stop it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from bridge.pipeline import Parts
from bridge.pipeline.replay import REPLAYED, Choice, Run, Runs, choose, differences
from bridge.web.console.frame import page
from bridge.web.console.guard import Form, Operator, Whole, text
from bridge.web.office import Office
from bridge.web.problems import Problem

STATES = ("unrouted", *sorted(str(one) for one in REPLAYED), "delivered")
PACES = (1.0, 5.0, 10.0, 50.0)

router = APIRouter()


@router.get("/replays")
async def replays(request: Request, _: Whole) -> Response:
    parts = Office.of(request).parts
    return page(
        request,
        "replays",
        runs=await Runs(parts).all(),
        states=STATES,
        destinations=sorted(parts.routing.destinations),
    )


@router.post("/replays/plan")
async def plan(request: Request, _: Operator, __: Whole, form: Form) -> Response:
    parts = Office.of(request).parts
    choice = _choice(form)
    items = await choose(parts, choice)
    if not items:
        return RedirectResponse("/replays?said=none", 303)
    counts = Counter((one.destination or "to be routed", one.state) for one in items)
    return page(
        request,
        "replay_plan",
        total=len(items),
        counts=sorted(counts.items()),
        differing=await differences(parts, items),
        there=sum(bool(one.there) for one in items),
        chosen=[(name, str(value)) for name, value in form.multi_items() if name != "csrf"],
        paces=PACES,
        words=choice.words,
    )


@router.post("/replays")
async def begin(request: Request, me: Operator, __: Whole, form: Form) -> Response:
    parts, choice = Office.of(request).parts, _choice(form)
    items = await choose(parts, choice)
    if not items:
        return RedirectResponse("/replays?said=none", 303)
    pace = next((one for one in PACES if str(one) == text(form, "pace")), 10.0)
    run = await Runs(parts).begin(choice, items, who=me.user, pace=pace)
    _start(request, run)
    return RedirectResponse(f"/replays/{run.run_id}", 303)


@router.get("/replays/{run_id}")
async def watch(request: Request, _: Whole, run_id: str) -> Response:
    run = await _known(request, run_id)
    now = Office.of(request).parts.clock().timestamp()
    return page(request, "replay_run", run=run, stalled=run.stalled(now))


@router.post("/replays/{run_id}/{what}")
async def steer(
    request: Request, _: Operator, __: Whole, form: Form, run_id: str, what: str
) -> Response:
    del form
    run = await _known(request, run_id)
    runs = Runs(Office.of(request).parts)
    now = Office.of(request).parts.clock().timestamp()
    if what == "cancel":
        await runs.cancel(run_id)
        return RedirectResponse(f"/replays/{run_id}?said=cancelled", 303)
    if what == "resume" and run.stalled(now):
        _start(request, run)
    return RedirectResponse(f"/replays/{run_id}", 303)


def _choice(form: FormData) -> Choice:
    states = tuple(str(one) for one in form.getlist("state") if str(one) in STATES)
    ids = tuple(text(form, "lead_ids").split())
    if not states and not ids:
        raise Problem(422, "Say which", "Tick at least one state, or name leads by their id.")
    return Choice(
        states=states,
        destination=text(form, "destination"),
        lead_ids=ids,
        since=_day(text(form, "since")) or 0.0,
        until=_day(text(form, "until")),
        again="delivered" in states,
    )


def _day(value: str) -> float | None:
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _start(request: Request, run: Run) -> None:
    """In this process; who comes after a kill may go on with it."""
    office = Office.of(request)
    task = asyncio.create_task(_go(office.parts, run))
    office.tasks.add(task)
    task.add_done_callback(office.tasks.discard)


async def _go(parts: Parts, run: Run) -> None:
    async for _ in Runs(parts).go(run):
        pass


async def _known(request: Request, run_id: str) -> Run:
    run = await Runs(Office.of(request).parts).get(run_id)
    if run is None:
        raise Problem(404, "No such replay", "It was never there, or is too old.")
    return run
