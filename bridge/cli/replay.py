"""`bridge replay`: a plan first, then paced, with a bar; Ctrl-C leaves the rest untouched."""

import getpass
import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.outcomes import State
from bridge.pipeline import Parts
from bridge.pipeline.replay import (
    REPLAYED,
    Choice,
    Difference,
    Item,
    Run,
    Runs,
    choose,
    differences,
)

STATES = ("unrouted", *sorted(str(one) for one in (*REPLAYED, State.DELIVERED)))
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
FASTEST = 100.0  # deliveries a second


class Since(click.ParamType[timedelta | datetime]):
    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta | datetime:
        """`90m`, `12h`, `3d` ago, or a moment such as 2026-11-23T08:00."""
        text = str(value)
        if text[:-1].isdecimal() and text[-1:] in UNITS:
            return timedelta(**{UNITS[text[-1]]: int(text[:-1])})
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text} is no time: say 12h, 3d or 2026-11-23T08:00", param, ctx)
        return moment if moment.tzinfo else moment.astimezone()


class Pace(click.ParamType[float]):
    name = "pace"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """`10/s`, `30/m`."""
        number, _, unit = str(value).partition("/")
        try:
            pace = float(number) / {"": 1, "s": 1, "m": 60}[unit]
        except (KeyError, ValueError):
            pace = 0.0
        if not 0 < pace <= FASTEST:
            self.fail(f"{value} is no pace: say 10/s or 30/m, {FASTEST:g}/s at most", param, ctx)
        return pace


@click.command(
    epilog=say.example("bridge replay --state rejected --since 24h --destination acme-watch")
)
@click.option("--state", "states", multiple=True, type=click.Choice(STATES))
@click.option("--since", type=Since(), help="Changed since: 12h, 3d, 2026-11-23T08:00.")
@click.option("--until", type=Since(), help="Changed before.")
@click.option("--destination", default="")
@click.option("--account", default="")
@click.option("--lead-id", "lead_ids", multiple=True)
@click.option("--again", is_flag=True, help="What was delivered is sent a second time.")
@click.option("--resume", "run_id", default="", help="Go on with a replay that was stopped.")
@click.option("--pace", default="10/s", show_default=True, type=Pace())
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show the plan alone.")
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def replay(
    *, run_id: str, pace: float, yes: bool, dry_run: bool, as_json: bool, **chosen: Any
) -> None:
    """Send again what was held, refused or given up: first a plan, then paced."""
    async with office() as parts:
        if run_id:
            run = await Runs(parts).get(run_id)
            if run is None or run.state == "done":
                raise say.Refused(f"No replay {run_id} is left to go on with.")
            await _go(parts, run, as_json=as_json)
            return
        choice = _choice(chosen, parts.clock())
        items = await choose(parts, choice)
        if not items:
            raise say.Refused("Nothing fits, so nothing was sent.")
        differing = await differences(parts, items)
        _show(items, differing, as_json=as_json and dry_run, quiet=as_json and not dry_run)
        if dry_run:
            return
        if not yes:
            click.confirm(f"Send {len(items)} again, {pace:g} a second?", abort=True, err=True)
        run = await Runs(parts).begin(choice, items, who=getpass.getuser(), pace=pace)
        await _go(parts, run, as_json=as_json)


def _choice(chosen: dict[str, Any], now: datetime) -> Choice:
    since, until = (_moment(chosen.pop(name), now) for name in ("since", "until"))
    if not (chosen["states"] or chosen["lead_ids"]):
        raise click.UsageError("Say which: --state, or --lead-id.")
    if "delivered" in chosen["states"] and not chosen["again"]:
        raise click.UsageError("What was delivered is sent a second time with --again only.")
    return Choice(
        since=since or 0.0,
        until=until,
        **chosen,
    )


def _moment(given: timedelta | datetime | None, now: datetime) -> float | None:
    moment = now - given if isinstance(given, timedelta) else given
    return moment.timestamp() if moment else None


def _show(items: list[Item], differing: list[Difference], *, as_json: bool, quiet: bool) -> None:
    rows = [
        {
            "delivery_id": one.item.name if one.item.destination else None,
            "lead_id": one.item.lead_id,
            "destination": one.item.destination or None,
            "state": one.item.state,
            "differs": "; ".join(one.words),
            "may_be_there": one.item.there or None,
        }
        for one in differing
    ]
    if as_json:
        click.echo(json.dumps({"count": len(items), "items": rows}, ensure_ascii=False, indent=2))
        return
    if quiet:
        return
    counts = Counter((one.destination or "(to be routed)", one.state) for one in items)
    for (destination, state), number in sorted(counts.items()):
        click.echo(f"{number:>6}  {destination}  {state}")
    there = sum(bool(one.there) for one in items)
    if there:
        click.echo(f"{there:>6}  of them may be at the vendor already")
    columns = ("lead_id", "destination", "state", "differs", "may_be_there")
    say.rows(rows, columns, as_json=False, empty="")
    if len(items) > len(rows):
        click.echo(f"… and {len(items) - len(rows)} more, which were not rehearsed.")


async def _go(parts: Parts, run: Run, *, as_json: bool) -> None:
    console = Console(stderr=True)
    hint = f"bridge replay --resume {run.run_id}"
    columns = (TextColumn("sent again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=run.total)
            async for now in Runs(parts).go(run):
                run = now
                bar.update(task, completed=run.done + run.refused)
    except BaseException:
        click.echo(f"Stopped; {run.left} were left as they were. To go on: {hint}", err=True)
        raise
    if as_json:
        click.echo(run.model_dump_json(indent=2))
    else:
        click.echo(f"{run.done} sent again, {run.refused} had gone on meanwhile, {run.left} left.")
    if run.state == "cancelled":
        raise click.exceptions.Exit(1)
