"""The only reader of the environment: `BRIDGE_…`, `BRIDGE_…_FILE` and `.env` → frozen `Settings`.

A value that cannot be used stops the start with one sentence that names the variable.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

PREFIX = "BRIDGE_"
KEY_BYTES = 32


class SettingsError(Exception):
    """The environment cannot be used; the text is one sentence for a person."""


class Settings(BaseModel):
    """What the process runs with. Durations are seconds, sizes bytes."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    config: Path = Path("bridge.toml")
    redis_url: SecretStr | None = None  # None: the embedded server
    broker_url: SecretStr | None = None  # None: the same as redis_url
    encryption_keys: tuple[SecretStr, ...] = ()  # base64 of 32 bytes; the first one writes
    data_dir: Path = Path(".bridge")
    replicas: int | None = Field(
        default=None, ge=0, le=10
    )  # that must have a write; None: see there
    allow_volatile: bool = False  # start on a server that does not write to disk all the same
    durability: Literal["always", "everysec"] = "always"  # of the embedded server
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    worker_concurrency: int = Field(default=16, ge=1, le=256)
    lease: float = Field(default=60, ge=1, le=3600)  # how long a silent worker keeps a delivery
    sweep: float = Field(default=1, gt=0, le=60)  # how often a worker looks for forgotten work
    canary: float = Field(default=10, gt=0, le=600)  # how often a worker asks whether it hears
    probe: float = Field(default=300, gt=0)  # how often a paused account is asked again
    identity_window: float = Field(default=30 * 86_400, ge=3600)
    wish_window: float = Field(default=86_400, ge=0)
    retention_payload: float = Field(default=30 * 86_400, gt=0)  # after a lead's last final state
    retention_bodies: float = Field(default=14 * 86_400, gt=0)  # what went over the wire
    retention_held: float = Field(default=180 * 86_400, gt=0)  # until what nobody acts on expires
    retention_quarantine: float = Field(default=30 * 86_400, gt=0)
    retention_identities: float = Field(default=90 * 86_400, gt=0)  # tombstones of erased leads
    retention_every: float = Field(default=60, gt=0)  # between two looks, over all workers
    alarm_every: float = Field(default=15, gt=0)  # between two looks for what is the matter
    order_every: float = Field(default=15, gt=0)  # between two looks at Core's orders
    nightly_every: float = Field(default=60, gt=0)  # looks whether an account's nightly look is due
    api_token: SecretStr | None = Field(default=None, min_length=16)  # /v1/leads, /v1/deliveries
    trusted_proxies: str = ""  # addresses or networks whose X-Forwarded-… are believed
    proxy: str | None = None  # for calls to vendors; none is taken from elsewhere
    environment: Mapping[str, str] = Field(default={}, repr=False)  # for `$NAME` in bridge.toml

    @field_validator("encryption_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @field_validator("encryption_keys")
    @classmethod
    def _keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            try:
                raw = base64.b64decode(key.get_secret_value(), validate=True)
            except binascii.Error:
                raw = b""
            if len(raw) != KEY_BYTES:
                raise ValueError("each key must be the base64 of 32 bytes: openssl rand -base64 32")
        return keys

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("redis_url", "broker_url", "api_token", "proxy", mode="before")
    @classmethod
    def _blank(cls, value: object) -> object:
        return value or None

    @property
    def broker(self) -> SecretStr | None:
        return self.broker_url or self.redis_url

    @property
    def replicas_needed(self) -> int:
        """One behind Sentinel, where a failover would forget what no replica has; else none."""
        if self.replicas is not None:
            return self.replicas
        url = self.redis_url.get_secret_value() if self.redis_url else ""
        return 1 if url.startswith("sentinel://") else 0

    @property
    def keys(self) -> tuple[bytes, ...]:
        return tuple(base64.b64decode(key.get_secret_value()) for key in self.encryption_keys)


def load(environ: Mapping[str, str] | None = None, dotenv: Path | None = None) -> Settings:
    """Read once; the process environment goes before `.env`, a value before its `…_FILE`.

    Raises `SettingsError`.
    """
    real = os.environ if environ is None else environ
    file = Path(".env") if dotenv is None else dotenv
    values = {k: v for k, v in dotenv_values(file).items() if v is not None} | dict(real)
    values |= {k.removesuffix("_FILE"): v for k, v in _files(values)}
    names = {PREFIX + field.upper(): field for field in Settings.model_fields}
    given = {field: values[name] for name, field in names.items() if values.get(name)}
    try:
        return Settings.model_validate({**given, "environment": values})
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        text = str(fault["msg"]).removeprefix("Value error, ")
        name = PREFIX + str(fault["loc"][0]).upper()
        raise SettingsError(f"{name} cannot be used: {text}.") from None


def for_child(**overrides: str) -> dict[str, str]:
    """The environment of a process that we start, `BRIDGE_` names added or replaced."""
    return {**os.environ, **{PREFIX + name.upper(): value for name, value in overrides.items()}}


def _files(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Docker and systemd hand secrets over as files: `NAME_FILE` holds the path."""
    found = []
    for name, path in values.items():
        plain = name.removesuffix("_FILE")
        if not name.startswith(PREFIX) or plain in {name, *values}:
            continue
        try:
            found.append((name, Path(path).read_text(encoding="utf-8").strip()))
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name} names a file that cannot be read: {path}.") from error
    return found
