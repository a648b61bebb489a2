"""One attempt: a claim goes in, the record of what came of it comes out."""

from collections.abc import Mapping
from functools import lru_cache
from typing import cast

import orjson

from bridge import routing
from bridge.connectors.base import ActionOptions, Exchange, Parcel, Report
from bridge.delivery import retry
from bridge.delivery.retry import Policy, Situation
from bridge.delivery.values import Claim, Health, Record
from bridge.delivery.vault import SealError, Vault
from bridge.leads import Lead
from bridge.outcomes import (
    Absent,
    CannotTell,
    Decision,
    Delivered,
    Found,
    Hold,
    NotSent,
    Outcome,
    RateLimited,
    Rejected,
    SendAgain,
    Settle,
    State,
    Unknown,
    Unsendable,
    Verdict,
)
from bridge.pipeline.earlier import NOBODY, NOT_READ, Asked, Known
from bridge.pipeline.parts import Parts
from bridge.routing import Destination, PropertyEntry

DIED = "the worker stopped between sending and recording"
HEALTH: Mapping[type[Outcome | Unsendable], Health] = {
    Delivered: "good",
    Rejected: "good",
    NotSent: "bad",
    Unknown: "bad",
}


class Attempt:
    """Everything about one claim; `run()` does it."""

    def __init__(self, parts: Parts, claim: Claim) -> None:
        self._parts = parts
        self._claim = claim
        self._lead: Lead | None = None
        self._sealed = ""
        if claim.blob and claim.mode != "judge":
            try:
                self._lead = stored_lead(parts.vault, claim.blob)
            except SealError as error:
                self._sealed = str(error)

    @property
    def reference(self) -> str | None:
        """The property that the lead names, to be looked up for a whole batch at once."""
        return self._lead.property.reference if self._lead else None

    @property
    def asked(self) -> Asked | None:
        """Whose earlier deliveries may matter, to be looked up for a whole batch at once."""
        destination = self._destination
        if self._lead is None or destination is None:
            return None
        verify = self._claim.mode == "verify"
        return Asked(
            lead=self._lead, source=self._claim.source, destination=destination, verify=verify
        )

    @property
    def _destination(self) -> Destination | None:
        return self._parts.routing.destinations.get(self._claim.destination)

    async def run(
        self, directory: Mapping[str, PropertyEntry], known: Known | None = NOBODY
    ) -> Record:
        """`known` None: it could not be read, and so nothing is sent now."""
        destination = self._destination
        if destination is None:
            gone = f"the routing file no longer has [destinations.{self._claim.destination}]"
            return self._record(Hold(gone), Report(outcome=Unsendable(State.HELD, gone)))
        policy = _policy(destination)
        situation = self._situation()
        if self._claim.mode == "judge":
            return self._judged(Unknown(DIED), policy, situation)
        if self._lead is None:
            return self._record(self._unreadable(), None)
        if self._claim.age > policy.max_age and self._claim.mode == "send":
            late = f"older than {policy.max_age / 3600:g} h before it could be sent"
            return self._record(Settle(State.EXPIRED, late), None)
        lead = routing.resolve(self._lead, directory.get(self.reference or ""))
        parcel = parcel_for(self._parts, lead, destination, self._claim, known or NOBODY)
        if self._claim.mode == "verify":
            return await self._verified(parcel, policy, situation)
        if known is None:  # the ledger's fault: it says nothing of the vendor's health
            return self._record(retry.decide(NotSent(NOT_READ), policy, situation), None)
        report = await self._parts.connectors[destination.account].send(parcel)
        decision = retry.decide(report.outcome, policy, situation)
        return self._record(decision, report, limit=destination.pause_after_refusals)

    def failed(self, error: BaseException) -> Record:
        """A fault of our own, wherever it struck: nobody knows how far it got, so a person acts."""
        fault = f"a fault in the bridge ({type(error).__name__}); it may have arrived"
        return self._record(Hold(fault), Report(outcome=Unknown(fault)))

    def _unreadable(self) -> Decision:
        if self._sealed:
            return Hold(self._sealed)
        return Settle(State.CANCELLED, "the person's data was erased")

    def _judged(self, outcome: Unknown, policy: Policy, situation: Situation) -> Record:
        decision = retry.decide(outcome, policy, situation)
        return self._record(decision, Report(outcome=outcome))

    async def _verified(self, parcel: Parcel, policy: Policy, situation: Situation) -> Record:
        connector = self._parts.connectors[self._claim.account]
        verdict, exchanges = await connector.verify(parcel)
        decision = _after_read_back(verdict, policy, situation)
        return self._record(decision, None, exchanges=exchanges)

    def _situation(self) -> Situation:
        return Situation(
            attempt=self._claim.attempt,
            unknowns=self._claim.unknowns,
            age=self._claim.age,
            now=self._parts.clock(),
            luck=self._parts.luck(),
        )

    def _record(
        self,
        decision: Decision,
        report: Report | None,
        *,
        exchanges: list[Exchange] | None = None,
        limit: int = 25,
    ) -> Record:
        outcome = report.outcome if report else None
        wait = decision.delay if isinstance(decision, SendAgain) else 0.0
        return Record(
            claim=self._claim,
            decision=decision,
            unknown=isinstance(outcome, Unknown),
            health=self._health(outcome),
            account_wait=wait if isinstance(outcome, RateLimited) else 0.0,
            refused=isinstance(outcome, Rejected),
            pause_after_refusals=limit,
            entry=self._entry(decision, report, exchanges or (report.exchanges if report else [])),
        )

    def _health(self, outcome: Outcome | Unsendable | None) -> Health:
        """How the vendor is doing; that a worker of ours died says nothing of it."""
        if outcome is None or self._claim.mode == "judge":
            return "none"
        return HEALTH.get(type(outcome), "none")

    def _entry(self, decision: Decision, report: Report | None, exchanges: list[Exchange]) -> bytes:
        outcome = report.outcome if report else None
        header = {
            "what": "attempt",
            "destination": self._claim.destination,
            "attempt": self._claim.attempt,
            "mode": self._claim.mode,
            "outcome": type(outcome).__name__ if outcome else "",
            "reason": getattr(outcome, "reason", "") or getattr(decision, "reason", ""),
            "decision": type(decision).__name__,
            "state": getattr(decision, "state", ""),
            "delay": round(getattr(decision, "delay", 0.0), 1),
            "status": exchanges[-1].status if exchanges else None,
            "ms": sum(one.ms for one in exchanges),
            "moved": report.moved if report else [],
        }
        lean = {key: value for key, value in header.items() if value not in ("", None, [], 0.0)}
        sealed = self._parts.vault.seal(orjson.dumps(exchanges)) if exchanges else b""
        return orjson.dumps(lean) + b"\n" + sealed


