"""Receivers over HTTP: `POST /webhook/NAME`, strict about signatures, clocks and repeats."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bridge.sandbox.memory import Taken
from bridge.sandbox.webhook.receiver import Receiver, new_receivers
from bridge.sandbox.world import World

PING = "bridge.ping"


class Webhook:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [Route("/{name}", self.take, methods=["POST"])]

    async def take(self, request: Request) -> Response:
        """401 for a signature that does not fit, 410 when it wants no more, 422 for no event."""
        name = request.path_params["name"]
        receiver = self._world.of(new_receivers).get(name)
        if receiver is None:
            return _no(404, "nobody receives here")
        if receiver.gone:
            return _no(410, "gone")
        raw, sent = await request.body(), request.headers
        if any(sent.get(one) != value for one, value in receiver.headers.items()):
            return _no(403, "a header is missing")
        message_id = sent.get("webhook-id", "")
        stamp, signatures = sent.get("webhook-timestamp", ""), sent.get("webhook-signature", "")
        if not receiver.fits(message_id, stamp, signatures, raw, self._world.now):
            return _no(401, "the signature does not fit, or is too old")
        if self._world.wait_of(name) > 0:
            return _no(429, "too many")
        return self._taken(request, receiver, message_id, raw)

    def _taken(self, request: Request, receiver: Receiver, message_id: str, raw: bytes) -> Response:
        event = _event(raw)
        if event is None:
            return _no(422, "an event is JSON with type and data")
        if event["type"] == PING:
            return Response(status_code=204)
        if not receiver.deduplicates or message_id not in receiver.seen:
            receiver.seen[message_id] = f"rec_{len(receiver.seen) + 1}"
            taken = Taken(
                vendor="webhook",
                kind=event["type"],
                account=request.path_params["name"],
                property=message_id,
                body=event,
                reference=receiver.seen[message_id],
            )
            self._world.memory.remember(taken, request, self._world.now)
        return _yes(receiver, receiver.seen[message_id])


def _event(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    whole = isinstance(found, dict) and isinstance(found.get("type"), str) and "data" in found
    return found if whole else None


def _yes(receiver: Receiver, reference: str) -> Response:
    match receiver.answer:
        case "id":
            return JSONResponse({"id": reference}, status_code=201)
        case "header":
            location = f"/records/{reference}?token=not-for-a-log"
            return Response(status_code=202, headers={"location": location})
        case "text":
            return PlainTextResponse("ok")
        case "empty":
            return Response(status_code=204)


def _no(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status_code=status)
