"""`bridge quarantine list|show|release|drop`: what no parser understood, until a person acts."""

import json
from typing import IO

import click

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.delivery.values import QuarantineRow
from bridge.pipeline import Parts, views
from bridge.pipeline.quarantine import Released, release

MOST = 1_000_000


@click.group(epilog=say.example("bridge quarantine list"))
def quarantine() -> None:
    """Payloads that no parser understood, with the reasons."""


@quarantine.command("list", epilog=say.example("bridge quarantine list --limit 20 --json"))
@click.option("--source", help="Only of this source.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(*, source: str | None, limit: int, as_json: bool) -> None:
    """Newest first."""
    async with office() as parts:
        found = await parts.ledger.quarantined(limit=limit if source is None else MOST)
    shown = [views.quarantined(row) for row in found if source in {None, row.source}][:limit]
    columns = ("quarantine_id", "source", "received_at", "reason")
    say.rows(shown, columns, as_json=as_json, empty="The quarantine is empty.")


@quarantine.command(epilog=say.example("bridge quarantine show 01JD…"))
@click.argument("quarantine_id")
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def show(quarantine_id: str, *, as_json: bool) -> None:
    """The raw payload, as it came: personal data in the clear."""
    async with office() as parts:
        row = await _get(parts, quarantine_id)
        raw = parts.vault.unseal(row.sealed).decode(errors="replace")
    if as_json:
        click.echo(json.dumps(views.quarantined(row) | {"payload": raw}, ensure_ascii=False))
        return
    click.echo(raw)
    click.echo(f"Why: {row.reason}", err=True)


@quarantine.command(
    "release", epilog=say.example("bridge quarantine release 01JD… --file mended.json")
)
@click.argument("quarantine_id", required=False)
@click.option("--all", "everything", is_flag=True, help="All of it, or all of --from.")
@click.option("--from", "of", help="With --all: what came from this source.")
@click.option("--source", help="Say where it really comes from.")
@click.option("--file", type=click.File("rb"), help="The edited payload to take in its place.")
@click.option("--edit", is_flag=True, help="Edit the payload in $EDITOR first.")
@on_loop
async def release_(
    quarantine_id: str | None,
    *,
    everything: bool,
    of: str | None,
    source: str | None,
    file: IO[bytes] | None,
    edit: bool,
) -> None:
    """Through the front door again; what is understood now leaves the quarantine."""
    if everything == bool(quarantine_id):
        raise click.UsageError("Name one payload by its id, or --all.")
    if everything and (file or edit):
        raise click.UsageError("--file and --edit are for one payload.")
    async with office() as parts:
        if everything:
            rows = await parts.ledger.quarantined(limit=MOST)
            chosen = [row for row in reversed(rows) if of in {None, row.source}]
            done = [await release(parts, row, source=source) for row in chosen]
        else:
            row = await _get(parts, quarantine_id or "")
            payload = file.read() if file else _edited(parts, row) if edit else None
            done = [await release(parts, row, payload=payload, source=source)]
    _say(done)


@quarantine.command(epilog=say.example("bridge quarantine drop 01JD…"))
@click.argument("quarantine_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@on_loop
async def drop(quarantine_id: str, *, yes: bool) -> None:
    """Throw one away for good."""
    async with office() as parts:
        row = await _get(parts, quarantine_id)
        if not yes:
            click.confirm(f"Throw away what {row.source} sent ({row.reason})?", abort=True)
        await parts.ledger.quarantine_drop(quarantine_id)
    click.echo(f"{quarantine_id} is gone.")


def _edited(parts: Parts, row: QuarantineRow) -> bytes:
    text = click.edit(parts.vault.unseal(row.sealed).decode(errors="replace"), extension=".json")
    if text is None:
        raise say.Refused("Nothing was changed, so nothing was released.")
    return text.encode()


def _say(done: list[Released]) -> None:
    """Exit code 1 where one of them stays."""
    for one in done:
        if one.accepted:
            click.echo(f"{one.accepted.lead_id or one.quarantine_id}  {one.accepted.status}")
        elif len(done) == 1:
            raise say.Refused(f"Still not understood: {one.why}")
        else:
            click.echo(f"{one.quarantine_id}  still not understood: {one.why}", err=True)
    if not done:
        raise say.Refused("The quarantine has nothing of that.")
    if not all(one.accepted for one in done):
        raise click.exceptions.Exit(1)


async def _get(parts: Parts, quarantine_id: str) -> QuarantineRow:
    row = await parts.ledger.quarantine_get(quarantine_id)
    if row is None:
        raise say.Refused(f"Nothing in quarantine is called {quarantine_id}.")
    return row
