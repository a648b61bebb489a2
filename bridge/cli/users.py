"""`bridge users` and `bridge tokens`: who may look, act and decide."""

import getpass
import sys

import click

from bridge.access import ROLES, AccessError, Role, Tokens, Users
from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.pipeline import Parts, views

ROLE = click.Choice(ROLES)


@click.group(epilog=say.example("bridge users list"))
def users() -> None:
    """People who sign in to the console."""


@users.command("add", epilog=say.example("bridge users add eva --role operator"))
@click.argument("name")
@click.option("--role", type=ROLE, default="viewer", show_default=True)
@on_loop
async def add(name: str, *, role: Role) -> None:
    """Make one; the password is asked for, or read from stdin."""
    async with office() as parts:
        try:
            user = await _users(parts).add(name, role, _password())
        except AccessError as error:
            raise say.Refused(str(error)) from None
    click.echo(f"{user.name} may sign in as {user.role}.")


@users.command("list", epilog=say.example("bridge users list --json"))
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(*, limit: int, as_json: bool) -> None:
    """Everybody, with their role."""
    async with office() as parts:
        found = await _users(parts).all()
    shown = [
        {"name": one.name, "role": one.role, "created_at": views.moment(one.created_at)}
        for one in found[:limit]
    ]
    say.rows(shown, ("name", "role", "created_at"), as_json=as_json, empty="No users yet.")


@users.command("role", epilog=say.example("bridge users role eva viewer"))
@click.argument("name")
@click.argument("role", type=ROLE)
@on_loop
async def role_(name: str, role: Role) -> None:
    """Give another role; whoever is signed in by that name is signed out."""
    async with office() as parts:
        try:
            await _users(parts).set_role(name, role)
        except AccessError as error:
            raise say.Refused(str(error)) from None
    click.echo(f"{name} is {role} now.")


@users.command("remove", epilog=say.example("bridge users remove eva"))
@click.argument("name")
@on_loop
async def remove(name: str) -> None:
    """Take one away; whoever is signed in by that name is signed out."""
    async with office() as parts:
        try:
            await _users(parts).remove(name)
        except AccessError as error:
            raise say.Refused(str(error)) from None
    click.echo(f"{name} is gone.")


@users.command("password", epilog=say.example("bridge users password eva"))
@click.argument("name")
@on_loop
async def password_(name: str) -> None:
    """Set another password; whoever is signed in by that name is signed out."""
    async with office() as parts:
        try:
            await _users(parts).set_password(name, _password())
        except AccessError as error:
            raise say.Refused(str(error)) from None
    click.echo(f"{name} has another password.")


@click.group(epilog=say.example("bridge tokens list"))
def tokens() -> None:
    """Tokens of other programs for /v1."""


@tokens.command("create", epilog=say.example("bridge tokens create board --role viewer"))
@click.argument("name")
@click.option("--role", type=ROLE, default="viewer", show_default=True)
@click.option("--source", help="It sees and acts on leads of this source alone.")
@on_loop
async def create(name: str, *, role: Role, source: str | None) -> None:
    """Make one; it is shown now and never again."""
    async with office() as parts:
        if source is not None and source not in parts.routing.sources:
            names = ", ".join(parts.routing.sources)
            raise say.Refused(f"No source {source}; the routing file has {names or 'none'}.")
        _, text = await _tokens(parts).create(name, role, source=source, by=getpass.getuser())
    click.echo(text)


@tokens.command("list", epilog=say.example("bridge tokens list --json"))
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_tokens(*, limit: int, as_json: bool) -> None:
    """Every token; what it is cannot be shown."""
    async with office() as parts:
        found = await _tokens(parts).all()
    columns = ("token_id", "name", "role", "source", "created_at", "created_by")
    shown = [
        one.model_dump(include=set(columns)) | {"created_at": views.moment(one.created_at)}
        for one in found[:limit]
    ]
    say.rows(shown, columns, as_json=as_json, empty="No tokens.")


@tokens.command("revoke", epilog=say.example("bridge tokens revoke 1a2b3c4d"))
@click.argument("token_id")
@on_loop
async def revoke(token_id: str) -> None:
    """From now on it serves nobody."""
    async with office() as parts:
        if not await _tokens(parts).revoke(token_id):
            raise say.Refused(f"No token {token_id}; `bridge tokens list` has their ids.")
    click.echo(f"{token_id} serves nobody now.")


def _users(parts: Parts) -> Users:
    return Users(parts.ledger, parts.clock)


def _tokens(parts: Parts) -> Tokens:
    return Tokens(parts.ledger, parts.clock)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
