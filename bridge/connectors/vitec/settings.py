"""What a Vitec account and its one action may set (FACTS 1B.1, 1B.2)."""

import re
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from bridge.connectors.base import AccountSettings, ActionOptions, Parcel, missing
from bridge.leads import Intent, Lead, Property

# Who watches a price or follows a project is told news later: that is what an opt-out is about. The
# other intents ask the broker for an answer, which is no advertising (GDPR art. 21(2); V-T11).
MARKETING = frozenset({Intent.FINAL_PRICE_WATCH, Intent.PROJECT_FOLLOW})
RespectOptOut = Literal["hold", "skip", "off"]
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


class MarketingDefaults(BaseModel):
    """What is told of where a lead came from, where the lead itself does not say (S2:13)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    referrer: str | None = None
    utm: dict[str, str] = Field(default_factory=dict)


class FinalPriceWatched(ActionOptions):
    on_unknown_default: ClassVar[str] = "retry_once"  # the vendor's own advice (FACTS 1B.1)
    can_verify: ClassVar[bool] = True

    prospective_buyer_status: str | None = None  # a name; "Assigned" is the only one known (V-T1)
    lead_source_id: str | None = None
    lead_sources: dict[str, str] = Field(default_factory=dict)  # by utm campaign, else utm source
    marketing: MarketingDefaults = Field(default_factory=MarketingDefaults)
    respect_opt_out: RespectOptOut | None = None  # None: "hold" where the account has crm_password
    search_opt_outs: bool = False  # also of people whom the ledger does not know any more
    estate_id: str | None = None  # where leads name none, such as project follows (V-T19)
    last_name_filler: str = Field(default="-", min_length=1, max_length=40)  # V-T4
    send_national_id: bool = False  # V-T17

    def lacks(self, place: Property) -> str:
        known = place.vitec.estate_id or self.estate_id
        return "" if known else missing(place, "Vitec estate id", "--estate-id")

    def source_for(self, utm: Mapping[str, str]) -> str | None:
        """Vitec's lead source for a lead of this campaign; None: its preselected one (S2:11)."""
        named = {name.casefold(): source for name, source in self.lead_sources.items()}
        for tag in ("campaign", "source"):
            value = utm.get(tag, "").casefold()
            if value and value in named:
                return named[value]
        return self.lead_source_id

    @field_validator("prospective_buyer_status")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch("[A-Za-z]{1,40}", value):
            raise ValueError("is a name such as Assigned, never a number")
        return value


def respects(account: VitecAccount, options: FinalPriceWatched, lead: Lead) -> RespectOptOut:
    """What becomes of this lead if its person wants no advertising, or is dead."""
    if lead.intent not in MARKETING:
        return "off"
    return options.respect_opt_out or ("hold" if account.crm_password else "off")


def options_of(parcel: Parcel) -> FinalPriceWatched:
    if not isinstance(parcel.options, FinalPriceWatched):
        raise TypeError(f"{parcel.action} is no action of Vitec")
    return parcel.options


def estate_of(parcel: Parcel) -> str | None:
    return parcel.lead.property.vitec.estate_id
