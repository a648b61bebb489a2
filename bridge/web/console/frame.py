"""How pages are made: templates, times in words, states by word and mark, what was just done."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bridge import __version__
from bridge.access import Session, allows
from bridge.delivery.ledger import LedgerError
from bridge.pipeline.redact import masked
from bridge.web.console.guard import SignInFirst
from bridge.web.office import Office
from bridge.web.problems import Problem, on_problem

HERE = Path(__file__).parent
ASSETS = HERE / "assets"
MACHINES = ("/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/redoc")
MINUTE, HOUR, DAY = 60, 3600, 86_400

SAID = {
    "corrected": "Corrected and on the timeline.",
    "released": "Corrected, and on its way again.",
    "same": "Nothing was changed.",
    "going": "On its way again.",
    "paused": "Paused; everything waits.",
    "resumed": "Goes on with everything that waited.",
    "let-in": "Understood now: this is the lead that came of it.",
    "dropped": "Taken out of quarantine for good.",
    "known": "The property is known now; leads that waited for it go on.",
    "password": "Your password is another one now. Sign in with it.",
    "out": "You are signed out.",
    "cancelled": "Cancelled; what was not sent stays as it was.",
    "none": "Nothing fits, so nothing was sent.",
}

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """`values` and what every page needs."""
    me = cast("Session | None", getattr(request.state, "me", None))
    now = Office.of(request).parts.clock()
    values = {
        "me": me,
        "csrf": me.csrf if me else "",
        "may_act": me is not None and allows(me.role, "operator"),
        "path": request.url.path,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "said": _said(request),
        "now": now.timestamp(),
        "ago": lambda at: ago(now.timestamp() - at),
        "version": __version__,
        **values,
    }
    return HTMLResponse(_templates.get_template(f"{name}.html").render(values), status)


def ago(seconds: float) -> str:
    """`4 min ago`, `in 2 h`: the largest unit that says something."""
    size = abs(seconds)
    if size < MINUTE:
        words = f"{size:.0f} s"
    elif size < HOUR:
        words = f"{size / MINUTE:.0f} min"
    elif size < 2 * DAY:
        words = f"{size / HOUR:.0f} h"
    else:
        words = f"{size / DAY:.0f} days"
    return f"in {words}" if seconds < 0 else f"{words} ago"


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def exact(at: float) -> str:
    """As a title says it."""
    return datetime.fromtimestamp(at, UTC).strftime("%A %-d %B %Y, %H:%M:%S UTC")


def words(name: str) -> str:
    """`final_price_watch` as a person writes it."""
    return name.replace("_", " ")


OUTCOMES = {
    "NotSent": "Not sent",
    "RateLimited": "Told to wait",
    "AccountProblem": "The account was refused",
    "Unknown": "May have arrived",
}


def outcome(name: str) -> str:
    return OUTCOMES.get(name, name)


_templates.filters |= {
    "iso": iso,
    "exact": exact,
    "words": words,
    "outcome": outcome,
    "masked": masked,
}


def wants_page(request: Request) -> bool:
    """A person at a browser, not a program at the API."""
    accepts = "text/html" in request.headers.get("accept", "")
    return accepts and not request.url.path.startswith(MACHINES)


async def on_fault(request: Request, error: Exception) -> Response:
    """The same sentence that a program gets, on a page."""
    if isinstance(error, SignInFirst):
        raise error
    answer = await on_problem(request, error)
    if isinstance(error, LedgerError):
        title, detail = "The ledger is away", "It cannot be read at the moment; try again soon."
    elif isinstance(error, Problem):
        title, detail = error.body.title, error.body.detail
    elif answer.status_code == 404:
        title, detail = "Nothing is here", "The address is wrong, or what it showed is gone."
    else:
        title, detail = "That went wrong", "The bridge met a fault; nothing was changed by it."
    return page(request, "oops", answer.status_code, title=title, detail=detail)


def _said(request: Request) -> str:
    what = request.query_params.get("said", "")
    if what == "acted":
        done = request.query_params.get("n", "")
        left = request.query_params.get("no", "")
        text = f"{done if done.isdecimal() else 0} done."
        more = left.isdecimal() and left != "0"
        return f"{text} {left} had gone on meanwhile and were left." if more else text
    return SAID.get(what, "")
