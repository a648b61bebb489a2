"""What the routes work with: made when the server starts, on its own loop."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from fastapi import Request

from bridge.access import Sessions, Tokens, Users
from bridge.pipeline import Acceptor, Parts, Together


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    parts: Parts
    acceptor: Acceptor
    together: Together
    api_token: str | None
    users: Users
    tokens: Tokens
    sessions: Sessions
    tasks: set[asyncio.Task[None]] = field(default_factory=set)  # replays that run here

    @staticmethod
    def of(request: Request) -> "Office":
        return cast("Office", request.app.state.office)
