"""POST api/Notifications: tell the people of a case, in Core, by e-mail or SMS (FACTS F4, 4.4)."""

import html
from datetime import UTC
from typing import Any

from bridge.connectors import classify, language, people
from bridge.connectors.base import Parcel, Report
from bridge.connectors.flow import employees
from bridge.connectors.flow.api import FlowCalls
from bridge.connectors.flow.settings import Notification
from bridge.connectors.transport import Failure
from bridge.outcomes import (
    AccountProblem,
    Delivered,
    NotSent,
    Outcome,
    RateLimited,
    State,
    Unsendable,
)

# FACTS 1A.5. Even a 503 may have sent an SMS.
POST = classify.Table(
    statuses={401: "account", 403: "account", 408: "unknown", 425: "unknown", 429: "rate"},
)


class SendNotification:
    """One attempt."""

    def __init__(self, calls: FlowCalls, parcel: Parcel, options: Notification) -> None:
        self._calls = calls
        self._parcel = parcel
        self._options = options

    async def run(self) -> Report:
        return Report(outcome=await self._send(), exchanges=self._calls.exchanges)

    async def _send(self) -> Outcome | Unsendable:
        case = self._parcel.lead.property.flow.case_id or self._options.case_id
        if case is None:
            return Unsendable(State.HELD, self._options.lacks(self._parcel.lead.property))
        recipients = await self._recipients(case)
        if not isinstance(recipients, list):
            return recipients
        if not recipients:
            return Unsendable(State.HELD, self._nobody(case))
        answer = await self._calls.call("POST", "Notifications", self._body(case, recipients))
        if isinstance(answer, NotSent | AccountProblem | RateLimited):
            return answer
        if isinstance(answer, Failure) or not answer.ok:
            now = self._calls.api.clock()
            return classify.outcome(answer, POST, self._parcel.lead, now)
        found = classify.json_of(answer)
        return Delivered(classify.reference(found.get("Id") if isinstance(found, dict) else None))

    async def _recipients(self, case: int) -> list[int] | Outcome | Unsendable:
        found: dict[int, None] = {}
        for role in self._options.to_roles:
            ids = await self._calls.get(f"Cases/{case}/Roles/{role}/Ids", self._parcel.lead)
            if not isinstance(ids, list):
                return ids if not isinstance(ids, dict) else NotSent("Roles answered an object")
            found |= dict.fromkeys(one for one in ids if isinstance(one, int))
        for email in self._employees(fall_back=not found):
            one = await employees.contact(self._calls, email, self._parcel.lead)
            if one is not None and not isinstance(one, int):
                return one
            found |= {one: None} if one is not None else {}
        return list(found)

    def _employees(self, *, fall_back: bool) -> list[str]:
        """E-mail addresses of those who are told beside, or in place of, the people of the case."""
        wanted = list(self._options.fallback_employees) if fall_back else []
        ids = self._parcel.lead.extra.get("homeq")
        if self._options.homeq_employee and isinstance(ids, dict):
            theirs = str(ids.get("agent_email") or "")
            wanted += [theirs] if people.EMAIL.fullmatch(theirs) else []
        return list({one.casefold(): one for one in wanted}.values())

    def _nobody(self, case: int) -> str:
        roles = " or ".join(self._options.to_roles)
        text = f"nobody has the role {roles} on case {case}"
        if not self._employees(fall_back=True):
            return text
        return f"{text}, and Core knows none of the employees to tell instead"

    def _body(self, case: int, recipients: list[int]) -> dict[str, Any]:
        channels = self._options.channels
        text = self._text()
        return {
            "Importance": "Medium",
            "SourceType": "CaseBase",
            "CaseId": case,
            # With an offset: a time without one has no defined effect (F-T18).
            "NotifyDateTime": self._calls.api.clock().astimezone(UTC).isoformat(),
            "Subject": self._subject(),
            "Description": _as_html(text) if self._options.html else text,
            "IsDescriptionHtml": self._options.html,
            "ContactIds": recipients,
            "CustomRecipients": [],
            "SendEmail": "email" in channels,
            "SendSms": "sms" in channels,
            "SendToClient": "client" in channels,
        }

    def _subject(self) -> str:
        lead, words = self._parcel.lead, language.words("no")
        place = lead.property.title or lead.property.reference
        return self._options.subject or ": ".join(filter(None, (words["new_lead"], place)))

    def _text(self) -> str:
        """What a broker needs to call back; the number only where it is certain."""
        lead, words = self._parcel.lead, language.words("no")
        left = people.Leftovers()
        numbers = [one.e164 for one in people.numbers(self._parcel, left, words["phone"])]
        emails = people.emails(self._parcel, left, words["email"])
        return people.joined(
            (
                f"{language.wish(lead.intent, 'no')}: {lead.person.name}".rstrip(": "),
                ", ".join((*numbers, *emails)),
                lead.message or "",
                *left.lines,
                f"{words['lead']}: {self._parcel.lead_id}",
            ),
        )


def _as_html(text: str) -> str:
    """What a person wrote is text, never markup."""
    return html.escape(text).replace("\n", "<br>")
