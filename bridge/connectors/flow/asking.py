"""Look-ups that no delivery waits for: the commands, the console, the nightly look.

They have a limit of their own, over all workers, so that looking never takes a delivery's turn.
"""

from http import HTTPStatus
from typing import Any

from bridge.connectors import classify
from bridge.connectors.base import LookUpError
from bridge.connectors.flow.api import GET, JSON, FlowCalls
from bridge.connectors.transport import LARGEST, Answer, Failure
from bridge.outcomes import RateLimited

TURNS = (120, 60.0)  # Flow's general limit is not stated (F-T15)


class RefusedError(LookUpError):
    """Flow answered, and it was no, for good. `status` is HTTP's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class TooLargeError(LookUpError):
    """More came than is ever read."""


async def answer(calls: FlowCalls, path: str, *, method: str = "GET", accept: str = JSON) -> Answer:
    """A success. Raises `RefusedError` where Flow said no, else `LookUpError`."""
    wait = await calls.api.shelf.spend(f"flow-looks:{calls.api.account.client_id}", *TURNS)
    if wait > 0:
        raise LookUpError(f"the bridge looks {TURNS[0]} times a minute; {wait:.0f} s to wait")
    found = await calls.call(method, path, accept=accept)
    if isinstance(found, RateLimited):
        raise LookUpError("Flow asks us to wait before it gives a token")
    if isinstance(found, Failure):
        raise LookUpError(f"Flow cannot be reached: {found.reason}")
    if not isinstance(found, Answer):
        raise LookUpError(f"Flow: {found.reason}")
    if found.ok:
        return found
    match GET.meaning(found.status):
        case "rate":
            raise LookUpError("Flow asks us to wait a while (HTTP 429)")
        case "not_sent":
            raise LookUpError(f"Flow said {classify.said(found)}")
        case _:
            raise RefusedError(found.status, f"Flow said {classify.said(found)}")


async def json(calls: FlowCalls, path: str, *, method: str = "GET") -> Any:
    """Raises as `answer` does, also for what is no JSON or came by half."""
    found = await answer(calls, path, method=method)
    if len(found.body) >= LARGEST:
        raise TooLargeError("Flow's answer is too large to be read")
    tree = classify.json_of(found)
    if tree is None or not found.complete:
        raise LookUpError(f"Flow said HTTP {found.status} without JSON")
    return tree


def is_unknown(error: LookUpError) -> bool:
    return isinstance(error, RefusedError) and error.status == HTTPStatus.NOT_FOUND
