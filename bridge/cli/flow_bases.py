"""`bridge flow bases`: processing bases to choose from."""

from typing import get_args

import click

from bridge.cli import say
from bridge.cli.flow_office import asking, looking
from bridge.cli.office import office, on_loop
from bridge.connectors.flow import catalogue
from bridge.connectors.flow.bases import display_types as shown_at
from bridge.connectors.flow.settings import Category, DisplayType

COLUMNS = ("guid", "usable", "category", "system_type", "display_types", "description")


@click.command(epilog=say.example("bridge flow bases flow-acme --category SpecificCase"))
@click.argument("account")
@click.option("--category", type=click.Choice([str(one) for one in Category]))
@click.option(
    "--display-type",
    "display_types",
    multiple=True,
    type=click.Choice(get_args(DisplayType)),
    help="With --category: shown at one of these; may be given again.",
)
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def bases(
    account: str, *, category: str | None, display_types: tuple[str, ...], as_json: bool
) -> None:
    """Processing bases of ACCOUNT, those that may be used first.

    Without --category every active one; with it also those that may not be used, and why. The GUID
    goes into a destination: processing_bases = { guids = ["…"] }.
    """
    if display_types and not category:
        raise click.UsageError("--display-type needs a --category beside it.")
    async with office() as parts:
        with asking("Processing bases"):
            found = await looking(parts, account).bases(category, display_types)
    shown = sorted(map(_flat, found), key=lambda row: row["usable"] != "yes")
    say.rows(shown, COLUMNS, as_json=as_json, empty="Flow has no such processing basis.")


def _flat(basis: catalogue.Basis) -> dict[str, object]:
    return {
        "guid": basis.get("Guid"),
        "usable": catalogue.fault(basis) or "yes",
        "category": catalogue.category(basis),
        "system_type": catalogue.system_type(basis),
        "display_types": ", ".join(shown_at(basis)),
        "description": basis.get("Description"),
        "newest": basis.get("IsNewestVersion"),
        "active": basis.get("IsActive"),
        "may_be_contacted": basis.get("CanBeContacted"),
        "type": basis.get("Type"),
        "version": basis.get("Version"),
    }