def parcel_for(
    parts: Parts, lead: Lead, destination: Destination, claim: Claim, known: Known
) -> Parcel:
    """`lead` with the ids that the property directory knows."""
    source = parts.routing.sources.get(claim.source)
    levels = (
        ("lead", lead.country),
        ("source", source.country if source else None),
        ("destination", destination.country),
    )
    level, region = next(((n, c) for n, c in levels if c), ("none", None))
    return Parcel(
        lead_id=claim.lead_id,
        lead=lead,
        source=claim.source,
        action=destination.action,
        options=cast("ActionOptions", destination.options),
        region=region,
        region_source=level,
        attempt=claim.attempt,
        possible_duplicate=claim.unknowns > 0,
        known_as=known.references,
        known_here=known.here,
    )


@lru_cache(maxsize=512)
def stored_lead(vault: Vault, blob: bytes) -> Lead:
    """Raises `SealError`. A lead goes to several destinations, and is opened once for them."""
    return Lead.model_validate(orjson.loads(vault.unseal(blob))["lead"])


def _after_read_back(verdict: Verdict, policy: Policy, situation: Situation) -> Decision:
    match verdict:
        case Found(reference=reference):
            return Settle(State.DELIVERED, "read back from the vendor", reference)
        case Absent():
            return retry.absent("the outcome was unknown", policy, situation)
        case CannotTell(reason=reason):
            return Hold(f"it may have arrived, and {reason}")


def _policy(destination: Destination) -> Policy:
    return Policy(
        on_unknown=destination.on_unknown,
        max_age=destination.max_age,
        schedule=destination.retry,
    )
