"""bridge.toml → `Routing`, checked whole: every mistake is told at once, by table and key."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from bridge.routing import crosschecks
from bridge.routing.config import (
    Account,
    ConfigError,
    Destination,
    Route,
    Routing,
    Source,
    VendorSpec,
)
from bridge.routing.tables import (
    NAME,
    AccountTable,
    DestinationTable,
    RouteTable,
    SourceTable,
)

T = TypeVar("T", bound=BaseModel)
TOP = ("sources", "accounts", "destinations", "routes")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def load(
    file: Path, *, environment: Mapping[str, str], vendors: Mapping[str, VendorSpec]
) -> Routing:
    """Raises `ConfigError`. `environment` gives the values of `$NAME`."""
    return loads(_read(file), environment=environment, vendors=vendors, file=str(file))


def loads(
    text: str,
    *,
    environment: Mapping[str, str],
    vendors: Mapping[str, VendorSpec],
    file: str = "bridge.toml",
) -> Routing:
    """As `load`, from a text."""
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError([f"{file} is not valid TOML: {error}."]) from None
    reader = _Reader(environment, vendors)
    routing = reader.read(tree)
    problems = reader.problems or list(crosschecks.problems(routing))
    if problems:
        raise ConfigError(problems)
    return routing


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            [f"There is no routing file {file}: copy bridge.example.toml, or set BRIDGE_CONFIG."],
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{file} cannot be read: {error}."]) from None


class _Reader:
    """Reads table by table and goes on after a mistake, so that all are told at once."""

    def __init__(self, environment: Mapping[str, str], vendors: Mapping[str, VendorSpec]) -> None:
        self._environment = environment
        self._vendors = vendors
        self.problems: list[str] = []

    def read(self, tree: Mapping[str, Any]) -> Routing:
        for name in tree:
            if name not in TOP:
                self._say("the file", name, f"is no table of a routing file{_hint(name, TOP)}")
        accounts = dict(self._accounts(self._tables(tree, "accounts")))
        return Routing(
            sources=dict(self._sources(self._tables(tree, "sources"))),
            accounts=accounts,
            destinations=dict(self._destinations(self._tables(tree, "destinations"), accounts)),
            routes=tuple(self._routes(tree.get("routes", []))),
        )

    def _tables(self, tree: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each named table, with `$NAME` replaced."""
        tables = tree.get(kind, {})
        if not isinstance(tables, dict):
            self._say(f"[{kind}]", "", f"is a set of tables, such as [{kind}.acme]")
            return
        for name, table in tables.items():
            where = f"[{kind}.{name}]"
            if not NAME.fullmatch(name):
                self._say(where, "", "a name is made of a-z, 0-9, '-', '_' and '.', up to 64 long")
            elif not isinstance(table, dict):
                self._say(where, "", "is a table, not a single value")
            else:
                yield name, self._filled(where, table)

    def _filled(self, where: str, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: self._filled(where, v, f"{key}.{k}".strip(".")) for k, v in value.items()}
        if isinstance(value, list):
            return [self._filled(where, one, key) for one in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$$"):
            return value[1:]
        if not self._environment.get(value[1:]):
            self._say(where, key, f"{value} is not set in the environment")
        return self._environment.get(value[1:], "") or "unset-" + value[1:]

    def _sources(
        self, tables: Iterable[tuple[str, dict[str, Any]]]
    ) -> Iterator[tuple[str, Source]]:
        for name, table in tables:
            known = self._checked(SourceTable, table, f"[sources.{name}]", "a source")
            if known:
                yield name, Source(name=name, **_values(known))

    def _accounts(
        self, tables: Iterable[tuple[str, dict[str, Any]]]
    ) -> Iterator[tuple[str, Account]]:
        for name, table in tables:
            where = f"[accounts.{name}]"
            vendor = self._vendors.get(str(table.get("vendor", "")))
            if vendor is None:
                self._say_unknown(where, "vendor", table.get("vendor"), self._vendors, "vendor")
                continue
            ours, theirs = _split(table, AccountTable)
            what = f"a {table['vendor']} account"
            common = self._checked(AccountTable, ours, where, what)
            settings = self._checked(vendor.account, theirs, where, what, also=AccountTable)
            if settings and not _is_safe(getattr(settings, "base_url", "https://")):
                self._say(where, "base_url", "must be https (http only on a loopback address)")
            elif common and settings:
                yield name, Account(name=name, settings=settings, **_values(common))

    def _destinations(
        self, tables: Iterable[tuple[str, dict[str, Any]]], accounts: Mapping[str, Account]
    ) -> Iterator[tuple[str, Destination]]:
        for name, table in tables:
            where = f"[destinations.{name}]"
            account = accounts.get(str(table.get("account", "")))
            if account is None:
                self._say_unknown(where, "account", table.get("account"), accounts, "account")
                continue
            actions = self._vendors[account.vendor].actions
            action = actions.get(str(table.get("action", "")))
            if action is None:
                what = f"action of {account.vendor}"
                self._say_unknown(where, "action", table.get("action"), actions, what)
                continue
            ours, theirs = _split(table, DestinationTable)
            what = f"a {table['action']} destination"
            common = self._checked(DestinationTable, ours, where, what)
            options = self._checked(action, theirs, where, what, also=DestinationTable)
            if common and options:
                values = _values(common)
                values["retry"] = None if common.retry is None else tuple(common.retry)
                values["on_unknown"] = self._on_unknown(where, common.on_unknown, action)
                yield name, Destination(name=name, options=options, **values)

    def _on_unknown(self, where: str, wanted: str | None, action: type[BaseModel]) -> str:
        if wanted == "verify" and not getattr(action, "can_verify", False):
            self._say(
                where, "on_unknown", "this action cannot be read back; use hold or retry_once"
            )
        return wanted or str(getattr(action, "on_unknown_default", "hold"))

    def _routes(self, tables: Any) -> Iterator[Route]:
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            self._say("[[routes]]", "", "each route is a table that begins with [[routes]]")
            return
        for number, table in enumerate(tables, 1):
            where = f"[[routes]] {table.get('name', f'number {number}')}"
            known = self._checked(RouteTable, table, where, "a route")
            if known:
                when = {
                    key: frozenset(str(one) for one in values)
                    for key, values in known.when.model_dump(mode="json").items()
                    if values is not None
                }
                yield Route(
                    name=known.name,
                    when=when,
                    deliver_to=tuple(known.deliver_to),
                    duplicates=known.duplicates,
                )

    def _checked(
        self,
        model: type[T],
        table: Mapping[str, Any],
        where: str,
        what: str,
        also: type[BaseModel] | None = None,
    ) -> T | None:
        try:
            return model.model_validate(table)
        except ValidationError as error:
            allowed = [*model.model_fields, *(also.model_fields if also else ())]
            for fault in error.errors(include_input=False, include_url=False):
                key = ".".join(str(part) for part in fault["loc"])
                self._say(where, key, _sentence(dict(fault), what, allowed))
            return None

    def _say(self, where: str, key: str, text: str) -> None:
        stop = "?" if "did you mean" in text else "."
        self.problems.append(f"{where} {key}: {text}{stop}" if key else f"{where}: {text}{stop}")

    def _say_unknown(
        self, where: str, key: str, given: object, known: Iterable[str], what: str
    ) -> None:
        names = list(known)
        if given is None:
            self._say(where, key, f"is required; one of {', '.join(names) or 'none yet'}")
        else:
            self._say(where, key, f"`{given}` is no {what}{_hint(str(given), names)}")


def _sentence(fault: dict[str, Any], what: str, allowed: list[str]) -> str:
    match fault["type"]:
        case "missing":
            return f"is required for {what}"
        case "extra_forbidden" if len(fault["loc"]) == 1:
            return f"is not a setting of {what}{_hint(str(fault['loc'][0]), allowed)}"
        case "extra_forbidden":
            return f"is not a setting of {what}"
        case _:
            text = str(fault["msg"]).removeprefix("Value error, ")
            return text[:1].lower() + text[1:]


def _hint(given: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(given, names, n=1, cutoff=0.5)
    if near:
        return f"; did you mean `{near[0]}`"
    return f"; known are {', '.join(names)}" if names else ""


def _split(
    table: Mapping[str, Any], ours: type[BaseModel]
) -> tuple[dict[str, Any], dict[str, Any]]:
    mine = {key: value for key, value in table.items() if key in ours.model_fields}
    return mine, {key: value for key, value in table.items() if key not in mine}


def _values(model: BaseModel) -> dict[str, Any]:
    return {name: getattr(model, name) for name in type(model).model_fields}


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # such as half an IPv6 address
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
