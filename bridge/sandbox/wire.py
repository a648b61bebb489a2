"""The ASGI layer where faults happen: around the vendors, able to cut the real connection."""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bridge.sandbox.faults import Fault, Faults
from bridge.sandbox.world import World

HANG = 600.0  # seconds; the client gives up long before
HIDDEN = frozenset({b"authorization", b"cookie"})


class CuttableProtocol(H11Protocol):
    """uvicorn's own protocol, which lends its transport to the app: that is how a wire is cut."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app = _Lender(self.app, transport)


class _Lender:
    def __init__(self, app: ASGIApp, transport: asyncio.Transport) -> None:
        self._app = app
        self._transport = transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["wire"] = self._transport
        await self._app(scope, receive, send)


class Wire:
    """Reads the request, lets a fault have its way, then the vendor answer."""

    def __init__(self, app: ASGIApp, world: World, faults: Faults) -> None:
        self._app = app
        self._world = world
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self._app(scope, receive, send)
            return
        call = _Call(scope, send, self._world)
        early = self._faults.take(scope["method"], scope["path"], None)
        if early:
            await call.cut()
            return
        body = await _body(receive)
        fault = self._faults.take(scope["method"], scope["path"], body)
        if fault is None or await call.survives(fault):
            lost = fault is not None and fault.kind in LOSING
            await self._answer(call, body, fault if lost else None)

    async def _answer(self, call: "_Call", body: bytes, fault: Fault | None) -> None:
        before = len(self._world.received)
        sending = call.keep if fault else call.forward
        await self._app(call.scope, _again(body), sending)
        if fault:
            for entry in self._world.received[before:]:
                entry["answered"] = False
            await call.lose(fault.kind)


LOSING = frozenset({"accept_lose_answer", "half_head", "half_body"})


class _Call:
    def __init__(self, scope: Scope, send: Send, world: World) -> None:
        self.scope = scope
        self._send = send
        self._transport: asyncio.Transport = scope["wire"]
        self._kept: list[Message] = []
        self._log: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "headers": {
                name.decode(): value.decode("latin-1")
                for name, value in scope["headers"]
                if name not in HIDDEN
            },
            "at": world.now,
            "status": None,
        }
        world.calls.append(self._log)

    async def survives(self, fault: Fault) -> bool:
        """Whether the vendor still gets to see the request."""
        match fault.kind:
            case "delay":
                await asyncio.sleep(float(fault.what.get("seconds", 1)))
                return True
            case "hang":
                await asyncio.sleep(HANG)
            case "cut_after_read":
                await self.cut()
            case "garbage":
                self._transport.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
                await self.cut(reset=False)
            case "status":
                await self._reply(fault.what)
            case "html_200":
                headers = {"content-type": "text/html"}
                await self._reply(
                    {"code": 200, "body": "<html>Välkommen</html>", "headers": headers}
                )
            case "empty_204":
                await self._reply({"code": 204, "body": ""})
            case _:
                return True
        return False

    async def forward(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._log["status"] = message["status"]
        await self._send(message)

    async def keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._log["status"] = message["status"]
        self._kept.append(message)

    async def lose(self, kind: str) -> None:
        start = self._kept[0]
        body = b"".join(one.get("body", b"") for one in self._kept[1:])
        if kind == "half_head":
            self._transport.write(f"HTTP/1.1 {start['status']} OK\r\nContent-Ty".encode())
        elif kind == "half_body":
            head = f"HTTP/1.1 {start['status']} OK\r\nContent-Length: {len(body) + 10}\r\n\r\n"
            self._transport.write(head.encode() + body[: len(body) // 2])
        await self.cut(reset=False)

    async def cut(self, *, reset: bool = True) -> None:
        """Really close the connection; uvicorn then has nobody to answer."""
        if reset:
            self._transport.abort()
        else:
            self._transport.close()
        await asyncio.sleep(0)

    async def _reply(self, what: dict[str, Any]) -> None:
        body = what.get("body", "")
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "text/plain" if isinstance(body, str) else "application/json"
        headers = {"content-type": kind, **what.get("headers", {})}
        raw = [(name.lower().encode(), str(value).encode()) for name, value in headers.items()]
        start = {"type": "http.response.start", "status": int(what["code"]), "headers": raw}
        await self.forward(start)
        await self.forward({"type": "http.response.body", "body": text.encode()})


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes) -> Receive:
    """The request once more, for the vendor."""
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
