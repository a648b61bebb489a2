"""A vendor's answer → Outcome, by the vendor's own table (FACTS 1A.5, 1B.5)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import orjson

from bridge.connectors.transport import Answer, Failure
from bridge.leads import Lead
from bridge.outcomes import (
    AccountProblem,
    NotSent,
    Outcome,
    RateLimited,
    Rejected,
    Unknown,
)

Meaning = Literal["permanent", "account", "rate", "not_sent", "unknown"]

LONGEST_WAIT = 3600.0  # a vendor's wish to wait is honoured up to an hour (X-T10)
SERVER_ERROR = 500
SHOWN = 300  # characters of a vendor's words in a reason
LONGEST_ID = 200  # characters of a vendor's reference
PII = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}"  # e-mail addresses
    r"|\b\d{6,8}[-+ ]?\d{4}\b"  # Swedish and Norwegian identity numbers
    r"|\+?\d[\d ()/-]{6,20}\d",  # phone numbers
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What each status means for one kind of call; `otherwise` for the rest of 4xx."""

    statuses: Mapping[int, Meaning]
    otherwise: Meaning = "permanent"
    server_error: Meaning = "unknown"

    def meaning(self, status: int) -> Meaning:
        if status in self.statuses:
            return self.statuses[status]
        return self.server_error if status >= SERVER_ERROR else self.otherwise


def outcome(answer: Answer | Failure, table: Table, lead: Lead, now: datetime) -> Outcome:
    """For anything but a success; reasons never name the person."""
    if isinstance(answer, Failure):
        return Unknown(answer.reason) if answer.reached else NotSent(answer.reason)
    words = said(answer, lead)
    match table.meaning(answer.status):
        case "permanent":
            return Rejected(words)
        case "account":
            return AccountProblem(words)
        case "rate":
            return RateLimited(wait_until(answer.headers, now))
        case "not_sent":
            # A 503 that names a time asks the whole account to wait (FACTS 1B.5).
            until = wait_until(answer.headers, now)
            return RateLimited(until) if until else NotSent(words)
        case "unknown":
            return Unknown(words)


def said(answer: Answer, lead: Lead | None = None) -> str:
    """`HTTP 400: the vendor's own words`, without the person (V-T15)."""
    words = _words(answer)
    if lead is not None:
        words = scrub(words, lead)
    return f"HTTP {answer.status}{': ' if words else ''}{words}"


def _words(answer: Answer) -> str:
    """The message of a JSON error, whatever its shape; never a page of HTML."""
    if "html" in answer.headers.get("content-type", "") or answer.body[:1] == b"<":
        return "a page of HTML"
    found = json_of(answer)
    if isinstance(found, dict | list):
        return "; ".join(_texts(found))[:2000]
    return str(found)[:2000] if found is not None else answer.text[:2000].strip()


def _texts(found: Any) -> Iterable[str]:
    values = found.values() if isinstance(found, dict) else found
    for value in values:
        if isinstance(value, dict | list):
            yield from _texts(value)
        elif value not in (None, ""):
            yield str(value)


def json_of(answer: Answer) -> Any:
    """The body as JSON; None where it is not."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None


def reference(value: object) -> str | None:
    """The vendor's own id of what it took, as it gave it; cut where it is no id but a book."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)[:LONGEST_ID] or None


def scrub(words: str, lead: Lead) -> str:
    """Take the person out of a vendor's words: a refusal echoes what it refuses (V-T15)."""
    for value in sorted(set(lead.personal_values()), key=len, reverse=True):
        if len(value) > 1:
            words = re.sub(re.escape(value), "…", words, flags=re.IGNORECASE)
    return PII.sub("…", " ".join(words.split()))[:SHOWN]


def wait_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When to come back, by `Retry-After` or Flow's `X-RateLimit-Reset` (F-T15, X-T10)."""
    for name in ("retry-after", "x-ratelimit-reset"):
        seconds = _seconds(headers.get(name, "").strip(), now)
        if seconds is not None:
            return now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_WAIT))
    return None


def _seconds(text: str, now: datetime) -> float | None:
    """Seconds, a unix time, an HTTP date or an ISO date: none of which Flow documents."""
    if re.fullmatch(r"\d{1,13}(\.\d{1,6})?", text):
        number = float(text)
        epoch = now.timestamp()
        if number < epoch / 2:
            return number
        return (number / 1000 if number > epoch * 100 else number) - epoch
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
        except ValueError:
            continue
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - now).total_seconds()
    return None
