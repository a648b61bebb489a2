"""What a HomeQ account may set. HomeQ's page names hardly any path, so none is made up here."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from bridge.connectors.base import AccountSettings


def _path(value: str) -> str:
    if not value.startswith("/") or "?" in value or ".." in value:
        raise ValueError("is a path such as /api/v2/tokens/")
    return value


def _with_id(value: str) -> str:
    if value.count("{id}") != 1:
        raise ValueError("has {id} where the number stands")
    return _path(value)


Path = Annotated[str, AfterValidator(_path)]
IdPath = Annotated[str, AfterValidator(_with_id)]


class Paths(BaseModel):
    """Where each call is, as HomeQ told the landlord (FACTS 1C.2); what is left out is off.

    Whether a path ends in a slash is part of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    login: Path | None = None
    verify: Path | None = None
    apartment: IdPath | None = None
    listing: IdPath | None = None
    project: IdPath | None = None
    inventory: Path | None = None
    agreements: Path | None = None
    offices: Path | None = None


class HomeqAccount(AccountSettings):
    username: str = Field(min_length=1)  # of an API user: nobody can answer BankID here (H-T22)
    password: SecretStr = Field(min_length=1)
    paths: Paths = Paths()

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if self.paths.model_dump(exclude_none=True) and self.paths.login is None:
            raise ValueError("paths.login is needed for every other path")
        return self
