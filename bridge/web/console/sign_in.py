"""In and out, the first administrator, and one's own password."""

import secrets

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bridge.access import AccessError
from bridge.access.sessions import LASTS
from bridge.web import auth
from bridge.web.console.frame import page
from bridge.web.console.guard import COOKIE, FORM_COOKIE, Form, Me, is_secure, text
from bridge.web.office import Office
from bridge.web.problems import Problem

router = APIRouter()


@router.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    return _form(request, "sign_in", problem="")


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    form = await request.form()
    _ours(request, str(form.get("csrf", "")))
    office = Office.of(request)
    try:
        user = await office.users.sign_in(
            text(form, "name"), str(form.get("password", "")), _address(request)
        )
    except AccessError as error:
        return _form(request, "sign_in", problem=str(error), status=403)
    return _welcome(request, await office.sessions.begin(user))


@router.get("/first/{secret}")
async def first_page(request: Request, secret: str) -> Response:
    good = await Office.of(request).users.is_first(secret)
    return _form(request, "first", problem="", good=good, status=200 if good else 410)


@router.post("/first/{secret}")
async def first(request: Request, secret: str) -> Response:
    form = await request.form()
    _ours(request, str(form.get("csrf", "")))
    office = Office.of(request)
    try:
        user = await office.users.first(secret, text(form, "name"), str(form.get("password", "")))
    except AccessError as error:
        good = await office.users.is_first(secret)
        return _form(request, "first", problem=str(error), good=good, status=422)
    return _welcome(request, await office.sessions.begin(user))


@router.post("/sign-out")
async def sign_out(request: Request, _: Form) -> Response:
    await Office.of(request).sessions.end(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/sign-in?said=out", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/me")
async def me_page(request: Request, _: Me) -> Response:
    return page(request, "me", problem="")


@router.post("/me/password")
async def password(request: Request, me: Me, form: Form) -> Response:
    """The old one is asked for: an open screen is not enough. Ends every session of this user."""
    users = Office.of(request).users
    if me.offices:
        raise Problem(403, "Not here", "Your password is the vendor's; change it there.")
    try:
        await users.sign_in(me.user, str(form.get("old", "")), _address(request))
        await users.set_password(me.user, str(form.get("new", "")))
    except AccessError as error:
        return page(request, "me", 422, problem=str(error))
    return RedirectResponse("/sign-in?said=password", 303)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _ours(request: Request, given: str) -> None:
    """Raises `Problem` 403 unless this browser got the form from here."""
    if not auth.same(given, request.cookies.get(FORM_COOKIE, "")):
        detail = "The form is too old; go back, load the page again, and retry."
        raise Problem(403, "Try again", detail)


def _form(
    request: Request, name: str, *, problem: str, good: bool = True, status: int = 200
) -> Response:
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    answer = page(request, name, status, csrf=token, problem=problem, good=good)
    answer.set_cookie(
        FORM_COOKIE, token, httponly=True, samesite="strict", secure=is_secure(request)
    )
    return answer


def _welcome(request: Request, session: str) -> Response:
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE,
        session,
        max_age=int(LASTS),
        httponly=True,
        samesite="lax",  # a link to a lead in a mail opens it; every form has its own token
        secure=is_secure(request),
    )
    answer.delete_cookie(FORM_COOKIE)
    return answer
