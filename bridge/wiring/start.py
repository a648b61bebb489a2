"""Settings, routing file and keys, read once; what cannot be used stops the start in words."""

import contextlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import settings as environment
from bridge import routing
from bridge.connectors import VENDORS
from bridge.delivery import embedded
from bridge.delivery.address import AddressError, sentinels
from bridge.delivery.vault import Vault, new_key
from bridge.routing import ConfigError, Routing

log = logging.getLogger("bridge.start")


class StartError(Exception):
    """The bridge cannot start; the text tells a person what to mend. `code`: the exit code."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Settings with the addresses worked out."""

    settings: environment.Settings
    redis_url: str
    broker_url: str

    @property
    def is_embedded(self) -> bool:
        return self.settings.redis_url is None


for_child = environment.for_child


def read_settings(values: Mapping[str, str] | None = None) -> environment.Settings:
    """From the process's environment, or from these values alone. Raises `StartError`."""
    try:
        return environment.load(values)
    except environment.SettingsError as error:
        raise StartError(str(error)) from None


def read(settings: environment.Settings | None = None) -> Wiring:
    """Where ledger and broker are. Raises `StartError` where nothing says so."""
    known = settings or read_settings()
    if known.redis_url:
        url = known.redis_url.get_secret_value()
    else:
        url = embedded.running(known.data_dir) or ""
    if not url:
        raise StartError(
            f"No ledger: start `bridge up` (its data folder is {known.data_dir}) or set"
            " BRIDGE_REDIS_URL.",
            code=3,
        )
    broker = known.broker.get_secret_value() if known.broker else url
    for variable, address in (("BRIDGE_REDIS_URL", url), ("BRIDGE_BROKER_URL", broker)):
        try:
            sentinels(address)
        except AddressError as error:
            raise StartError(f"{variable} cannot be used: {error}.") from None
    return Wiring(settings=known, redis_url=url, broker_url=broker)


def read_routing(settings: environment.Settings) -> Routing:
    """The routing file, checked whole. Raises `StartError` with every problem on a line."""
    try:
        return routing.load(settings.config, environment=settings.environment, vendors=VENDORS)
    except ConfigError as error:
        raise StartError("\n".join(error.problems)) from None


def vault(settings: environment.Settings) -> Vault:
    """The keys of the environment, else one that is made once and kept in the data folder."""
    if settings.keys:
        return Vault(settings.keys)
    file = settings.data_dir / "encryption.key"
    if settings.redis_url:
        log.warning("keys.generated file=%s hint=set BRIDGE_ENCRYPTION_KEYS", file)
    try:
        return Vault([_kept_key(file)])
    except (OSError, ValueError) as error:
        raise StartError(f"The encryption key in {file} cannot be used: {error}.") from None


def _kept_key(file: Path) -> bytes:
    """Made by whoever comes first; a link appears whole or not at all."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(new_key())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_bytes()
