"""`bridge quarantine list|show|release`: what no parser understood, kept until a person acts."""

from typing import IO

import click
import orjson

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.delivery.values import QuarantineRow
from bridge.pipeline import Acceptor, Intake, Parts, views


@click.group()
def quarantine() -> None:
    """Payloads that no parser understood, with the reasons."""


@quarantine.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(*, limit: int, as_json: bool) -> None:
    """Newest first."""
    async with office() as parts:
        shown = [views.quarantined(row) for row in await parts.ledger.quarantined(limit=limit)]
    columns = ("quarantine_id", "source", "received_at", "reason")
    say.rows(shown, columns, as_json=as_json, empty="The quarantine is empty.")


@quarantine.command()
@click.argument("quarantine_id")
@on_loop
async def show(quarantine_id: str) -> None:
    """The raw payload, as it came: personal data in the clear."""
    async with office() as parts:
        row = await _get(parts, quarantine_id)
        click.echo(parts.vault.unseal(row.sealed).decode(errors="replace"))
    click.echo(f"Why: {row.reason}", err=True)


@quarantine.command()
@click.argument("quarantine_id")
@click.option("--source", help="Say where it really comes from.")
@click.option("--file", type=click.File("rb"), help="The edited payload to take in its place.")
@on_loop
async def release(quarantine_id: str, *, source: str | None, file: IO[bytes] | None) -> None:
    """Through the front door again; what is understood now leaves the quarantine."""
    async with office() as parts:
        row = await _get(parts, quarantine_id)
        raw = file.read() if file else parts.vault.unseal(row.sealed)
        try:
            payload = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise say.Refused(f"The payload is not JSON: {error}.") from None
        accepted = await Acceptor(parts).accept(
            Intake(payload=payload, source=source or row.source, way="quarantine")
        )
        if accepted.status == "quarantined":
            await parts.ledger.quarantine_drop(accepted.quarantine_id or "")
            why = "; ".join(f"{one.field}: {one.message}" for one in accepted.problems)
            raise say.Refused(f"Still not understood: {why}")
        await parts.ledger.quarantine_drop(quarantine_id)
    click.echo(f"{accepted.lead_id}  {accepted.status}")


async def _get(parts: Parts, quarantine_id: str) -> QuarantineRow:
    row = await parts.ledger.quarantine_get(quarantine_id)
    if row is None:
        raise say.Refused(f"Nothing in quarantine is called {quarantine_id}.")
    return row
