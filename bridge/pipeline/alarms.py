"""Alarms that catch silence: told once an incident over all processes, and once when it ends."""

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import orjson

from bridge.connectors.notices import Channel, Notice
from bridge.delivery.ledger import LedgerError
from bridge.delivery.values import AccountRow
from bridge.pipeline import standing
from bridge.pipeline.parts import Parts
from bridge.routing import Alarms as Rules

log = logging.getLogger("bridge.alarms")

KEPT = "log"  # the channel that always is: the log, and `bridge alarms list`


@runtime_checkable
class Warns(Protocol):
    """A connector whose vendor announced something, such as the end of a call."""

    async def warnings(self) -> list[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    alarm: str
    text: str
    since: float


class Log:
    async def tell(self, notice: Notice) -> str:
        log.warning("alarm.%s alarm=%s text=%s", notice.kind, notice.alarm, notice.text)
        return ""


class Alarms:
    """Run by every worker and by the web process, so that somebody is left to tell."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._channels: Mapping[str, Channel] = {KEPT: Log(), **parts.channels}

    async def look(self) -> None:
        """Tell what began and what ended. Raises `LedgerError`."""
        now = {one.alarm: one for one in await conditions(self._parts)}
        for name, channel in self._channels.items():
            await self._compare(name, channel, now)

    async def watch(self, every: float) -> None:
        """Until it is cancelled; begins late, so that workers that start now are seen."""
        while True:
            await asyncio.sleep(every)
            try:
                await self.look()
            except LedgerError as error:
                log.warning("alarms.delayed error=%s", error)

    async def open(self) -> list[Incident]:
        """What is the matter at this moment, since when; newest first."""
        found = await self._parts.ledger.drawer_all(_drawer(KEPT))
        known = [Incident(**orjson.loads(value)) for value in found.values()]
        return sorted(known, key=lambda one: one.since, reverse=True)

    async def test(self) -> dict[str, str]:
        """A test message on every channel; what each said."""
        at = self._parts.clock().timestamp()
        notice = Notice(
            notice_id=_id("test", "test", at),
            kind="test",
            alarm="test",
            text="This is a test of the lead bridge's alarms.",
            at=at,
        )
        return {name: await one.tell(notice) for name, one in self._channels.items()}

    async def _compare(self, name: str, channel: Channel, now: Mapping[str, Incident]) -> None:
        ledger, drawer = self._parts.ledger, _drawer(name)
        kept = await ledger.drawer_all(drawer)
        told = {alarm: Incident(**orjson.loads(value)) for alarm, value in kept.items()}
        for alarm, incident in now.items():
            # Who adds it tells it; who cannot tell it takes it away, and the next look tells it.
            mine = alarm not in told and await ledger.drawer_add(drawer, alarm, _json(incident))
            if mine and not await self._say(name, channel, _raised(incident)):
                await ledger.drawer_drop(drawer, alarm)
        for alarm, incident in told.items():
            if alarm not in now and await ledger.drawer_drop(drawer, alarm):
                over = _resolved(incident, self._parts.clock().timestamp())
                if not await self._say(name, channel, over):
                    await ledger.drawer_add(drawer, alarm, _json(incident))

    async def _say(self, name: str, channel: Channel, notice: Notice) -> bool:
        fault = await channel.tell(notice)
        if fault:
            log.warning("alarm.untold channel=%s alarm=%s error=%s", name, notice.alarm, fault)
        return not fault


async def conditions(parts: Parts) -> list[Incident]:
    """All that is the matter now. Raises `LedgerError`."""
    ledger, now = parts.ledger, parts.clock().timestamp()
    rules = parts.routing.alarms
    tally, size = await ledger.tally(), await ledger.quarantine_size()
    found = [*_quiet(parts, tally, now)]
    for row in await ledger.accounts():
        found += _account(row, rules, now)
    found += await _announced(parts)
    if not await ledger.workers():
        found.append(("workers", "No worker was seen in the last 30 s; nothing is delivered."))
    if size > rules.quarantine_over:
        text = f"{size} payloads are in quarantine, more than {rules.quarantine_over}."
        found.append(("quarantine", text))
    for findings in (await standing.findings(parts)).values():
        found += findings.items()
    return [Incident(alarm=alarm, text=text, since=now) for alarm, text in found]


async def _announced(parts: Parts) -> list[tuple[str, str]]:
    found = []
    for account, connector in parts.connectors.items():
        told: object = connector
        words = await told.warnings() if isinstance(told, Warns) else []
        if words:
            found.append((f"announced/{account}", f"{account}: {'; '.join(words)}."))
    return found


def _quiet(parts: Parts, tally: Mapping[str, int], now: float) -> Iterator[tuple[str, str]]:
    for source in parts.routing.sources.values():
        last = tally.get(f"last/{source.name}")
        if source.quiet_after and last and now - last / 1000 > source.quiet_after:
            hours = source.quiet_after / 3600
            yield f"quiet/{source.name}", f"{source.name} has sent nothing for {hours:g} h."


def _account(row: AccountRow, rules: Rules, now: float) -> Iterator[tuple[str, str]]:
    if row.paused:
        yield f"paused/{row.account}", f"{row.account} is paused: {row.paused}"
    for name, why in row.parked.items():
        yield f"paused/{row.account}/{name}", f"{name} is paused: {why}"
    late = row.due_since is not None and now - row.due_since > rules.stuck_after
    silent = row.last_good is None or now - row.last_good > rules.stuck_after
    if late and silent and not row.paused:
        minutes = rules.stuck_after / 60
        text = f"Nothing was delivered at {row.account} for {minutes:g} min, and something is due."
        yield f"stuck/{row.account}", text


def _raised(one: Incident) -> Notice:
    return Notice(
        notice_id=_id("raised", one.alarm, one.since),
        kind="raised",
        alarm=one.alarm,
        text=one.text,
        at=one.since,
    )


def _resolved(one: Incident, now: float) -> Notice:
    return Notice(
        notice_id=_id("resolved", one.alarm, one.since),
        kind="resolved",
        alarm=one.alarm,
        text=f"It is over: {one.text}",
        at=now,
    )


def _json(one: Incident) -> bytes:
    return orjson.dumps(one)


def _id(kind: str, alarm: str, since: float) -> str:
    text = f"{kind}/{alarm}/{since:.3f}".encode()
    return f"msg_{hashlib.sha256(text).hexdigest()[:24]}"


def _drawer(channel: str) -> str:
    return f"alarms:{channel}"
