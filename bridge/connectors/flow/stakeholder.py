"""POST api/Public/Cases/{guid}/Stakeholders: a lead becomes a stakeholder of a case (FACTS F3)."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from bridge.connectors import classify, language, people
from bridge.connectors.base import Parcel, Report
from bridge.connectors.flow import bases, matching, prefixes, roles
from bridge.connectors.flow.api import FlowCalls
from bridge.connectors.flow.settings import Stakeholder
from bridge.connectors.flow.token import NoToken
from bridge.connectors.transport import Answer, Failure
from bridge.outcomes import (
    AccountProblem,
    Delivered,
    NotSent,
    Outcome,
    RateLimited,
    State,
    Unsendable,
)

# FACTS 1A.5. A 409 may mean "already there": it is read back, not believed.
POST = classify.Table(
    statuses={
        401: "account",
        403: "account",
        408: "unknown",
        409: "unknown",
        425: "unknown",
        429: "rate",
        503: "not_sent",
    },
)


class SendStakeholder:
    """One attempt."""

    def __init__(self, calls: FlowCalls, parcel: Parcel, options: Stakeholder) -> None:
        self._calls = calls
        self._parcel = parcel
        self._options = options
        self._left = people.Leftovers()

    async def run(self) -> Report:
        outcome = await self._send()
        moved = self._left.moved
        if not self._options.comments:  # nothing is dropped silently: the attempt says so
            moved = [f"{name} (left out: comments = false)" for name in moved]
        return Report(outcome=outcome, exchanges=self._calls.exchanges, moved=moved)

    async def _send(self) -> Outcome | Unsendable:
        place = self._parcel.lead.property
        case = place.flow.case_guid or self._options.case_guid
        lacking = self._options.lacks(place)
        if lacking:
            return Unsendable(State.HELD, lacking)
        why_not = await self._has_a_role_already()
        if why_not is not None:
            return why_not
        chosen = await bases.fields(self._calls, self._options, self._parcel.lead)
        if not isinstance(chosen, dict):
            return chosen
        body = await self._body()
        if not isinstance(body, dict):
            return body
        path = f"Public/Cases/{quote(str(case))}/Stakeholders"
        answer = await self._calls.call("POST", path, body | chosen)
        if _is_bad_request(answer) and self._options.processing_bases.display_types:
            # A basis may have got a new version since it was looked up; a 400 was refused (F-T6b).
            again = await bases.fields(self._calls, self._options, self._parcel.lead, fresh=True)
            if isinstance(again, dict) and again != chosen:
                answer = await self._calls.call("POST", path, body | again)
        return self._meaning(answer)

    async def _has_a_role_already(self) -> Outcome | Unsendable | None:
        """Who buys or sells the house is no stakeholder of it; off unless roles are named."""
        case = self._options.number(self._parcel.lead.property)
        wanted = roles.single(self._options.not_for_roles)
        if not wanted or case is None:
            return None
        found = await matching.find(self._calls, self._parcel, case, wanted)
        if isinstance(found, matching.Match):
            text = f"the person has the role {found.role} on case {case} already"
            return Unsendable(State.SKIPPED, text)
        return found

    async def _body(self) -> dict[str, Any] | Outcome | Unsendable:
        person = self._parcel.lead.person
        words = language.words(self._language)
        emails = people.emails(self._parcel, self._left, words["email"])
        telephone = await self._telephone()
        if not isinstance(telephone, str):
            return telephone
        if not emails and not telephone:
            text = "no valid e-mail address and no phone number that Flow takes"
            return Unsendable(State.HELD, text)
        for spare in emails[1:]:
            self._left.add("second e-mail", words["email"], spare)
        first, last = person.first_name, person.last_name
        body = {
            "FirstName": first or last or self._options.surname_filler,
            "SurName": (last if first else None) or self._options.surname_filler,  # F-T4
            "Email": next(iter(emails), None),
            "Telephone": telephone,
            "Comments": self._comments(),
            "PreventDefaultEmail": self._options.prevent_default_email,
            "ContactMethodType": self._options.contact_method_type,
            "NotificationLanguage": self._options.notification_language,
        }
        # An empty string is not `present` to Flow (F-T3).
        return {name: value for name, value in body.items() if value not in (None, "")}

    async def _telephone(self) -> str | Outcome:
        """Only +E.164 with a supported prefix: anything else would become Norwegian (F-T2)."""
        label = language.words(self._language)["phone"]
        numbers = people.numbers(self._parcel, self._left, label)
        if not numbers:
            return ""
        known = await prefixes.supported(self._calls)
        if not isinstance(known, frozenset):
            return known
        good = [one.e164 for one in numbers if prefixes.fits(one.e164, known)]
        for number in numbers:
            if number.e164 not in good[:1]:
                name = "further phone" if number.e164 in good else "phone with a foreign prefix"
                self._left.add(name, label, number.e164)
        return next(iter(good), "")

    def _comments(self) -> str | None:
        """Whatever Flow has no field for: address, campaign, our id, and the person's message."""
        lead, words = self._parcel.lead, language.words(self._language)
        address = lead.person.address
        place = ", ".join(filter(None, (address.street, address.postal_code, address.city)))
        utm = ", ".join(f"{name}={value}" for name, value in lead.marketing.utm.items())
        for name, label, value in (
            ("address", words["address"], place),
            ("referrer", words["referrer"], lead.marketing.referrer or ""),
            ("utm", words["utm"], utm),
        ):
            if value:
                self._left.add(name, label, value)
        if not self._options.comments:
            self._left.moved += ["message"] if lead.message else []
            return None
        return people.joined(
            (
                language.wish(lead.intent, self._language),
                words["duplicate"] if self._parcel.possible_duplicate else "",
                lead.message or "",
                *self._left.lines,
                f"{words['source']}: {self._parcel.source}",
                f"{words['lead']}: {self._parcel.lead_id}",
            ),
        )

    @property
    def _language(self) -> language.Language:
        return "sv" if self._options.notification_language == "Swedish" else "no"

    def _meaning(self, answer: Answer | Failure | NoToken) -> Outcome:
        """`{"Value": n}`, whose meaning nobody states: kept as it is (FACTS F3)."""
        if isinstance(answer, NotSent | AccountProblem | RateLimited):
            return answer
        if isinstance(answer, Failure) or not answer.ok:
            now = self._calls.api.clock()
            return classify.outcome(answer, POST, self._parcel.lead, now)
        found = classify.json_of(answer)
        value = found.get("Value") if isinstance(found, dict) else found
        return Delivered(classify.reference(value))


def _is_bad_request(answer: Answer | Failure | NoToken) -> bool:
    return isinstance(answer, Answer) and answer.status == HTTPStatus.BAD_REQUEST
