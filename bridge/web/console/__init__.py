"""The operators' console at `/`: rendered here, readable without JavaScript."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from bridge.web.console import (
    accounts,
    core_button,
    deliveries,
    leads,
    picture,
    properties,
    quarantine,
    replays,
    sign_in,
    waiting,
)
from bridge.web.console.frame import ASSETS, on_fault, wants_page
from bridge.web.console.guard import SignInFirst, to_sign_in

__all__ = ["add_to", "on_fault", "wants_page"]


def add_to(app: FastAPI) -> None:
    for one in (
        sign_in,
        core_button,
        waiting,
        leads,
        picture,
        deliveries,
        replays,
        accounts,
        quarantine,
        properties,
    ):
        app.include_router(one.router, include_in_schema=False)
    app.add_exception_handler(SignInFirst, to_sign_in)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")
