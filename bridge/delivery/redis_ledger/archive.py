"""The part that people look at: leads, deliveries, timelines, accounts."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, cast

from bridge.delivery.redis_ledger import rows
from bridge.delivery.redis_ledger.connection import Connection
from bridge.delivery.values import (
    AccountRow,
    DeliveryId,
    DeliveryRow,
    Earlier,
    LeadId,
    LeadRow,
    LogEntry,
    delivery_id,
)
from bridge.outcomes import State

PAGE = 200
READ: tuple[tuple[str | int, ...], ...] = (  # of an account
    ("HGETALL", "ctl"),
    ("ZCARD", "leases"),
    ("ZCARD", "due"),
    ("ZRANGE", "due", 0, 0, "WITHSCORES"),
)
IN_LINE = frozenset({State.PENDING, State.RETRYING, State.SENDING})


class Archive:
    def __init__(self, connection: Connection, prefix: str) -> None:
        self._redis = connection
        self._prefix = prefix

    async def lead(self, lead_id: LeadId) -> LeadRow | None:
        return (await self._leads([lead_id]))[0]

    async def blob(self, lead_id: LeadId) -> bytes | None:
        return cast("bytes | None", await self._redis.do("GET", self._key(f"lead:{lead_id}:blob")))

    async def lead_of(self, identity: str) -> LeadId | None:
        known = await self._redis.do("GET", self._key(f"identity:{identity}"))
        return LeadId(known.decode()) if known else None

    async def log(self, lead_id: LeadId) -> list[LogEntry]:
        lines = await self._redis.do("LRANGE", self._key(f"lead:{lead_id}:log"), 0, -1)
        return [rows.log_entry(line) for line in lines]

    async def deliveries_of(self, lead_id: LeadId) -> list[DeliveryRow]:
        row = await self.lead(lead_id)
        names = row.destinations if row else ()
        return await self._deliveries(delivery_id(lead_id, name) for name in names)

    async def leads(self, *, before: float | None, limit: int) -> list[LeadRow]:
        newest = "+inf" if before is None else f"({rows.ms(before)}"
        ids = await self._redis.do(
            "ZREVRANGEBYSCORE", self._key("leads"), newest, "-inf", "LIMIT", 0, limit
        )
        return [row for row in await self._leads([LeadId(one.decode()) for one in ids]) if row]

    async def deliveries(
        self,
        *,
        state: State | None,
        account: str | None,
        limit: int,
        before: float | None = None,
    ) -> list[DeliveryRow]:
        if state in IN_LINE:
            return await self._in_line(state, account, limit)
        indexed = state not in {None, State.DELIVERED}
        pages = self._in_state(str(state), before) if indexed else self._all()
        found: list[DeliveryRow] = []
        async for page in pages:
            found += [
                row for row in page if state in {None, row.state} and account in {None, row.account}
            ]
            if len(found) >= limit:
                break
        return found[:limit]

    async def leads_of(self, mark: str, *, limit: int = 1000) -> list[LeadId]:
        ids = await self._redis.do("ZREVRANGE", self._key(f"mark:{mark}"), 0, limit - 1)
        return [LeadId(one.decode()) for one in ids]

    async def earlier(
        self, people: Sequence[Sequence[str]], *, account: str, limit: int = 20
    ) -> list[tuple[Earlier, ...]]:
        """Three round trips, however many people."""
        marks = list(dict.fromkeys(mark for one in people for mark in one))
        answers = await self._redis.many(
            [("ZREVRANGE", self._key(f"mark:{mark}"), 0, limit - 1) for mark in marks]
        )
        leads_of = {
            mark: [LeadId(one.decode()) for one in ids]
            for mark, ids in zip(marks, answers, strict=True)
        }
        names = sorted({one for ids in leads_of.values() for one in ids}, reverse=True)
        leads = [row for row in await self._leads(names) if row]
        rows = await self._deliveries(
            delivery_id(row.lead_id, name) for row in leads for name in row.destinations
        )
        kept = [
            Earlier(lead_id=row.lead_id, reference=row.reference)
            for row in rows
            if row.account == account and row.reference
        ]
        theirs = [{name for mark in one for name in leads_of[mark]} for one in people]
        return [tuple(one for one in kept if one.lead_id in their) for their in theirs]

    async def counts(self) -> dict[tuple[str, State], int]:
        known = dict(_pairs(await self._redis.do("HGETALL", self._key("counts"))))
        split = ((name.rpartition("/"), int(value)) for name, value in known.items())
        return {(name[0], State(name[2])): value for name, value in split if value}

    async def accounts(self) -> list[AccountRow]:
        names = sorted(
            one.decode() for one in await self._redis.do("SMEMBERS", self._key("accounts"))
        )
        commands = [
            (command, self._key(f"account:{name}:{part}"), *more)
            for name in names
            for command, part, *more in READ
        ]
        answers = iter(await self._redis.many(commands))
        return [_account(name, [next(answers) for _ in READ]) for name in names]

    async def _leads(self, ids: list[LeadId]) -> list[LeadRow | None]:
        commands = [("HMGET", self._key(f"lead:{one}"), *rows.LEAD_FIELDS) for one in ids]
        answers = zip(ids, await self._redis.many(commands), strict=True)
        return [rows.lead_row(one, values) for one, values in answers]

    async def _deliveries(self, ids: Iterable[DeliveryId]) -> list[DeliveryRow]:
        names = list(ids)
        commands = [("HMGET", self._key(f"delivery:{one}"), *rows.DELIVERY_FIELDS) for one in names]
        answers = zip(names, await self._redis.many(commands), strict=True)
        return [row for row in (rows.delivery_row(one, values) for one, values in answers) if row]

    async def _in_state(self, state: str, before: float | None) -> AsyncIterator[list[DeliveryRow]]:
        """Newest first, a page at a time."""
        newest = "+inf" if before is None else f"({rows.ms(before)}"
        start, key = 0, self._key(f"state:{state}")
        while ids := await self._redis.do(
            "ZREVRANGEBYSCORE", key, newest, "-inf", "LIMIT", start, PAGE
        ):
            start += len(ids)
            yield await self._deliveries(DeliveryId(one.decode()) for one in ids)

    async def _set(self, name: str, command: str) -> AsyncIterator[list[DeliveryRow]]:
        """A sorted set of delivery ids, a page at a time."""
        start = 0
        while ids := await self._redis.do(command, self._key(name), start, start + PAGE - 1):
            start += len(ids)
            yield await self._deliveries(DeliveryId(one.decode()) for one in ids)

    async def _all(self) -> AsyncIterator[list[DeliveryRow]]:
        """Delivered ones have no index of their own: they are almost all there is."""
        before: float | None = None
        while leads := await self.leads(before=before, limit=PAGE):
            before = leads[-1].received_at
            yield await self._deliveries(
                delivery_id(row.lead_id, name) for row in leads for name in row.destinations
            )

    async def _in_line(
        self, state: State | None, account: str | None, limit: int
    ) -> list[DeliveryRow]:
        """What is due, now or later, and what is in flight stand in their account's own sets."""
        names = [account] if account else [row.account for row in await self.accounts()]
        part = "leases" if state is State.SENDING else "due"
        found: list[DeliveryRow] = []
        for name in names:
            async for page in self._set(f"account:{name}:{part}", "ZRANGE"):
                found += [row for row in page if row.state == state]
                if len(found) >= limit:
                    break
        return sorted(found, key=lambda row: row.updated_at, reverse=True)[:limit]

    def _key(self, name: str) -> str:
        return self._prefix + name


def _pairs(flat: list[bytes]) -> Iterator[tuple[str, str]]:
    texts = iter(one.decode() for one in flat)
    return zip(texts, texts, strict=True)


def _account(name: str, answers: list[Any]) -> AccountRow:
    ctl, in_flight, due, head = answers
    known = dict(_pairs(ctl))
    parked = {k.removeprefix("parked:"): v for k, v in known.items() if k.startswith("parked:")}
    return AccountRow(
        account=name,
        in_flight=in_flight,
        due=due,
        breaker=known.get("breaker", "closed"),
        paused=known.get("paused", ""),
        paused_at=_seconds(known.get("paused_at")),
        last_good=_seconds(known.get("good")),
        parked=parked,
        due_since=float(head[1]) / 1000 if head else None,
    )


def _seconds(milliseconds: str | None) -> float | None:
    return float(milliseconds) / 1000 if milliseconds else None
