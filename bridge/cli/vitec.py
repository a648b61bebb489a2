"""`bridge vitec contact`: what Vitec says of contacts, by the references of what was delivered."""

import click
from rich.console import Console

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.connectors.base import LookUpError
from bridge.connectors.vitec import contacts
from bridge.connectors.vitec.connector import Vitec
from bridge.connectors.vitec.contacts import Contact
from bridge.pipeline import Parts

MOST = 400  # ids of one command: 20 calls of the 30 that Vitec is asked for people in a minute
COLUMNS = (
    "contact_id",
    "found",
    "type",
    "agent_id",
    "advertising",
    "deceased",
    "lead_score",
    "marketing",
    "changed_at",
)


@click.group(
    epilog=say.example("bridge vitec contact vitec-acme ADR3ADC7B7B0A9447CA97FCAB43E36B582C")
)
def vitec() -> None:
    """Vitec beside the deliveries."""


@vitec.command(epilog=say.example("bridge vitec contact vitec-acme ADR3ADC7B… ADR8ED7DC7… --json"))
@click.argument("account")
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def contact(account: str, ids: tuple[str, ...], *, as_json: bool) -> None:
    """Ask Vitec whether it has contacts, whose they are, and who wants no advertising.

    ID is the reference of a delivery. Nothing that names the person is shown. Exit code 1 where
    Vitec has none of them.
    """
    if len(ids) > MOST:
        raise say.Refused(f"{len(ids)} ids are too many at once: give at most {MOST}.")
    async with office() as parts:
        connector = _connector(parts, account)
        try:
            with Console(stderr=True).status(f"Asking Vitec about {len(ids)} contacts"):
                found = await connector.contacts(ids, fresh=True)
        except LookUpError as error:
            click.echo(f"{account}: {error}.", err=True)
            raise click.exceptions.Exit(say.UNREACHABLE) from None
    rows = [_row(one, found.known.get(one)) for one in dict.fromkeys(ids)]
    say.rows(rows, COLUMNS, as_json=as_json, empty="No ids.")
    if not found.known:
        raise click.exceptions.Exit(1)


def _connector(parts: Parts, account: str) -> Vitec:
    connector: object = parts.connectors.get(account)
    if not isinstance(connector, Vitec):
        known = [name for name, one in parts.routing.accounts.items() if one.vendor == "vitec"]
        names = ", ".join(known) or "none"
        raise say.Refused(f"{account} is no Vitec account; the routing file has {names}.")
    return connector


def _row(name: str, contact: Contact | None) -> dict[str, object]:
    if contact is None:
        return dict.fromkeys(COLUMNS) | {"contact_id": name, "found": False}
    reason = contacts.stop(contact)
    return {
        "contact_id": name,
        "found": True,
        "type": contact.kind,
        "agent_id": contact.agent_id,
        "advertising": contact.advertising_enabled,
        "deceased": contacts.deceased(contact) or getattr(contact, "is_deceased", None),
        "lead_score": getattr(contact, "lead_score", None),
        "marketing": reason or "allowed",
        "changed_at": contact.changed_at.isoformat() if contact.changed_at else None,
    }
