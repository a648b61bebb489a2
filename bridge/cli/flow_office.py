"""What the commands of `bridge flow` share: the account, a case's name, faults as sentences."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bridge.cli import say
from bridge.connectors.base import LookUpError
from bridge.connectors.flow.asking import RefusedError
from bridge.connectors.flow.connector import Flow
from bridge.connectors.flow.looking import Looking
from bridge.connectors.flow.odata import Listing, Row
from bridge.pipeline import Parts


class CaseName(click.ParamType[int | UUID]):
    """A case's number, or its GUID (F-T1)."""

    name = "case"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | UUID:
        if isinstance(value, int | UUID):
            return value
        text = str(value).strip()
        if text.isascii() and text.isdecimal() and int(text):
            return int(text)
        try:
            return UUID(text)
        except ValueError:
            self.fail(f"{text!r} is neither a case's number nor its GUID", param, ctx)


def looking(parts: Parts, account: str) -> Looking:
    """Raises `say.Refused`."""
    connector: object = parts.connectors.get(account)
    if not isinstance(connector, Flow):
        known = [name for name, one in parts.routing.accounts.items() if one.vendor == "flow"]
        what = "is no account of vendor flow" if connector else "is no account"
        raise say.Refused(f"{account} {what}; the routing file has {', '.join(known) or 'none'}.")
    return connector.looking


async def number(at_flow: Looking, case: int | UUID) -> int:
    """Raises `say.Refused` where Flow has no such case."""
    found = await at_flow.number(case)
    if found is None:
        raise say.Refused(f"Flow has no case {case}.")
    return found


@contextmanager
def asking(what: str) -> Iterator[None]:
    """A refusal is exit code 1 with Flow's words; a Flow that cannot be asked is 3."""
    try:
        yield
    except RefusedError as error:
        raise say.Refused(f"{what}: {error}.") from None
    except LookUpError as error:
        click.echo(f"{what}: {error}.", err=True)
        raise click.exceptions.Exit(say.UNREACHABLE) from None


async def gathered(
    listing: Listing, what: str, limit: int, fits: Callable[[Row], bool] = lambda _: True
) -> list[Row]:
    """The rows that fit, page by page, with progress; a line tells when there are more."""
    rows: list[Row] = []
    seen, more = 0, False
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(what)
        async for row in listing:
            seen += 1
            of = f" of {listing.count}" if listing.count is not None else ""
            progress.update(task, description=f"{what}: {seen}{of}")
            if not fits(row):
                continue
            if len(rows) == limit:
                more = True
                break
            rows.append(row)
    if more:
        there = f"{listing.count} are there" if listing.count is not None else "there are more"
        click.echo(f"The first {limit} are shown, {there}: --limit shows more.", err=True)
    return rows
