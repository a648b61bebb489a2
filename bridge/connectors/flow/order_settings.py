"""What a destination may set about Core's orders (FACTS 1A.3, F-T16, F-T17)."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from bridge.connectors.base import ActionOptions, missing
from bridge.connectors.orders import OrderState
from bridge.leads import Property

# A status tells two rows of one state apart when an answer was lost, so there always is one.
STATUS = {
    "InProcess": "Leads are delivered to the case",
    "Completed": "Completed",
    "Cancelled": "Cancelled",
}
Short = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class OrderAction(ActionOptions):
    can_verify: ClassVar[bool] = True

    order_id: str | None = Field(default=None, min_length=1, max_length=64)

    def lacks(self, place: Property) -> str:
        known = place.flow.order_id or self.order_id
        return "" if known else missing(place, "Flow order", "--order-id")


class OrderStateOptions(OrderAction):
    """`Created` and `Activated` are for insurers, `CreatedNotSent` is Core's own (F-T17)."""

    on_unknown_default: ClassVar[str] = "verify"

    state: OrderState
    status: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _tells_why(self) -> Self:
        if not self.words:
            raise ValueError(f"{self.state} goes with a status that says what is the matter")
        return self

    @property
    def words(self) -> str:
        return self.status or STATUS.get(self.state, "")


class OrderMetadataOptions(OrderAction):
    """Values may hold {source}, {intent}, {property} and {time}; none tells who the person is."""

    on_unknown_default: ClassVar[str] = "retry"  # it is set, not added: twice is once

    title: Short | None = None
    action_text: Short | None = None
    metadata: dict[Short, Short] = Field(default={"Last lead": "{time}"}, min_length=1)
