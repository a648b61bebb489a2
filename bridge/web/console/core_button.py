"""A broker comes in by the button in Core: `/core/ACCOUNT?token=…` (FACTS 1A.3, VerifyToken).

The token serves once, is shown to Flow alone, and is gone from the address with the first answer.
"""

import hashlib
import logging
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bridge.connectors.base import LookUpError
from bridge.connectors.orders import OrderDesk, OrderRules, TokenOwner
from bridge.delivery.ledger import LedgerError
from bridge.pipeline import orders
from bridge.pipeline.orders.registry import ORDER_ID
from bridge.web.console.frame import page
from bridge.web.console.guard import COOKIE, is_secure
from bridge.web.office import Office

log = logging.getLogger("bridge.console")

LASTS = 1800.0  # seconds: the button is near
USED = 30 * 86_400.0  # seconds that a token is remembered; how long Flow takes one is not stated
LONGEST = 4096  # characters of a token
TRIES, PER = 30, 300.0  # of one address

Why = Literal["used", "refused", "away", "many", "nothing", "off"]
WHY: dict[Why, tuple[int, str, str]] = {
    "used": (403, "This link was used", "It lets you in once."),
    "refused": (403, "Core does not know this link", "It may be too old."),
    "away": (
        503,
        "Core could not be asked",
        "Whether the link is right is not known at the moment.",
    ),
    "many": (429, "Too many tries", "Wait five minutes."),
    "nothing": (
        403,
        "Nothing to see",
        "The link belongs to no order, and your office is not let in.",
    ),
    "off": (404, "Nothing is here", "Nobody comes in from Core here."),
}

router = APIRouter(prefix="/core")


@router.get("/{account}")
async def press(request: Request, account: str, token: str = "") -> Response:
    """Whatever comes of it, the next address has no token in it."""
    return await _come_in(request, account, token)


@router.post("/{account}")
async def press_form(request: Request, account: str) -> Response:
    """The same where Core sends a form."""
    form = await request.form()
    return await _come_in(request, account, str(form.get("token", "")))


@router.get("/{account}/refused")
async def refused(request: Request, account: str, why: str = "") -> Response:
    del account
    known: Why = next((one for one in WHY if one == why), "off")
    status, title, detail = WHY[known]
    return page(request, "core", status, title=title, detail=detail, again=known != "off")


async def _come_in(request: Request, account: str, token: str) -> Response:
    office = Office.of(request)
    desk = orders.desk_of(office.parts, account)
    if desk is None or desk.rules.sign_in is None:
        return _no("-", "off")
    try:
        return await _asked(request, account, desk, token)
    except LedgerError as error:  # a page about it would have the token in its address
        log.warning("core.away account=%s reason=%s", account, error)
        return _no(account, "away")


async def _asked(request: Request, account: str, desk: OrderDesk, token: str) -> Response:
    office = Office.of(request)
    address = request.client.host if request.client else ""
    if await office.parts.ledger.spend(f"core:{_digest(address)}", TRIES, PER):
        return _no(account, "many")
    if not 0 < len(token) <= LONGEST:
        return _no(account, "refused")
    mine = f"core-token:{_digest(token)}"
    if not await office.parts.ledger.shelf_add(mine, b"1", ttl=USED):
        return _no(account, "used")
    try:
        owner = await desk.whose(token)
    except LookUpError as error:
        await office.parts.ledger.shelf_drop(mine)  # it was not used
        log.warning("core.away account=%s reason=%s", account, error)
        return _no(account, "away")
    if owner is None:
        await office.parts.ledger.shelf_drop(mine)  # guesses leave nothing behind
        return _no(account, "refused")
    return await _welcome(request, account, desk.rules, owner)


async def _welcome(
    request: Request, account: str, rules: OrderRules, owner: TokenOwner
) -> Response:
    """An office that the account names sees the account, everybody else the order's case."""
    office, role = Office.of(request), rules.sign_in
    whole = owner.office_id is not None and owner.office_id in rules.office_ids
    usable = bool(ORDER_ID.fullmatch(owner.order_id))
    if role is None or not (whole or usable):
        return _no(account, "nothing")
    if usable:  # the broker may be here before the first lead is
        await orders.meet(office.parts, account, owner.order_id)
    session = await office.sessions.begin_for_offices(
        f"Core user {owner.user_id}",
        role,
        (account,),
        order="" if whole else owner.order_id,
        lasts=LASTS,
    )
    log.info("core.signed_in account=%s user=%d whole=%s", account, owner.user_id, whole)
    answer = RedirectResponse("/leads", 303)
    answer.set_cookie(
        COOKIE,
        session,
        max_age=int(LASTS),
        httponly=True,
        samesite="lax",  # the button is on another site
        secure=is_secure(request),
    )
    return answer


def _no(account: str, why: Why) -> Response:
    name = account if account.replace("-", "").replace(".", "").replace("_", "").isalnum() else "-"
    return RedirectResponse(f"/core/{name}/refused?why={why}", 303)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
