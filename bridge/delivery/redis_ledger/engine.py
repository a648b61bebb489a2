"""The part that the drain stands on: open, claim, record, renew, and a person's acts."""

from collections.abc import Sequence

from bridge.delivery.redis_ledger import rows
from bridge.delivery.redis_ledger.scripts import Scripts
from bridge.delivery.values import (
    Act,
    Amendment,
    Claim,
    Claimed,
    DeliveryId,
    LeadId,
    NewDelivery,
    NewLead,
    Opened,
    Record,
    Recorded,
    Served,
    Terms,
    Withdrawal,
)
from bridge.outcomes import State

GRACE = (
    5.0  # seconds past its lease before a delivery is judged: its worker may just be reconnecting
)
BREAKER_OPEN = 30.0  # seconds before an open breaker lets one probe through


class Engine:
    def __init__(self, scripts: Scripts, *, grace: float, breaker_open: float) -> None:
        self._scripts = scripts
        self._grace = rows.ms(grace)
        self._open = rows.ms(breaker_open)

    async def open(self, leads: Sequence[NewLead]) -> list[Opened]:
        calls = [(rows.new_lead(lead), lead.blob, lead.entry) for lead in leads]
        return [
            Opened(
                lead_id=LeadId(lead_id.decode()),
                fresh=bool(fresh),
                status=status.decode(),
                first=LeadId(first.decode()) if first else None,
            )
            for fresh, lead_id, status, first in await self._scripts.batch("open", calls)
        ]

    async def extend(
        self,
        lead_id: LeadId,
        deliveries: Sequence[NewDelivery],
        *,
        entry: bytes,
        wish_window: float = 86_400,
        anew: bool = False,
    ) -> list[DeliveryId] | None:
        arguments = {
            "lead_id": lead_id,
            "deliveries": [rows.new_delivery(one) for one in deliveries],
            "wish_ms": rows.ms(wish_window),
            "anew": anew,
        }
        answer = await self._scripts.run("extend", arguments, entry)
        return [DeliveryId(one.decode()) for one in answer[1:]] if answer else None

    async def amend(self, amendment: Amendment) -> bool:
        arguments = {
            "lead_id": amendment.lead_id,
            "contacts": amendment.contacts,
            "prints": (*amendment.contacts, *amendment.marks),
            "gone": amendment.gone,
            "property": amendment.about,
        }
        return bool(await self._scripts.run("amend", arguments, amendment.blob, amendment.entry))

    async def note(
        self, lead_id: LeadId, entry: bytes, *, once: str = "", window: float = 30 * 86_400
    ) -> bool:
        arguments = {"lead_id": lead_id, "once": once, "window_ms": rows.ms(window)}
        return bool(await self._scripts.run("note", arguments, entry))

    async def spend(self, name: str, count: int, seconds: float) -> float:
        arguments = {"name": name, "count": count, "window_ms": rows.ms(seconds)}
        return int(await self._scripts.run("spend", arguments)) / 1000

    async def withdraw(self, withdrawal: Withdrawal) -> list[DeliveryId]:
        arguments = {
            "contacts": withdrawal.contacts,
            "property": withdrawal.about,
            "leads": withdrawal.lead_ids,
            "at_ms": -1 if withdrawal.at is None else rows.ms(withdrawal.at),
            "window_ms": rows.ms(withdrawal.window),
        }
        cancelled = await self._scripts.run("withdraw", arguments)
        return [DeliveryId(one.decode()) for one in cancelled]

    async def served(
        self, marks: Sequence[str], account: str, destinations: Sequence[str]
    ) -> Served:
        arguments = {"marks": marks, "account": account, "destinations": destinations}
        leads, last, *held = await self._scripts.run("served", arguments)
        return Served(
            leads=leads,
            last=last / 1000 if last else None,
            held=tuple(sorted(one.decode() for one in held)),
        )

    async def claim(self, account: str, terms: Terms, *, limit: int, lease: float) -> Claimed:
        count, seconds = terms.rate or (0, 0.0)
        arguments = {
            "account": account,
            "limit": limit,
            "lease_ms": rows.ms(lease),
            "grace_ms": self._grace,
            "concurrency": terms.concurrency,
            "rate_count": count,
            "rate_ms": rows.ms(seconds),
            "breaker": terms.breaker,
            "open_ms": self._open,
        }
        wait, blocked, *given = await self._scripts.run("claim", arguments)
        return Claimed(
            claims=tuple(rows.claim(account, parts) for parts in given),
            wait=None if wait < 0 else wait / 1000,
            blocked=blocked.decode(),
        )

    async def record(self, records: Sequence[Record]) -> list[Recorded]:
        if not records:
            return []
        arguments = {"records": [rows.record(one) for one in records]}
        answers = await self._scripts.run("record", arguments, *(one.entry for one in records))
        return [
            Recorded(
                applied=bool(applied),
                state=State.CANCELLED if state == b"erased" else State(state.decode()),
                woken=tuple(account.decode() for account in woken),
            )
            for applied, state, *woken in answers
        ]

    async def renew(self, claims: Sequence[Claim], *, lease: float) -> list[bool]:
        if not claims:
            return []
        arguments = {
            "lease_ms": rows.ms(lease),
            "claims": [
                {"id": one.delivery_id, "account": one.account, "token": one.token}
                for one in claims
            ],
        }
        return [bool(kept) for kept in await self._scripts.run("renew", arguments)]

    async def due(self, accounts: Sequence[str]) -> list[str]:
        arguments = {"accounts": accounts, "grace_ms": self._grace, "open_ms": self._open}
        return [one.decode() for one in await self._scripts.run("due", arguments)]

    async def act(
        self, delivery: DeliveryId, act: Act, *, who: str, scope: str = "", reference: str = ""
    ) -> State | None:
        arguments = {
            "id": delivery,
            "act": act,
            "who": who,
            "scope": scope,
            "reference": reference,
        }
        entry = rows.acted(delivery, act, who, scope)
        answer = await self._scripts.run("act", arguments, entry)
        if not answer:
            return None
        if not answer[0]:
            raise ValueError(f"{delivery} {answer[1].decode()}")
        return State(answer[0].decode())

    async def pause(self, account: str, reason: str, *, destination: str = "") -> None:
        await self._steer(account, destination, reason)

    async def resume(self, account: str, *, destination: str = "") -> None:
        await self._steer(account, destination, "")

    async def _steer(self, account: str, destination: str, reason: str) -> None:
        arguments = {"account": account, "destination": destination, "reason": reason}
        await self._scripts.run("steer", arguments)
