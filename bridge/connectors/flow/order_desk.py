"""All orders of one account: for the workers' housekeeping, commands, routes and the console."""

from collections.abc import Mapping
from datetime import UTC

from bridge.connectors import classify
from bridge.connectors.base import Exchange, LookUpError, Parcel, Report
from bridge.connectors.flow.api import Api
from bridge.connectors.flow.order import Order
from bridge.connectors.flow.order_settings import (
    OrderAction,
    OrderMetadataOptions,
    OrderStateOptions,
)
from bridge.connectors.orders import OrderMemory, OrderRules, OrderState, TokenOwner
from bridge.connectors.transport import Answer
from bridge.outcomes import (
    AccountProblem,
    CannotTell,
    NotSent,
    Outcome,
    State,
    Unsendable,
    Verdict,
)

REFUSED = frozenset({400, 404, 410, 422})  # which of them a bad token gets is not stated
OFF = "orders are off at this account: set `orders` on it"


class Desk:
    def __init__(self, api: Api, rules: OrderRules) -> None:
        self._api = api
        self._rules = rules

    @property
    def rules(self) -> OrderRules:
        return self._rules

    async def state(self, order_id: str, state: OrderState, status: str) -> Outcome:
        return await self._order(order_id).tell(state, status)

    async def settle(self, order_id: str) -> bool:
        order = self._order(order_id)
        pending = (await order.known()).pending
        if pending is None:
            return True
        verdict = await order.look(pending.state, pending.status)
        return not isinstance(verdict, CannotTell)

    async def metadata(self, order_id: str, pairs: Mapping[str, str]) -> Outcome | Unsendable:
        return await self._order(order_id).show(pairs)

    async def known(self, order_id: str) -> OrderMemory:
        memory = await self._order(order_id).known()
        return OrderMemory(
            state=memory.state,
            said=memory.said,
            uncertain=memory.pending.state if memory.pending else "",
            case_id=memory.case_id,
            metadata=memory.metadata,
            shown=memory.shown,
        )

    async def whose(self, token: str) -> TokenOwner | None:
        """POST api/MarketingIntegrators/VerifyToken. Neither reasons nor logs name the token."""
        answer = await self._api.attempt().call(
            "POST", "MarketingIntegrators/VerifyToken", {"Token": token}
        )
        if isinstance(answer, Answer) and answer.status in REFUSED:
            return None
        found = classify.json_of(answer) if isinstance(answer, Answer) and answer.ok else None
        if not isinstance(found, dict) or not isinstance(found.get("UserId"), int):
            what = f"HTTP {answer.status}" if isinstance(answer, Answer) else _why(answer)
            raise LookUpError(f"Flow could not be asked whose token it is: {what}")
        data, office = found.get("Data"), found.get("OfficeId")
        order = data.get("OrderId") if isinstance(data, dict) else None
        return TokenOwner(
            user_id=found["UserId"],
            office_id=office if isinstance(office, int) else None,
            order_id=str(order).strip().lower() if isinstance(order, str | int) else "",
        )

    def _order(self, order_id: str) -> Order:
        return Order(self._api.attempt(), order_id)


async def send(api: Api, parcel: Parcel, options: OrderAction) -> Report:
    """A route's delivery to an order: the actions `order_state` and `order_metadata`."""
    order_id = parcel.lead.property.flow.order_id or options.order_id
    if order_id is None:
        lacking = options.lacks(parcel.lead.property)
        return Report(outcome=Unsendable(State.HELD, lacking))
    if api.account.orders is None:  # nobody would look after what comes too soon or is lost
        return Report(outcome=Unsendable(State.HELD, OFF))
    calls = api.attempt()
    order = Order(calls, order_id, parcel.lead)
    match options:
        case OrderStateOptions():
            again = parcel.possible_duplicate
            outcome: Outcome | Unsendable = await order.tell(
                options.state, options.words, again=again
            )
        case OrderMetadataOptions():
            texts = {"Title": options.title, "ActionText": options.action_text}
            outcome = await order.show(_filled(api, parcel, options), texts)
        case _:
            raise TypeError(f"{parcel.action} is no action on an order")
    return Report(outcome=outcome, exchanges=calls.exchanges)


async def verify(api: Api, parcel: Parcel, options: OrderAction) -> tuple[Verdict, list[Exchange]]:
    order_id = parcel.lead.property.flow.order_id or options.order_id or ""
    if not isinstance(options, OrderStateOptions):
        return CannotTell("metadata is set, not added: send it again"), []
    calls = api.attempt()
    verdict = await Order(calls, order_id, parcel.lead).look(options.state, options.words)
    return verdict, calls.exchanges


def _filled(api: Api, parcel: Parcel, options: OrderMetadataOptions) -> dict[str, str]:
    place = parcel.lead.property
    facts = {
        "source": parcel.source,
        "intent": parcel.lead.intent.value.replace("_", " "),
        "property": place.title or place.reference or "",
        "time": f"{api.clock().astimezone(UTC):%Y-%m-%d %H:%M} UTC",
    }
    filled = dict(options.metadata)
    for name, fact in facts.items():
        filled = {key: value.replace(f"{{{name}}}", fact) for key, value in filled.items()}
    return filled


def _why(trouble: object) -> str:
    return trouble.reason if isinstance(trouble, NotSent | AccountProblem) else "no answer"
