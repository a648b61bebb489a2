"""bridge.toml → `Routing`, checked whole: every mistake is told at once, by table and key."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.routing.config import ConfigError, Routing, VendorSpec
from bridge.routing.reader import Reader


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
        return Reader(environment, vendors).read(_tree(text, file))
    except RecursionError:
        raise ConfigError([f"{file} is nested too deeply."]) from None


def _tree(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file} is not valid TOML: {error}."]) from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise ConfigError([f"{file} has a number that is too long to read."]) from None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            [f"There is no routing file {file}: copy bridge.example.toml, or set BRIDGE_CONFIG."],
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            [f"{file} is not UTF-8, as TOML is: the byte at {error.start}."]
        ) from None
    except OSError as error:
        raise ConfigError([f"{file} cannot be read: {error.strerror}."]) from None
