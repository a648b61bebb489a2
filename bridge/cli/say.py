"""How commands speak: tables for people, `--json` for programs, a sentence for a fault."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

import click
from rich.console import Console
from rich.table import Table

from bridge.delivery.ledger import LedgerError
from bridge.wiring import StartError

PIPE = 240
KNOWN = (StartError, LedgerError)  # faults whose text is a sentence for a person
STATE_MARKS: Mapping[str, str] = {  # told by word, mark and colour, never by colour alone
    "delivered": "[green]✓ delivered[/]",
    "pending": "· pending",
    "sending": "→ sending",
    "retrying": "[yellow]↻ retrying[/]",
    "waiting": "[yellow]… waiting[/]",
    "unknown": "[magenta]? unknown[/]",
    "held": "[magenta]‖ held[/]",
    "rejected": "[red]✗ rejected[/]",
    "expired": "[red]✗ expired[/]",
    "cancelled": "[dim]- cancelled[/]",
    "skipped": "[dim]- skipped[/]",
}


UNREACHABLE = 3  # exit code: the ledger or a vendor cannot be reached


def example(*lines: str) -> str:
    """The epilog that every command's --help ends with."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


class Refused(click.ClickException):
    """What was asked cannot be done; one sentence, exit code 1."""

    exit_code = 1


def rows(
    found: Sequence[Mapping[str, object]], columns: Iterable[str], *, as_json: bool, empty: str
) -> None:
    """An array of flat objects, or a table. Exit code 1 where nothing was found."""
    if as_json:
        click.echo(json.dumps(list(found), ensure_ascii=False, indent=2))
    elif found:
        table = Table(box=None, header_style="bold", pad_edge=False)
        names = list(columns)
        for name in names:
            # An id is there to be copied: it stays on one line.
            table.add_column(name.replace("_", " "), overflow="fold", no_wrap=name.endswith("_id"))
        for row in found:
            table.add_row(*(_cell(name, row.get(name)) for name in names))
        # A pipe has no width: nothing is folded for it.
        Console(width=None if sys.stdout.isatty() else PIPE).print(table)
    if not found:
        if not as_json:
            click.echo(empty, err=True)
        raise click.exceptions.Exit(1)


def _cell(name: str, value: object) -> str:
    if value is None or value == "":
        return ""
    if name == "state":
        return STATE_MARKS.get(str(value), str(value))
    return str(value).replace("[", r"\[")
