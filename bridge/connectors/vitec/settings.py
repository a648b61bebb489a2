"""What a Vitec account and its one action may set (FACTS 1B.1, 1B.2)."""

import re
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from bridge.connectors.base import AccountSettings, ActionOptions, Parcel, missing
from bridge.leads import Property

NAME_LIMIT = 30  # the model page says 40, the CRM holds 30 (V-T3)


class VitecAccount(AccountSettings):
    customer_id: str = Field(pattern=r"^M\d{1,12}$")  # the office's own id, no group (V-T7)
    username: str = Field(min_length=1)
    password: SecretStr = Field(min_length=1)  # of the Advertising function group (V-T6)
    crm_password: SecretStr | None = None  # of the CRM function group: turns read-back on
    max_name: int = Field(default=NAME_LIMIT, ge=5, le=40)

    @field_validator("customer_id", mode="before")
    @classmethod
    def _strip(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value


class FinalPriceWatched(ActionOptions):
    on_unknown_default: ClassVar[str] = "retry_once"  # the vendor's own advice (FACTS 1B.1)
    can_verify: ClassVar[bool] = True

    prospective_buyer_status: str | None = None  # a name; "Assigned" is the only one known (V-T1)
    lead_source_id: str | None = None
    estate_id: str | None = None  # where leads name none, such as project follows (V-T19)
    last_name_filler: str = Field(default="-", min_length=1, max_length=40)  # V-T4
    send_national_id: bool = False  # V-T17

    def lacks(self, place: Property) -> str:
        known = place.vitec.estate_id or self.estate_id
        return "" if known else missing(place, "Vitec estate id", "--estate-id")

    @field_validator("prospective_buyer_status")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch("[A-Za-z]{1,40}", value):
            raise ValueError("is a name such as Assigned, never a number")
        return value


def options_of(parcel: Parcel) -> FinalPriceWatched:
    if not isinstance(parcel.options, FinalPriceWatched):
        raise TypeError(f"{parcel.action} is no action of Vitec")
    return parcel.options


def estate_of(parcel: Parcel) -> str | None:
    return parcel.lead.property.vitec.estate_id
