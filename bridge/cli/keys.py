"""`bridge keys status|rotate`: which encryption keys are in use, and out with the old ones."""

import json
from dataclasses import asdict

import click
from rich.console import Console

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.pipeline import keys as sealing

COLUMNS = ("current", "old", "unreadable")


@click.group(epilog=say.example("bridge keys status --json"))
def keys() -> None:
    """The keys of BRIDGE_ENCRYPTION_KEYS: the first one seals, every one opens."""


@keys.command(epilog=say.example("bridge keys status --json"))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def status(*, as_json: bool) -> None:
    """Count what stands sealed, by key. Exit code 1 while an old key is still needed."""
    async with office() as parts:
        seen = await sealing.status(parts)
    _say(seen, as_json=as_json)
    if seen.old or seen.unreadable:
        raise click.exceptions.Exit(1)


@keys.command(epilog=say.example("bridge keys rotate --pause 0.1"))
@click.option("--pause", default=0.02, show_default=True, help="Seconds between two pages.")
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def rotate(*, pause: float, as_json: bool) -> None:
    """Seal everything with the first key. It may be stopped and started again at any time."""
    err = Console(stderr=True)
    with err.status("Sealing anew…") as spinner:

        def told(seen: sealing.Sealed) -> None:
            done, left = seen.resealed, seen.current - seen.resealed
            spinner.update(f"{done} sealed anew, {left} were current already")

        async with office() as parts:
            seen = await sealing.rotate(parts, pause=pause, told=told)
    _say(seen, as_json=as_json)
    if seen.old or seen.unreadable:
        raise click.exceptions.Exit(1)


def _say(seen: sealing.Sealed, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(seen)))
        return
    if seen.resealed:
        click.echo(f"{seen.resealed} sealed anew.")
    click.echo(f"{seen.current} are sealed with the first key, {seen.old} with an older one.")
    if seen.unreadable:
        click.echo(f"{seen.unreadable} are sealed with a key that is not configured.", err=True)
    if not seen.old:
        click.echo("No older key is needed: they may be dropped once every process has restarted.")
