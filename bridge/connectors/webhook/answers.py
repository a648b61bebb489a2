"""What a receiver's answer means, with no more trust than it earns.

The spec ("Delivery success and failure") calls everything but 2xx a failure and sends it again;
what may have been taken is unknown to us, and only a receiver that knows a webhook-id again is sent
it twice.
"""

from datetime import datetime
from http import HTTPStatus

from bridge.connectors import classify
from bridge.connectors.base import Parcel
from bridge.connectors.transport import Answer, Failure
from bridge.connectors.webhook.settings import SendLead
from bridge.outcomes import AccountProblem, Delivered, Outcome, RateLimited, State, Unsendable

MOVED = "the address has moved and no redirect is followed: change base_url"

TABLE = classify.Table(
    statuses={
        # Nothing of the lead stands in the address, so a moved one is the account's matter…
        **dict.fromkeys((301, 307, 308), "account"),
        # …but programs that serve forms answer these when they have taken something.
        **dict.fromkeys((302, 303), "unknown"),
        **dict.fromkeys((401, 402, 403, 410), "account"),
        408: "unknown",
        425: "not_sent",  # refused for fear of processing it twice (RFC 8470)
        429: "rate",
    },
)
WHY = {
    **dict.fromkeys((301, 307, 308), MOVED),
    HTTPStatus.GONE: "the receiver wants no more webhooks at this address",
}
NOT_SERVED = frozenset({301, 302, 303, 307, 308, 401, 402, 403, 404, 405, 410})  # by a ping


def meaning(
    answer: Answer | Failure, parcel: Parcel, options: SendLead, now: datetime
) -> Outcome | Unsendable:
    if isinstance(answer, Failure):
        if answer.barred:
            return AccountProblem(
                f"{answer.reason}; allow_private = true on the account lets it be"
            )
        return classify.outcome(answer, TABLE, parcel.lead, now)
    if answer.ok:
        return Delivered(_reference(answer, parcel, options))
    words = classify.said(answer, parcel.lead)
    if answer.status in WHY:
        return AccountProblem(f"{words}; {WHY[answer.status]}")
    if answer.status == HTTPStatus.CONFLICT and parcel.possible_duplicate:
        why = "an earlier answer was lost, so it may be saying that it has it already"
        return Unsendable(State.HELD, f"{words}; {why}")
    until = classify.wait_until(answer.headers, now)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and until:
        # A gateway's bare 503 may come after the receiver took it; one that names a time is a
        # receiver that refused.
        return RateLimited(until)
    return classify.outcome(answer, TABLE, parcel.lead, now)


def _reference(answer: Answer, parcel: Parcel, options: SendLead) -> str | None:
    """`id` of a JSON object, else a header; nothing that would name the person."""
    found = classify.json_of(answer) if answer.complete else None
    named = classify.reference(found.get("id") if isinstance(found, dict) else None)
    named = named or classify.reference(_header(answer, options.reference_header))
    personal = (one.lower() for one in parcel.lead.personal_values() if len(one) > 1)
    return None if named and any(one in named.lower() for one in personal) else named


def _header(answer: Answer, name: str) -> str:
    """An address without its query, which may hold what nobody else should see."""
    value = answer.headers.get(name, "")
    return value.partition("?")[0].partition("#")[0].strip()
