"""`bridge flow roles` and `bridge flow employees`."""

from functools import partial
from uuid import UUID

import click

from bridge.cli import say
from bridge.cli.flow_office import CaseName, asking, gathered, looking, number
from bridge.cli.office import office, on_loop
from bridge.connectors.flow.looking import ADDRESS, fits, name

ROLE = ("type", "contact_id", "is_deceased")
EMPLOYEE = ("employee_id", "name", "email", "telephone", "active")


@click.command(epilog=say.example("bridge flow roles flow-acme 48213 --type Broker"))
@click.argument("account")
@click.argument("case_id", type=CaseName())
@click.option(
    "--type",
    "types",
    multiple=True,
    help="Such as Broker, Seller, Stakeholder; or sellers, buyers for all of that side.",
)
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def roles(
    account: str, case_id: int | UUID, *, types: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """Who has which role on case CASE_ID (its number or GUID), by contact number alone."""
    async with office() as parts:
        at_flow = looking(parts, account)
        with asking(f"Roles of case {case_id}"):
            case = await number(at_flow, case_id)
            found = await gathered(at_flow.roles(case, types), "Roles", limit)
    shown = [
        {"type": row.get("Type"), "contact_id": row.get("ContactId")}
        | {"is_deceased": row.get("IsDeceased")}
        for row in found
    ]
    say.rows(shown, ROLE, as_json=as_json, empty=f"Nobody has such a role on case {case_id}.")


@click.command(epilog=say.example("bridge flow employees flow-acme --search megler --json"))
@click.argument("account")
@click.option("--search", default="", help="An e-mail address, or words of name, e-mail or phone.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def employees(account: str, *, search: str, limit: int, as_json: bool) -> None:
    """The people who work at ACCOUNT's agency, as Core knows them."""
    search = search.strip()
    async with office() as parts:
        at_flow = looking(parts, account)
        with asking("Employees"):
            found = []
            if ADDRESS.fullmatch(search):  # exactly as Flow has it, which is one call
                found = await gathered(at_flow.employees(search), "Employees", limit)
            if not found:
                everybody = at_flow.employees()
                fit = partial(fits, words=search)
                found = await gathered(everybody, "Employees", limit, fit)
    shown = [
        {
            "employee_id": row.get("Id"),
            "name": name(row),
            "email": row.get("Email"),
            "telephone": row.get("Telephone"),
            "active": row.get("Active"),
        }
        for row in found
    ]
    say.rows(shown, EMPLOYEE, as_json=as_json, empty="Flow has no such employee.")
