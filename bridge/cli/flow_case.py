"""`bridge flow case` and `bridge flow publications`."""

import json
from uuid import UUID

import click

from bridge.cli import say
from bridge.cli.flow_office import CaseName, asking, gathered, looking, number
from bridge.cli.office import office, on_loop
from bridge.cli.properties import put, say_going
from bridge.connectors.base import LookUpError
from bridge.connectors.flow.cases import Case
from bridge.connectors.flow.looking import Looking

PUBLICATION = ("case_id", "provider", "status", "publish_separately")
MOST = 1000  # publications of one case


@click.command(epilog=say.example("bridge flow case flow-acme 48213 --save AF43CD7U"))
@click.argument("account")
@click.argument("case", type=CaseName())
@click.option("--save", metavar="REFERENCE", help="Put both names into the property directory.")
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def case(account: str, case: int | UUID, *, save: str | None, as_json: bool) -> None:
    """A case by its number or GUID: both names, what it is, and its main image's address."""
    async with office() as parts:
        at_flow = looking(parts, account)
        with asking(f"Case {case}"):
            found = await at_flow.case(case)
            if found is None:
                raise say.Refused(f"Flow has no case {case}.")
        shown = _flat(found) | {"image": await _image(at_flow, found.case_id)}
        if as_json:
            click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        else:
            for name, value in shown.items():
                if value is not None and value != "":
                    click.echo(f"{name.replace('_', ' '):<13} {value}")
        if save is not None:
            ids = {"case_guid": shown["case_guid"], "case_id": found.case_id}
            going = await put(parts, save, ids)
            click.echo(f"{save} is known.", err=as_json)
            say_going(going, err=as_json)


@click.command(epilog=say.example("bridge flow publications flow-acme 48213 48214"))
@click.argument("account")
@click.argument("cases", metavar="CASE…", nargs=-1, required=True, type=CaseName())
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def publications(account: str, cases: tuple[int | UUID, ...], *, as_json: bool) -> None:
    """Where each CASE (number or GUID) is published. Nothing is published by asking."""
    shown = []
    async with office() as parts:
        at_flow = looking(parts, account)
        for name in cases:
            with asking(f"Publications of case {name}"):
                case_id = await number(at_flow, name)
                rows = await gathered(at_flow.publications(case_id), f"Case {case_id}", MOST)
            shown += [
                {
                    "case_id": case_id,
                    "provider": row.get("ProviderName"),
                    "status": row.get("Status"),
                    "publish_separately": row.get("PublishSeparately"),
                }
                for row in rows
            ]
    say.rows(shown, PUBLICATION, as_json=as_json, empty="Not published anywhere.")


async def _image(at_flow: Looking, case_id: int) -> str | None:
    """A case is worth showing without it."""
    try:
        return await at_flow.image_address(case_id)
    except LookUpError as error:
        click.echo(f"Its main image: {error}.", err=True)
        return None


def _flat(found: Case) -> dict[str, object]:
    row = found.row
    return {
        "case_id": found.case_id,
        "case_guid": str(found.case_guid) if found.case_guid else None,
        "address": row.get("Address"),
        "municipality": row.get("Municipality"),
        "office": row.get("Office"),
        "broker": row.get("BrokerName"),
        "status": row.get("Status"),
        "assignment": row.get("AssignmentType"),
        "category": row.get("CaseCategoryType"),
        "bid_accepted": row.get("BidAcceptedDate"),
    }
