"""accept(): payload → lead → routes → one atomic write. A yes means that the lead is on disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

import orjson
from ulid import ULID

from bridge import intake, routing
from bridge.delivery.values import LeadId, NewDelivery, NewLead, Opened, QuarantineRow, Withdrawal
from bridge.leads import Intent, Lead, Problem
from bridge.pipeline import prints
from bridge.pipeline.parts import Parts
from bridge.routing import Pick, PropertyEntry, Routed, Source

Status = Literal["accepted", "duplicate", "unrouted", "withdrawn", "withdrawal", "quarantined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One payload as it came. `keys`: what the sender calls this message, where it said."""

    payload: object
    source: str
    keys: tuple[str, ...] = ()
    way: str = "celery"  # celery | stream | http | file | cli
    shape: intake.Shape | None = None  # instead of the source's own format, as for CSV rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The verdict. `problems` and `quarantine_id` where no parser understood the payload."""

    status: Status
    lead_id: LeadId | None = None
    quarantine_id: str | None = None
    problems: tuple[Problem, ...] = ()
    accounts: tuple[str, ...] = field(default=(), repr=False)  # have work by it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    came: Intake
    source: Source
    lead: Lead
    notes: tuple[str, ...]


class Acceptor:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def accept(self, came: Intake) -> Accepted:
        return (await self.accept_many([came]))[0]

    async def accept_many(self, batch: Sequence[Intake]) -> list[Accepted]:
        """Verdicts in order; one round trip for all. Raises `LedgerError`, then nothing is said."""
        verdicts: dict[int, Accepted] = {}
        read: dict[int, _Read] = {}
        for index, came in enumerate(batch):
            try:
                read[index] = self._read(came)
            except intake.UnreadableError as error:
                verdicts[index] = await self._quarantine(came, error)
        entries = await self._directory([one.lead for one in read.values()])
        new = {index: self._new(one, entries) for index, one in read.items()}
        await self._withdraw([one for one in read.values() if _is_withdrawal(one.lead)])
        opened = await self._parts.ledger.open(list(new.values()))
        for (index, lead), answer in zip(new.items(), opened, strict=True):
            verdicts[index] = _verdict(lead, answer)
        for account in sorted({a for one in verdicts.values() for a in one.accounts}):
            await self._parts.nudge(account)
        return [verdicts[index] for index in range(len(batch))]

    def _read(self, came: Intake) -> _Read:
        source = self._parts.routing.sources.get(came.source)
        if source is None:
            raise intake.UnreadableError(
                [Problem(field="source", message=self._unknown(came.source), kind="unknown")]
            )
        parsed = intake.parse(
            came.payload,
            shape=came.shape or source.format,
            default_intent=source.default_intent,
        )
        return _Read(came=came, source=source, lead=parsed.lead, notes=parsed.notes)

    def _unknown(self, name: str) -> str:
        known = list(self._parts.routing.sources)
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(known) or 'none'}"
        return f"`{name[:64]}` is no [sources] table of the routing file; {hint}"

    async def _quarantine(self, came: Intake, error: intake.UnreadableError) -> Accepted:
        raw = (
            came.payload
            if isinstance(came.payload, bytes)
            else orjson.dumps(came.payload, default=str)
        )
        row = QuarantineRow(
            quarantine_id="",
            source=came.source[:64],
            received_at=self._parts.clock().timestamp(),
            reason="; ".join(f"{one.field}: {one.message}" for one in error.problems),
            sealed=self._parts.vault.seal(raw),
        )
        return Accepted(
            status="quarantined",
            quarantine_id=await self._parts.ledger.quarantine(row),
            problems=tuple(error.problems),
        )

    async def set_aside(self, came: Intake, why: str) -> Accepted:
        """Into quarantine without another try."""
        problem = Problem(field="payload", message=why, kind="invalid")
        return await self._quarantine(came, intake.UnreadableError([problem]))

    async def _directory(self, leads: Sequence[Lead]) -> dict[str, PropertyEntry]:
        references = {lead.property.reference for lead in leads if lead.property.reference}
        found = await self._parts.ledger.properties(sorted(references))
        return {name: PropertyEntry.from_json(text) for name, text in found.items()}

    def _new(self, read: _Read, entries: dict[str, PropertyEntry]) -> NewLead:
        lead, came = read.lead, read.came
        entry = entries.get(lead.property.reference or "")
        routed = routing.route(routing.resolve(lead, entry), came.source, self._parts.routing)
        vault, region = self._parts.vault, lead.country or read.source.country
        contacts = prints.contacts(vault, lead, region)
        about = prints.about(vault, lead)
        withdrawal = _is_withdrawal(lead)
        return NewLead(
            lead_id=LeadId(str(ULID())),
            source=came.source,
            external_id=lead.external_id or "",
            intent=lead.intent,
            test=lead.test,
            blob=vault.seal(
                orjson.dumps({"lead": lead.model_dump(mode="json"), "notes": read.notes})
            ),
            identities=prints.identities(vault, lead, came.source, came.keys),
            contacts=contacts,
            marks=prints.marks(vault, lead),
            about=about,
            occurred_at=lead.occurred_at.timestamp() if lead.occurred_at else None,
            status="withdrawal" if withdrawal else "accepted" if routed.picks else "unrouted",
            entry=_first_entry(read, routed),
            deliveries=tuple(
                _new_delivery(
                    pick, routed, lead, prints.wishes(vault, contacts, about, lead.intent)
                )
                for pick in routed.picks
            ),
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
                    contacts=prints.contacts(vault, lead, lead.country or read.source.country),
                    about=prints.about(vault, lead) or "*",
                    lead_ids=tuple(one for one in named if one),
                    at=lead.occurred_at.timestamp() if lead.occurred_at else None,
                    window=self._parts.identity_window,
                ),
            )


def _is_withdrawal(lead: Lead) -> bool:
    return lead.intent is Intent.WITHDRAWAL


def _new_delivery(pick: Pick, routed: Routed, lead: Lead, wishes: tuple[str, ...]) -> NewDelivery:
    destination = pick.destination
    picked = {one.destination.name for one in routed.picks}
    skip = f"a test lead, and {destination.name} has no accept_test"
    return NewDelivery(
        destination=destination.name,
        account=destination.account,
        route=pick.route.name,
        after=destination.after if destination.after in picked else "",
        wishes=wishes,
        duplicates=pick.route.duplicates,
        skip=skip if lead.test and not destination.accept_test else "",
    )


def _first_entry(read: _Read, routed: Routed) -> bytes:
    header = {
        "what": "accepted",
        "way": read.came.way,
        "notes": read.notes,
        "routes": [
            {"route": one.route, "matched": one.matched, "reasons": one.reasons}
            for one in routed.verdicts
        ],
    }
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
