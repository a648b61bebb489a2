"""`bridge retention run`: what the workers' watch does by itself, now; or only what it would do."""

import json
from dataclasses import asdict

import click

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.delivery.values import Expired
from bridge.pipeline import retention as watch


@click.group(epilog=say.example("bridge retention run --dry-run"))
def retention() -> None:
    """Personal data that was kept long enough (BRIDGE_RETENTION_…)."""


@retention.command(epilog=say.example("bridge retention run --dry-run --json"))
@click.option("--dry-run", is_flag=True, help="Say what would go, take nothing.")
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def run(*, dry_run: bool, as_json: bool) -> None:
    """Take out all that is due now, a few leads at a time."""
    gone = Expired()
    async with office() as parts:
        if dry_run:
            gone = await watch.rehearse(parts)
        else:
            gone = Expired(more=True)
            while gone.more:
                gone = _sum(gone, await watch.step(parts))
    if as_json:
        click.echo(json.dumps(asdict(gone)))
        return
    verb = "would go" if dry_run else "are gone"
    click.echo(
        f"{gone.payloads} payloads, {gone.bodies} attempts' bodies and {gone.quarantine} payloads"
        f" in quarantine {verb}; {gone.held} held deliveries {'would ' if dry_run else ''}expire.",
    )


def _sum(one: Expired, other: Expired) -> Expired:
    return Expired(
        bodies=one.bodies + other.bodies,
        payloads=one.payloads + other.payloads,
        held=one.held + other.held,
        quarantine=one.quarantine + other.quarantine,
        more=other.more,
    )
