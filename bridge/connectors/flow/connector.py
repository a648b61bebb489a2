"""Flow, the API of Visma Core (Norway): stakeholders on a case, notifications to its people.

Vendor pages: commonly used methods, create stakeholders; FACTS 1A and F-T1…F-T23.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bridge.connectors import classify
from bridge.connectors.base import (
    AccountSettings,
    ActionOptions,
    Clock,
    Exchange,
    Health,
    Parcel,
    Report,
    Shelf,
    Use,
    Vendor,
)
from bridge.connectors.cases import Page, Watch
from bridge.connectors.flow import catalogue, order_desk, readback, rights, watching
from bridge.connectors.flow.api import Api
from bridge.connectors.flow.looking import Looking
from bridge.connectors.flow.notification import SendNotification
from bridge.connectors.flow.order_desk import Desk
from bridge.connectors.flow.order_settings import (
    OrderAction,
    OrderMetadataOptions,
    OrderStateOptions,
)
from bridge.connectors.flow.settings import FlowAccount, Notification, Stakeholder
from bridge.connectors.flow.stakeholder import SendStakeholder
from bridge.connectors.orders import OrderDesk
from bridge.connectors.transport import Answer, Failure, Http
from bridge.leads import Property
from bridge.outcomes import CannotTell, Verdict


class Flow:
    def __init__(self, account: FlowAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self._api = Api(account, http, shelf, clock)
        rules = account.orders
        self.orders: OrderDesk | None = Desk(self._api, rules) if rules else None
        self.looking = Looking(self._api)

    async def send(self, parcel: Parcel) -> Report:
        match parcel.options:
            case Stakeholder() as options:
                return await SendStakeholder(self._api.attempt(), parcel, options).run()
            case Notification() as options:
                return await SendNotification(self._api.attempt(), parcel, options).run()
            case OrderAction() as options:
                return await order_desk.send(self._api, parcel, options)
            case _:
                raise TypeError(f"{parcel.action} is no action of Flow")

    async def verify(self, parcel: Parcel) -> tuple[Verdict, list[Exchange]]:
        if isinstance(parcel.options, OrderAction):
            return await order_desk.verify(self._api, parcel, parcel.options)
        if not isinstance(parcel.options, Stakeholder):
            return CannotTell("Flow cannot be asked whether a notification was sent"), []
        calls = self._api.attempt()
        return await readback.look(calls, parcel, parcel.options), calls.exchanges

    @property
    def watch(self) -> Watch | None:
        account = self._api.account
        if not account.watch:
            return None
        return Watch(every=account.watch_every, holds=frozenset(account.watch_holds))

    async def changed_cases(self, since: float, skip: int) -> Page:
        calls = self._api.attempt(largest=watching.LARGEST)
        return await watching.changed(calls, since, skip)

    async def case_names(self, case_ids: Sequence[int]) -> Mapping[int, str]:
        return await watching.names(self._api.attempt(), case_ids)

    async def is_published(self, case_id: int) -> bool | None:
        return await watching.published(self._api.attempt(), case_id)

    def cases_of(self, place: Property, options: ActionOptions) -> tuple[str, ...]:
        """The case that the action writes to: the lead's own, else the destination's (F-T1).

        An order is no case: whoever ordered is told what became of it, sold or not.
        """
        if isinstance(options, OrderAction):
            return ()
        own = place.flow.case_guid if isinstance(options, Stakeholder) else place.flow.case_id
        from_ = place.flow if own else options
        known = (getattr(from_, "case_guid", None), getattr(from_, "case_id", None))
        return tuple(str(one).lower() for one in known if one)

    async def check(self) -> Health:
        """GET api/User: whose token is it, and what may it do?"""
        return await self.health(())

    async def health(self, uses: Sequence[Use]) -> Health:
        """The same, and whether these destinations have the permissions that they need."""
        answer = await self._api.attempt().call("GET", "User")
        if isinstance(answer, Failure):
            return Health(ok=False, detail=answer.reason)
        if not isinstance(answer, Answer):
            return Health(ok=False, detail=getattr(answer, "reason", "Flow asked us to wait"))
        found = classify.json_of(answer)
        if not answer.ok or not isinstance(found, dict):
            return Health(ok=False, detail=classify.said(answer))
        return rights.health(found, uses)

    async def stale_bases(self, uses: Sequence[Use]) -> dict[str, str] | None:
        """Destination → a sentence, where its processing bases serve no more.

        None where none is configured. Raises `LookUpError`.
        """
        return await catalogue.stale(self._api.attempt(), uses)

    async def picture(self, which: int | UUID) -> bytes | None:
        """A small JPEG of a case; None where there is none, or none can be had now."""
        return await self.looking.picture(which)


def _connect(account: AccountSettings, http: Http, shelf: Shelf, clock: Clock) -> Flow:
    if not isinstance(account, FlowAccount):
        raise TypeError("not a Flow account")
    return Flow(account, http, shelf, clock)


VENDOR = Vendor(
    name="flow",
    account=FlowAccount,
    actions={
        "stakeholder": Stakeholder,
        "notification": Notification,
        "order_state": OrderStateOptions,
        "order_metadata": OrderMetadataOptions,
    },
    connect=_connect,
)
