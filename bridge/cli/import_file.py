"""`bridge import leads.csv`: a file of leads through the front door, with a verdict a row."""

import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click
import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from bridge import intake, phones, routing
from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.intake.files import FileError, LeadFile, Row
from bridge.intake.values import UnreadableError
from bridge.pipeline import Accepted, Acceptor, Intake, Parts, expected
from bridge.routing import Source

CHUNK = 1024 * 1024
BATCH = 200  # rows that go to the ledger in one round trip
SHOWN = 20  # rows that a dry run prints; all of them stand in the verdicts


@click.command("import", epilog=say.example("bridge import leads.csv --source web --dry-run"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="A [sources] table of the routing file.")
@click.option("--map", "mapping", type=click.File("rb"), help='TOML: "their column" = "our field".')
@click.option("--dry-run", is_flag=True, help="Send nothing; show what each row would become.")
@on_loop
async def import_file(file: Path, *, source: str, mapping: IO[bytes] | None, dry_run: bool) -> None:
    """Take in CSV or JSONL (.gz too). Killed and started again, it goes on where it was.

    Each row's verdict is a line of FILE.verdicts.jsonl. Exit code 1 where rows were refused.
    """
    leads = LeadFile(file, names=_names(mapping))
    async with office() as parts:
        known = parts.routing.sources.get(source)
        if known is None:
            names = ", ".join(parts.routing.sources)
            raise say.Refused(f"No source {source}; the routing file has {names or 'none'}.")
        try:
            counts = await (_rehearse if dry_run else _take_in)(parts, known, leads)
        except FileError as error:
            raise say.Refused(str(error)) from None
    words = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    click.echo(f"{counts.total()} rows: {words or 'none'}. Verdicts: {_verdicts(leads)}")
    if counts["quarantined"] or counts["refused"]:
        raise click.exceptions.Exit(1)


def _names(mapping: IO[bytes] | None) -> dict[str, str]:
    if mapping is None:
        return {}
    try:
        return {str(theirs): str(ours) for theirs, ours in tomllib.load(mapping).items()}
    except tomllib.TOMLDecodeError as error:
        raise click.UsageError(f"{mapping.name} is not TOML: {error}") from None


def _verdicts(leads: LeadFile) -> Path:
    return leads.path.with_name(leads.path.name + ".verdicts.jsonl")


async def _take_in(parts: Parts, source: Source, leads: LeadFile) -> Counter[str]:
    acceptor = Acceptor(parts)
    verdicts = _verdicts(leads)
    done = _known(verdicts)
    counts: Counter[str] = Counter()
    with verdicts.open("ab") as out, _progress(leads) as progress:
        task = progress.add_task("Taking in", total=leads.size, rows="")
        rows, began = 0, time.monotonic()
        for batch in _batches(leads, after=done):
            came = [_intake(row, source, leads) for row in batch]
            accepted = await acceptor.accept_many(came)
            lines = [_line(row, one) for row, one in zip(batch, accepted, strict=True)]
            # After the ledger has them: a kill in between only makes them duplicates next time.
            out.write(b"".join(lines))
            out.flush()
            counts.update(one.status for one in accepted)
            rows += len(batch)
            rate = rows / (time.monotonic() - began)
            progress.update(task, completed=leads.position, rows=f"{rows:,} rows, {rate:,.0f}/s")
        progress.update(task, completed=leads.size)
    if done:
        click.echo(f"Went on after row {done}.", err=True)
    return counts


def _known(verdicts: Path) -> int:
    """Rows that have a verdict already; a half line of a killed run is cut off."""
    if not verdicts.exists():
        return 0
    lines = whole = 0
    with verdicts.open("r+b") as file:
        while chunk := file.read(CHUNK):
            lines += chunk.count(b"\n")
            last = chunk.rfind(b"\n")
            if last >= 0:
                whole = file.tell() - len(chunk) + last + 1
        file.truncate(whole)
    return lines


def _batches(leads: LeadFile, *, after: int = 0) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in leads.rows():
        if row.number <= after:
            continue
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _intake(row: Row, source: Source, leads: LeadFile) -> Intake:
    shape: intake.Shape | None = "form" if leads.kind == "csv" else None
    return Intake(payload=row.payload, source=source.name, way="file", shape=shape)


def _line(row: Row, accepted: Accepted) -> bytes:
    verdict: dict[str, Any] = {
        "row": row.number,
        "status": accepted.status,
        "lead_id": accepted.lead_id,
    }
    if accepted.problems:
        verdict["quarantine_id"] = accepted.quarantine_id
        verdict["errors"] = [one.model_dump(exclude={"kind"}) for one in accepted.problems]
    return orjson.dumps(verdict) + b"\n"


async def _rehearse(parts: Parts, source: Source, leads: LeadFile) -> Counter[str]:
    """What would be sent where, and what each phone became; nothing is stored or sent."""
    counts: Counter[str] = Counter()
    shown: list[dict[str, Any]] = []
    with _verdicts(leads).with_suffix(".dry.jsonl").open("wb") as out:
        for batch in _batches(leads):
            for row in batch:
                verdict = _rehearsed(parts, source, leads, row)
                counts[verdict["status"]] += 1
                out.write(orjson.dumps(verdict) + b"\n")
                shown += [verdict] if len(shown) < SHOWN else []
    columns = ("row", "status", "phones", "deliver_to", "why")
    say.rows(shown, columns, as_json=False, empty="The file has no rows.")
    return counts


def _rehearsed(parts: Parts, source: Source, leads: LeadFile, row: Row) -> dict[str, Any]:
    shape: intake.Shape = "form" if leads.kind == "csv" else source.format
    try:
        parsed = intake.parse(row.payload, shape=shape, expected=expected(source))
    except UnreadableError as error:
        return {"row": row.number, "status": "refused", "why": str(error)}
    if isinstance(parsed, intake.Milestone):
        return {"row": row.number, "status": "milestone", "why": parsed.kind}
    region = parsed.lead.country or source.country
    numbers = [phones.normalize(one.number, region) for one in parsed.lead.person.phones]
    routed = routing.route(
        parsed.lead, source.name, parts.routing, parts.offices.of(source.lookups)
    )
    return {
        "row": row.number,
        "status": "would be sent" if routed.picks else "unrouted",
        "phones": ", ".join(one.e164 or f"{one.raw}: {one.status}" for one in numbers),
        "deliver_to": ", ".join(pick.destination.name for pick in routed.picks),
        "why": "; ".join(parsed.notes),
    }


def _progress(leads: LeadFile) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn(f"{leads.path.name}"),
        BarColumn(),
        TaskProgressColumn(show_speed=False),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
        console=console,
        transient=not console.is_terminal,
    )
