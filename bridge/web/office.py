"""What the routes work with: made when the server starts, on its own loop."""

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from bridge.pipeline import Acceptor, Parts, Together


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    parts: Parts
    acceptor: Acceptor
    together: Together
    api_token: str | None

    @staticmethod
    def of(request: Request) -> "Office":
        return cast("Office", request.app.state.office)
