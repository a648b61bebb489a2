"""Who is at the console, and whether a form is really theirs."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from bridge.access import Role, Session, allows
from bridge.delivery.values import DeliveryRow
from bridge.pipeline import orders
from bridge.web import auth
from bridge.web.office import Office
from bridge.web.problems import Problem

COOKIE = "bridge_session"
FORM_COOKIE = "bridge_form"  # of a form before anybody is signed in


class SignInFirst(Exception):
    """Nobody is signed in; answered with the way to it."""


async def to_sign_in(_: Request, __: Exception) -> Response:
    return RedirectResponse("/sign-in", 303)


async def signed_in(request: Request) -> Session:
    office = Office.of(request)
    session = await office.sessions.of(request.cookies.get(COOKIE, ""))
    if session is not None and session.offices:
        session = await vouched(office, session)
    if session is None:
        raise SignInFirst
    request.state.me = session
    return session


async def vouched(office: Office, session: Session) -> Session | None:
    """With what it may see now; None: the routing file no longer lets it in, or not as this."""
    for account in session.offices:
        desk = orders.desk_of(office.parts, account)
        if desk is None or desk.rules.sign_in != session.role:
            return None
    if not session.order:
        return session
    found = [await orders.leads_of(office.parts, one, session.order) for one in session.offices]
    return session.model_copy(update={"leads": frozenset().union(*found)})


Me = Annotated[Session, Depends(signed_in)]


def _at_least(needed: Role) -> Any:
    async def check(me: Me) -> Session:
        if not allows(me.role, needed):
            detail = f"You are signed in as {me.role}; this takes {needed}."
            raise Problem(403, "Not for your role", detail)
        return me

    return Depends(check)


async def _whole(me: Me) -> Session:
    """Pages about the whole bridge are not for who sees some accounts alone."""
    if me.offices:
        raise Problem(403, "Not for your office", "This page is about all accounts.")
    return me


Operator = Annotated[Session, _at_least("operator")]
Admin = Annotated[Session, _at_least("admin")]
Whole = Annotated[Session, Depends(_whole)]


async def filled_in(request: Request, me: Me) -> FormData:
    """What was filled in. Raises `Problem` 403 for a form that this session did not get."""
    form = await request.form()
    if not auth.same(str(form.get("csrf", "")), me.csrf):
        detail = "The form is too old or is not from here; go back, load the page again, and retry."
        raise Problem(403, "Try again", detail)
    return form


Form = Annotated[FormData, Depends(filled_in)]


def sees(me: Session, deliveries: list[DeliveryRow]) -> bool:
    """Whether a lead with these deliveries is this session's business."""
    ours = not me.offices or any(one.account in me.offices for one in deliveries)
    return ours and (me.leads is None or any(one.lead_id in me.leads for one in deliveries))


def text(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip()


def back(form: FormData, otherwise: str) -> str:
    """Where the form says it came from, if that is here."""
    path = text(form, "back")
    here = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if here else otherwise


def is_secure(request: Request) -> bool:
    """Behind a proxy as BRIDGE_TRUSTED_PROXIES lets it say."""
    return request.url.scheme == "https"
