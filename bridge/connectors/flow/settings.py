"""What a Flow account and its actions may set (FACTS 1A.1, 1A.2)."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bridge.connectors import people
from bridge.connectors.base import AccountSettings, ActionOptions, missing
from bridge.connectors.cases import HOLDING, Holding
from bridge.connectors.flow import roles
from bridge.connectors.orders import OrderRules
from bridge.durations import Seconds
from bridge.leads import Property


class Category(StrEnum):
    """ProcessingBasisCategory; sent by name, since its numbers are sparse (F-T5)."""

    STANDALONE = "Standalone"
    SPECIFIC_CASE = "SpecificCase"
    SIMILAR_CASES = "SimilarCases"
    LEAD = "Lead"
    BANK_LEAD = "BankLead"


class SystemType(StrEnum):
    """ProcessingBasisSystemType, by name (F-T5)."""

    MANUAL = "Manual"
    IS_SELLER = "IsSeller"
    IS_BUYER = "IsBuyer"
    IS_STAKEHOLDER = "IsStakeholder"
    IS_BIDDER = "IsBidder"
    IS_SUPPORT_ROLE = "IsSupportRole"
    IS_OTHER_ROLE = "IsOtherRole"
    CUSTOMER_REGISTRATION = "CustomerRegistration"
    NEWS_LETTER = "NewsLetter"
    CHECKLIST = "Checklist"


DisplayType = Literal["Showing", "Prospectus", "Manual", "Lead", "Bidding", "CloseContacts"]
ContactMethod = Literal[
    "Showing",
    "Office",
    "Email",
    "Phone",
    "WebAd",
    "Other",
    "Internet",
    "Matchlist",
    "HomePage",
    "PrivateShowing",
    "DigitalShowing",
    "Prospectus",
    "Finn",
]


class FlowAccount(AccountSettings):
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    watch: bool = False  # it costs calls that nobody asked for
    watch_every: Annotated[Seconds, Field(ge=30, le=3600)] = 60.0  # the demo waits 30 s (F-T11)
    watch_holds: tuple[Holding, ...] = HOLDING
    orders: OrderRules | None = None  # None: Core's orders are left alone

    @field_validator("base_url")
    @classmethod
    def _ends_in_flow(cls, value: str) -> str:
        if not value.rstrip("/").lower().endswith("/flow"):
            raise ValueError("ends in /flow, such as https://integration.webtopsolutions.com/flow")
        return value.rstrip("/")


class Bases(BaseModel):
    """Which processing bases a stakeholder gets; at least one way must be complete (F-T6)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    guids: tuple[UUID, ...] = ()
    category: Category | None = None
    system_type: SystemType | None = None
    display_types: tuple[DisplayType, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.system_type and not self.category:
            raise ValueError("system_type needs a category beside it")
        if self.display_types and not self.category:
            raise ValueError("display_types needs a category beside it")
        if self.category and not (self.system_type or self.display_types):
            raise ValueError("category needs a system_type or display_types beside it")
        return self


class Stakeholder(ActionOptions):
    on_unknown_default: ClassVar[str] = "verify"
    can_verify: ClassVar[bool] = True

    processing_bases: Bases = Bases()  # empty: only what the lead's own consent names
    case_guid: UUID | None = None  # where leads name no case
    case_id: int | None = Field(default=None, gt=0)  # the same case's number, for read-back (F-T1)
    surname_filler: str = Field(default="-", min_length=1)
    comments: bool = True  # `Comments` is known from the vendor's demo client only
    prevent_default_email: bool | None = None  # F-T8: Core mails the person by default
    contact_method_type: ContactMethod | None = None
    notification_language: Literal["Norwegian", "Swedish"] | None = None
    not_for_roles: tuple[str, ...] = ()  # whoever has one is not sent; it costs calls

    def lacks(self, place: Property) -> str:
        if not (place.flow.case_guid or self.case_guid):
            return missing(place, "Flow case GUID", "--case-guid")
        if self.not_for_roles and self.number(place) is None:
            return missing(place, "Flow case number (not_for_roles)", "--case-id")
        return ""

    def number(self, place: Property) -> int | None:
        """Of the very case that is written to: another one's people would say nothing (F-T1)."""
        own = place.flow
        if own.case_guid is None:
            return self.case_id or own.case_id
        if self.case_guid not in {None, own.case_guid}:
            return own.case_id
        return own.case_id or self.case_id

    @field_validator("not_for_roles")
    @classmethod
    def _roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return roles.checked(value, groups=True)


class Notification(ActionOptions):
    on_unknown_default: ClassVar[str] = "hold"  # it may have sent SMS or mail (FACTS 1A.5)

    to_roles: tuple[str, ...] = Field(default=("Broker",), min_length=1)
    channels: tuple[Literal["client", "email", "sms"], ...] = Field(
        default=("client",), min_length=1
    )
    subject: str | None = Field(default=None, max_length=200)
    html: bool = False
    case_id: int | None = Field(default=None, gt=0)
    fallback_employees: tuple[str, ...] = Field(default=(), max_length=20)  # by e-mail
    homeq_employee: bool = False  # also whoever of the landlord's let the flat, by e-mail

    def lacks(self, place: Property) -> str:
        known = place.flow.case_id or self.case_id
        return "" if known else missing(place, "Flow case number", "--case-id")

    @field_validator("to_roles")
    @classmethod
    def _roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return roles.checked(value)

    @field_validator("fallback_employees")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(people.EMAIL.fullmatch(one) for one in value):
            raise ValueError("an employee is named by e-mail address, such as kari@example.com")
        return value
