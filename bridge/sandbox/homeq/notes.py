"""Notes on a flat and on a person; a person is a `user_profile`, known from agreements alone."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from bridge.sandbox.homeq.gate import Gate, RefusedError
from bridge.sandbox.memory import Taken

MOMENT = "2026-11-28T12:00:00Z"
LONGEST = {"apartment": 3000, "user": 3500}


class Notes:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> list[Route]:
        there = "/apartment/{id}/notes"
        return [
            self._gate.route(there, self.of_apartment),
            self._gate.route(there, self.put_on_apartment, ("POST",)),
            self._gate.route("/user-notes", self.of_user),
            self._gate.route("/user-note/", self.put_on_user, ("POST",)),
        ]

    async def of_apartment(self, request: Request) -> Any:
        return {"notes": self._of("apartment", self._apartment(request))}

    async def of_user(self, request: Request) -> Any:
        number = request.query_params.get("user_profile", "")
        if not number.isdigit():
            raise RefusedError(412, "UserProfileMissing")
        return {"notes": self._of("user", int(number))}

    async def put_on_apartment(self, request: Request) -> Any:
        body = await request.json()
        if not set(body) <= {"context", "text"} or body.get("context", "A") not in {"A", "R"}:
            raise RefusedError(412, "ValidationError")
        return self._put("apartment", self._apartment(request), body, request)

    async def put_on_user(self, request: Request) -> Any:
        body = await request.json()
        known = {one.get("user_profile_id") for one in self._gate.landlord.agreements}
        if set(body) != {"text", "user_profile"} or body["user_profile"] not in known:
            raise RefusedError(412, "ValidationError")
        return self._put("user", body["user_profile"], body, request)

    def _apartment(self, request: Request) -> int:
        number = int(request.path_params["id"])
        if number not in self._gate.landlord.apartments:
            raise RefusedError(412, "DoesNotExist")
        return number

    def _put(self, kind: str, number: int, body: dict[str, Any], request: Request) -> Any:
        text = body.get("text")
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST[kind]:
            raise RefusedError(412, "ValidationError")
        notes, world = self._gate.landlord.notes, self._gate.world
        note = {"author": None, "created": MOMENT, "id": len(notes) + 1, "text": text}
        shown = note | {"updated": MOMENT}
        if kind == "apartment":
            shown |= {"apartment": number, "context": body.get("context", "A")}
        notes.append({"kind": kind, "on": number, "shown": shown})
        taken = Taken(
            vendor="homeq",
            kind=f"{kind}_note",
            account=self._gate.landlord.username,
            property=str(number),
            body=body,
            reference=str(note["id"]),
        )
        world.memory.remember(taken, request, world.now)
        return shown

    def _of(self, kind: str, number: int) -> list[Any]:
        notes = self._gate.landlord.notes
        return [one["shown"] for one in notes if (one["kind"], one["on"]) == (kind, number)]
