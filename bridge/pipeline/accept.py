"""accept(): payload → lead → routes → one atomic write. A yes means that the lead is on disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

import orjson
from ulid import ULID

from bridge import intake
from bridge.delivery.values import LeadId, NewLead, Opened, QuarantineRow, Withdrawal
from bridge.intake import Expected, Milestone, Parsed
from bridge.intake.senders import source_name
from bridge.leads import Intent, Lead, Problem
from bridge.pipeline import offices, prints
from bridge.pipeline.milestones import Milestones
from bridge.pipeline.orders.seen import Seen
from bridge.pipeline.parts import Parts
from bridge.pipeline.plan import Plan, plan
from bridge.routing import PropertyEntry, Source

Status = Literal[
    "accepted", "duplicate", "unrouted", "withdrawn", "withdrawal", "milestone", "quarantined"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One payload as it came. `keys`: what the sender calls this message, where it said."""

    payload: object
    source: str
    keys: tuple[str, ...] = ()
    way: str = "celery"  # celery | stream | http | webhook | file | cli | quarantine
    shape: intake.Shape | None = None  # instead of the source's own format, as for CSV rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The verdict. `problems` and `quarantine_id` where no parser understood the payload.

    A milestone's `lead_id` is the lead that it belongs to; None where that did not come yet.
    """

    status: Status
    lead_id: LeadId | None = None
    quarantine_id: str | None = None
    problems: tuple[Problem, ...] = ()
    accounts: tuple[str, ...] = field(default=(), repr=False)  # have work by it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    came: Intake
    source: Source
    parsed: Parsed

    @property
    def lead(self) -> Lead:
        return self.parsed.lead

    @property
    def region(self) -> str | None:
        return self.lead.country or self.source.country

    @property
    def is_withdrawal(self) -> bool:
        return self.lead.intent is Intent.WITHDRAWAL


class Acceptor:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._milestones = Milestones(parts)
        self._orders = Seen(parts)

    async def accept(self, came: Intake) -> Accepted:
        return (await self.accept_many([came]))[0]

    async def accept_many(self, batch: Sequence[Intake]) -> list[Accepted]:
        """Verdicts in order; one round trip for all. Raises `LedgerError`, then nothing is said."""
        verdicts: dict[int, Accepted] = {}
        read: dict[int, _Read] = {}
        milestones: dict[int, Milestone] = {}
        for index, came in enumerate(batch):
            try:
                source, parsed = self._read(came)
            except intake.UnreadableError as error:
                verdicts[index] = await self._quarantine(came, error)
                continue
            if isinstance(parsed, Parsed) and parsed.instead_of:
                parsed = await self._milestones.if_seen(parsed)
            if isinstance(parsed, Milestone):
                milestones[index] = parsed
            else:
                read[index] = _Read(came=came, source=source, parsed=parsed)
        verdicts |= await self._open(read)
        for index, milestone in milestones.items():  # after the leads that came with them
            lead_id = await self._milestones.put(milestone, batch[index].payload)
            verdicts[index] = Accepted(status="milestone", lead_id=lead_id)
        return [verdicts[index] for index in range(len(batch))]

    async def set_aside(self, came: Intake, why: str) -> Accepted:
        """Into quarantine without another try."""
        problem = Problem(field="payload", message=why, kind="invalid")
        return await self._quarantine(came, intake.UnreadableError([problem]))

    async def _open(self, read: dict[int, _Read]) -> dict[int, Accepted]:
        if not read:
            return {}
        entries = await self._directory([one.lead for one in read.values()])
        await offices.fresh(self._parts)
        waiting: set[LeadId] = set()  # leads of HomeQ's offices that no tree has yet
        new = {index: self._new(one, entries, waiting) for index, one in read.items()}
        await self._withdraw([one for one in read.values() if one.is_withdrawal])
        opened = await self._parts.ledger.open(list(new.values()))
        verdicts = {
            index: _verdict(lead, answer)
            for (index, lead), answer in zip(new.items(), opened, strict=True)
        }
        told = zip(new.values(), opened, strict=True)  # a repeat: the first one waits, if it does
        await offices.wait_for(
            self._parts, {one.lead_id: lead.source for lead, one in told if lead.lead_id in waiting}
        )
        for index, one in read.items():
            lead_id = verdicts[index].lead_id
            if one.parsed.names and lead_id:
                await self._milestones.waiting_for(one.parsed.names, lead_id)
            order = one.lead.property.flow.order_id
            if order and one.source.format != "form":  # anybody may fill in a form
                await self._orders.note(order, verdicts[index].accounts)
        for account in sorted({a for one in verdicts.values() for a in one.accounts}):
            await self._parts.nudge(account)
        return verdicts

    def _read(self, came: Intake) -> tuple[Source, Parsed | Milestone]:
        source = self._parts.routing.sources.get(came.source)
        if source is None:
            raise intake.UnreadableError(
                [Problem(field="source", message=self._unknown(came.source), kind="unknown")]
            )
        shape = came.shape or source.format
        return source, intake.parse(came.payload, shape=shape, expected=expected(source))

    def _unknown(self, name: str) -> str:
        known = list(self._parts.routing.sources)
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(known) or 'none'}"
        return f"`{source_name(name)}` is no [sources] table of the routing file; {hint}"

    async def _quarantine(self, came: Intake, error: intake.UnreadableError) -> Accepted:
        raw = (
            came.payload
            if isinstance(came.payload, bytes)
            else orjson.dumps(came.payload, default=str)
        )
        row = QuarantineRow(
            quarantine_id="",
            source=source_name(came.source),
            received_at=self._parts.clock().timestamp(),
            reason="; ".join(f"{one.field}: {one.message}" for one in error.problems),
            sealed=self._parts.vault.seal(raw),
        )
        return Accepted(
            status="quarantined",
            quarantine_id=await self._parts.ledger.quarantine(row),
            problems=tuple(error.problems),
        )

    async def _directory(self, leads: Sequence[Lead]) -> dict[str, PropertyEntry]:
        references = {lead.property.reference for lead in leads if lead.property.reference}
        found = await self._parts.ledger.properties(sorted(references))
        return {name: PropertyEntry.from_json(text) for name, text in found.items()}

    def _new(self, read: _Read, entries: dict[str, PropertyEntry], waiting: set[LeadId]) -> NewLead:
        lead, came, vault = read.lead, read.came, self._parts.vault
        reference = lead.property.reference or ""
        contacts, about = prints.contacts(vault, lead, read.region), prints.about(vault, lead)
        wishes = prints.wishes(vault, contacts, about, lead.intent)
        way = plan(self._parts, lead, came.source, entries.get(reference), wishes)
        names = tuple(prints.named(vault, one) for one in read.parsed.names)
        lead_id = LeadId(str(ULID()))
        if way.routed.waits_for_office:
            waiting.add(lead_id)
        return NewLead(
            lead_id=lead_id,
            source=came.source,
            external_id=lead.external_id or "",
            intent=lead.intent,
            test=lead.test,
            blob=vault.seal(sealable(lead, read.parsed.notes)),
            identities=prints.identities(vault, lead, came.source, (*came.keys, *read.parsed.keys)),
            contacts=contacts,
            marks=(*prints.marks(vault, lead), *names),
            about=about,
            wants=reference if way.lacking and reference not in entries else "",
            occurred_at=lead.occurred_at.timestamp() if lead.occurred_at else None,
            status="withdrawal" if read.is_withdrawal else way.status,
            entry=_first_entry(read, way),
            deliveries=way.deliveries,
            identity_window=self._parts.identity_window,
            wish_window=self._parts.wish_window,
        )

    async def _withdraw(self, withdrawals: Sequence[_Read]) -> None:
        """Before the write: said twice it does no harm, forgotten it would."""
        for read in withdrawals:
            lead, vault = read.lead, self._parts.vault
            named = [
                await self._parts.ledger.lead_of(one)
                for one in prints.withdrawn_message(vault, lead, read.came.source)
            ]
            await self._parts.ledger.withdraw(
                Withdrawal(
                    contacts=prints.contacts(vault, lead, read.region),
                    about=prints.about(vault, lead) or "*",
                    lead_ids=tuple(one for one in named if one),
                    at=lead.occurred_at.timestamp() if lead.occurred_at else None,
                    window=self._parts.identity_window,
                ),
            )


def sealable(lead: Lead, notes: Sequence[str] = ()) -> bytes:
    """The lead as it is kept: what it does not say is left out. `attempt.stored_lead` reads it."""
    said = lead.model_dump_json(exclude_none=True, exclude_defaults=True).encode()
    return orjson.dumps({"lead": orjson.Fragment(said), "notes": list(notes)})


def expected(source: Source) -> Expected:
    """What a parser must know of the source."""
    return Expected(
        default_intent=source.default_intent,
        company_id=source.company_id,
        create_from_signing=source.create_from_signing,
    )


def _first_entry(read: _Read, way: Plan) -> bytes:
    header: dict[str, object] = {
        "what": "accepted",
        "way": read.came.way,
        "notes": read.parsed.notes,
        "routes": way.verdicts(),
    }
    if way.lacking:
        header["lacking"] = way.lacking
    return orjson.dumps(header) + b"\n"


def _verdict(lead: NewLead, opened: Opened) -> Accepted:
    if not opened.fresh:
        return Accepted(status="duplicate", lead_id=opened.lead_id)
    status: dict[str, Status] = {
        "accepted": "accepted",
        "unrouted": "unrouted",
        "withdrawn": "withdrawn",
        "withdrawal": "withdrawal",
    }
    accounts = tuple(sorted({one.account for one in lead.deliveries}))
    return Accepted(status=status[opened.status], lead_id=opened.lead_id, accounts=accounts)
