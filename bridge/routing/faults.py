"""How a mistake in the routing file is told: one sentence, with its table and key.

A value that came from the environment may be a secret, so it is never quoted.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from bridge.leads import fields_at

QUOTED = 64  # characters of a value that a sentence shows


class Faults:
    """Collects sentences, so that all mistakes are told at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.sentences: list[str] = []
        self._environment = environment
        self._hidden: set[str] = set()
        self._unset: set[tuple[str, str]] = set()

    def filled(self, where: str, value: Any, key: str = "") -> Any:
        """`value` with each `$NAME` in it replaced; a name that is not set is told."""
        if isinstance(value, dict):
            return {k: self.filled(where, v, f"{key}.{k}".strip(".")) for k, v in value.items()}
        if isinstance(value, list):
            return [self.filled(where, one, key) for one in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        return value[1:] if value.startswith("$$") else self._variable(where, key, value[1:])

    def _variable(self, where: str, key: str, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            self.say(where, key, f"${name} is not set in the environment")
            self._unset.add((where, key))
            value = f"unset-{name}"
        self._hidden.add(value)
        return value

    def say(self, where: str, key: str, text: str) -> None:
        """What else is wrong with a key whose variable is not set follows from that."""
        parts = key.split(".")
        above = (".".join(parts[:n]) for n in range(len(parts) + 1))
        if any((where, one) in self._unset for one in above):
            return
        stop = "?" if "did you mean" in text else "."
        self.sentences.append(f"{where} {key}: {text}{stop}" if key else f"{where}: {text}{stop}")

    def say_unknown(
        self, where: str, key: str, given: object, what: str, known: Iterable[str]
    ) -> None:
        """`given` names nothing that there is: the nearest name, or all of them."""
        names = list(known)
        if given is None:
            self.say(where, key, f"is required; one of {', '.join(names) or 'none yet'}")
        else:
            self.say(where, key, f"{self._quoted(given)} is no {what}{hint(given, names)}")

    def say_invalid(
        self,
        where: str,
        error: ValidationError,
        what: str,
        models: tuple[type[BaseModel], ...],
    ) -> None:
        """`models`: whose settings may stand in the table, the one that failed first."""
        for fault in error.errors(include_input=False, include_url=False):
            key = ".".join(str(part) for part in fault["loc"])
            self.say(where, key, _sentence(dict(fault), what, models))

    def _quoted(self, given: object) -> str:
        if isinstance(given, str) and given not in self._hidden:
            return f"`{given[:QUOTED]}`"
        return "what stands there"


def hint(given: object, known: Iterable[str]) -> str:
    """The nearest name, else all there are."""
    names = list(known)
    near = get_close_matches(str(given), names, n=1, cutoff=0.5)
    if near:
        return f"; did you mean `{near[0]}`"
    return f"; known are {', '.join(names)}" if names else ""


def _sentence(fault: dict[str, Any], what: str, models: tuple[type[BaseModel], ...]) -> str:
    match fault["type"]:
        case "missing":
            return f"is required for {what}"
        case "extra_forbidden":
            *outer, name = fault["loc"]
            at_top = models if not outer else models[:1]
            allowed = [one for model in at_top for one in fields_at(tuple(outer), model)]
            return f"is not a setting of {what}{hint(name, allowed)}"
        case _:
            text = str(fault["msg"]).removeprefix("Value error, ")
            return text[:1].lower() + text[1:]
