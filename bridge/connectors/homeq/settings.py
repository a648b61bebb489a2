"""What a HomeQ account may set. HomeQ's page names hardly any path, so none is made up here."""

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from bridge.connectors.base import AccountSettings, ActionOptions

# Confirm, reject, delete and reset stand next to the useful calls (H-T17): a path that was copied
# from the wrong line of HomeQ's page is refused at the start.
DANGEROUS = re.compile(r"confirm|reject|reset|delete|remove", re.IGNORECASE)


def _path(value: str) -> str:
    if not value.startswith("/") or "?" in value or ".." in value:
        raise ValueError("is a path such as /api/v2/tokens/")
    if DANGEROUS.search(value):
        raise ValueError("names a call that changes things at HomeQ; the bridge never makes it")
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
    verify: Path | None = None  # of a token: the health check
    apartment: IdPath | None = None
    project: IdPath | None = None
    projects: Path | None = None  # the list: the only one whose sample has the external id
    inventory: Path | None = None
    agreements: Path | None = None
    offices: Path | None = None
    employees: Path | None = None
    apartment_notes: IdPath | None = None  # read and written at the same place
    user_notes: Path | None = None  # read: {id} in it, else ?user_profile=
    user_note: Path | None = None  # written


class HomeqAccount(AccountSettings):
    username: str = Field(min_length=1)  # of an API user: nobody can answer BankID here (H-T22)
    password: SecretStr = Field(min_length=1)
    paths: Paths = Paths()
    write_notes: bool = False  # the one thing that is ever written at HomeQ

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if self.paths.model_dump(exclude_none=True) and self.paths.login is None:
            raise ValueError("paths.login is needed for every other path")
        return self


class Note(ActionOptions):
    """A note of the landlord's own, on the flat or on the person; a route gives it an `after`."""

    on_unknown_default: ClassVar[str] = "verify"
    can_verify: ClassVar[bool] = True

    on: Literal["apartment", "user"]
    text: str = Field(default="Skickad till mäklarsystemet.", min_length=1, max_length=2900)
    context: Literal["A", "R"] | None = None  # what the letters mean HomeQ does not say
