"""The tables of the routing file → values; it goes on after a mistake."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from bridge.routing import crosschecks
from bridge.routing.config import (
    Account,
    Alarms,
    ConfigError,
    Destination,
    Route,
    Routing,
    Source,
    VendorSpec,
)
from bridge.routing.faults import Faults, hint
from bridge.routing.tables import (
    NAME,
    NAME_RULE,
    AccountTable,
    AlarmsTable,
    DestinationTable,
    RouteTable,
    SourceTable,
)

T = TypeVar("T", bound=BaseModel)
TableOf = dict[str, Any]
TOP = ("sources", "accounts", "destinations", "routes", "alarms")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Reader:
    """Reads one file. `vendors` tells what an account and each of its actions may set."""

    def __init__(self, environment: Mapping[str, str], vendors: Mapping[str, VendorSpec]) -> None:
        self._vendors = vendors
        self._faults = Faults(environment)
        self._vendor_of: dict[str, str | None] = {}  # account → its vendor's name, if it has one

    def read(self, tree: Mapping[str, Any]) -> Routing:
        """Raises `ConfigError`."""
        for name in tree:
            if name not in TOP:
                self._faults.say(
                    "the file", name, f"is no table of a routing file{hint(name, TOP)}"
                )
        routing = Routing(
            sources=dict(self._sources(tree)),
            accounts=dict(self._accounts(tree)),
            destinations=dict(self._destinations(tree)),
            routes=tuple(self._routes(tree.get("routes", []))),
            alarms=self._alarms(tree.get("alarms", {})),
        )
        crosschecks.names(
            routing, _names(tree, "sources"), _names(tree, "destinations"), self._faults
        )
        if not self._faults.sentences:
            crosschecks.order(routing, self._faults)
        if self._faults.sentences:
            raise ConfigError(self._faults.sentences)
        return routing

    def _tables(self, tree: Mapping[str, Any], kind: str) -> Iterator[tuple[str, TableOf]]:
        """Each named table, with `$NAME` replaced."""
        tables = tree.get(kind, {})
        if not isinstance(tables, dict):
            self._faults.say(f"[{kind}]", "", f"is a set of tables, such as [{kind}.acme]")
            return
        for name, table in tables.items():
            where = f"[{kind}.{name}]"
            if not NAME.fullmatch(name):
                self._faults.say(where, "", NAME_RULE)
            elif not isinstance(table, dict):
                self._faults.say(where, "", "is a table, not a single value")
            else:
                yield name, self._faults.filled(where, table)

    def _sources(self, tree: Mapping[str, Any]) -> Iterator[tuple[str, Source]]:
        for name, table in self._tables(tree, "sources"):
            known = self._checked(SourceTable, table, f"[sources.{name}]", "a source")
            if known:
                yield name, Source(name=name, **_values(known))

    def _accounts(self, tree: Mapping[str, Any]) -> Iterator[tuple[str, Account]]:
        self._vendor_of = dict.fromkeys(_names(tree, "accounts"))
        for name, table in self._tables(tree, "accounts"):
            where = f"[accounts.{name}]"
            vendor = table.get("vendor")
            if not isinstance(vendor, str) or vendor not in self._vendors:
                self._faults.say_unknown(where, "vendor", vendor, "vendor", self._vendors)
                continue
            self._vendor_of[name] = vendor
            ours, theirs = _split(table, AccountTable)
            what, model = f"a {vendor} account", self._vendors[vendor].account
            common = self._checked(AccountTable, ours, where, what)
            settings = self._checked(model, theirs, where, what, also=AccountTable)
            if not _is_safe(theirs.get("base_url")):
                self._faults.say(
                    where, "base_url", "must be https (http only on a loopback address)"
                )
            elif common and settings:
                yield name, Account(name=name, settings=settings, **_values(common))

    def _destinations(self, tree: Mapping[str, Any]) -> Iterator[tuple[str, Destination]]:
        for name, table in self._tables(tree, "destinations"):
            where = f"[destinations.{name}]"
            ours, theirs = _split(table, DestinationTable)
            action = self._action(where, table)
            if action is None:  # what it is for is told already; the rest may be wrong too
                ours.update(account="", action="")
                self._checked(DestinationTable, ours, where, "a destination")
                continue
            what = f"a {table['action']} destination"
            common = self._checked(DestinationTable, ours, where, what)
            options = self._checked(action, theirs, where, what, also=DestinationTable)
            if common and options:
                values = _values(common)
                values["retry"] = None if common.retry is None else tuple(common.retry)
                values["on_unknown"] = self._on_unknown(where, common.on_unknown, options)
                yield name, Destination(name=name, options=options, **values)

    def _action(self, where: str, table: TableOf) -> type[BaseModel] | None:
        """The action's options; an account that is itself at fault still tells its actions."""
        account, given = table.get("account"), table.get("action")
        if not isinstance(account, str) or account not in self._vendor_of:
            self._faults.say_unknown(where, "account", account, "account", self._vendor_of)
            return None
        vendor = self._vendor_of[account]
        if vendor is None:
            return None
        actions = self._vendors[vendor].actions
        if not isinstance(given, str) or given not in actions:
            self._faults.say_unknown(where, "action", given, f"action of {vendor}", actions)
            return None
        return actions[given]

    def _on_unknown(self, where: str, wanted: str | None, options: BaseModel) -> str:
        if wanted == "verify" and not getattr(options, "can_verify", False):
            self._faults.say(
                where, "on_unknown", "this action cannot be read back; use hold or retry_once"
            )
        unless_said = getattr(options, "unless_said", None)
        return wanted or str(unless_said() if unless_said else "hold")

    def _alarms(self, table: Any) -> Alarms:
        where = "[alarms]"
        if not isinstance(table, dict):
            self._faults.say(where, "", "is a table, not a single value")
            return Alarms()
        known = self._checked(AlarmsTable, self._faults.filled(where, table), where, "an alarm")
        if known is None:
            return Alarms()
        if not _is_safe(known.webhook):
            self._faults.say(where, "webhook", "must be https (http only on a loopback address)")
        if bool(known.webhook) != bool(known.webhook_secret):
            self._faults.say(where, "webhook_secret", "goes with webhook: give both, or none")
        if bool(known.smtp) != bool(known.email_to and known.email_from):
            self._faults.say(where, "smtp", "goes with email_from and email_to: give all, or none")
        if known.smtp and not known.smtp.get_secret_value().startswith(("smtp://", "smtps://")):
            self._faults.say(where, "smtp", "is smtp://user:password@host:587, or smtps://")
        return Alarms(**{**_values(known), "email_to": tuple(known.email_to or ())})

    def _routes(self, tables: Any) -> Iterator[Route]:
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            self._faults.say("[[routes]]", "", "each route is a table that begins with [[routes]]")
            return
        for number, table in enumerate(tables, 1):
            name = table.get("name")
            named = isinstance(name, str) and NAME.fullmatch(name)
            where = f"[[routes]] {name if named else f'number {number}'}"
            known = self._checked(RouteTable, self._faults.filled(where, table), where, "a route")
            if known:
                yield Route(
                    name=known.name,
                    when=known.when.wanted(),
                    deliver_to=tuple(known.deliver_to),
                    duplicates=known.duplicates,
                )

    def _checked(
        self,
        model: type[T],
        table: TableOf,
        where: str,
        what: str,
        also: type[BaseModel] | None = None,
    ) -> T | None:
        """`also`: whose settings stand in the same table."""
        try:
            return model.model_validate(table)
        except ValidationError as error:
            self._faults.say_invalid(where, error, what, (model, also) if also else (model,))
            return None


def _names(tree: Mapping[str, Any], kind: str) -> list[str]:
    """Every name that the file gives, whether its table is right or not."""
    tables = tree.get(kind)
    return list(tables) if isinstance(tables, dict) else []


def _split(table: TableOf, ours: type[BaseModel]) -> tuple[TableOf, TableOf]:
    mine = {key: value for key, value in table.items() if key in ours.model_fields}
    return mine, {key: value for key, value in table.items() if key not in mine}


def _values(model: BaseModel) -> dict[str, Any]:
    return {name: getattr(model, name) for name in type(model).model_fields}


def _is_safe(url: object) -> bool:
    """What is no text, or is not there, is for the vendor's own model to refuse."""
    if not isinstance(url, str):
        return True
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # such as half an IPv6 address
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
