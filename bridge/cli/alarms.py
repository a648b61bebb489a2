"""`bridge alarms list|test`: what is the matter now, and whether the messages arrive."""

import click

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.pipeline import views
from bridge.pipeline.alarms import Alarms


@click.group(epilog=say.example("bridge alarms list"))
def alarms() -> None:
    """What is the matter: silence, paused accounts, a growing quarantine."""


@alarms.command("list", epilog=say.example("bridge alarms list --json"))
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(*, limit: int, as_json: bool) -> None:
    """Newest first. Exit code 1 where nothing is the matter."""
    async with office() as parts:
        found = await Alarms(parts).open()
    shown = [
        {"alarm": one.alarm, "since": views.moment(one.since), "text": one.text}
        for one in found[:limit]
    ]
    say.rows(shown, ("alarm", "since", "text"), as_json=as_json, empty="Nothing is the matter.")


@alarms.command(epilog=say.example("bridge alarms test"))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def test(*, as_json: bool) -> None:
    """Send a test message on every channel of [alarms]."""
    async with office() as parts:
        said = await Alarms(parts).test()
    shown = [
        {"channel": name, "ok": not why, "detail": why or "taken"} for name, why in said.items()
    ]
    say.rows(shown, ("channel", "ok", "detail"), as_json=as_json, empty="")
    if any(said.values()):
        raise click.exceptions.Exit(say.UNREACHABLE)
