"""One request on one real connection: read it, have it answered, or cut the wire under it."""

import asyncio
import json
import socket
import struct
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bridge.sandbox.memory import CALL, Call

TRANSPORT = "sandbox.transport"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing sends RST, not FIN


class CuttableProtocol(H11Protocol):
    """uvicorn's own protocol, which lends its transport to the app: that is how a wire is cut."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # asyncio does this only for sockets that name their protocol; without it an answer that is
        # written in two parts waits 40 ms for the client's delayed acknowledgement.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app = _Lender(self.app, transport)


class _Lender:
    def __init__(self, app: ASGIApp, transport: asyncio.Transport) -> None:
        self._app = app
        self._transport = transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, TRANSPORT: self._transport}, receive, send)


class Exchange:
    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.body = b""
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._call: Call = scope[CALL]
        self._transport: asyncio.Transport = scope[TRANSPORT]
        self._answer: list[Message] = []

    async def read(self) -> bool:
        """Whether the whole request came."""
        parts = []
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return False
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        self.body = b"".join(parts)
        return True

    async def process(self) -> None:
        """The vendor does its work, once; its answer is kept."""
        if not self._answer:
            await self._app(self._scope, self._again, self._keep)

    async def answer(self) -> None:
        """Send what the vendor answered, unless the client has gone."""
        await self.process()
        if self._transport.is_closing():
            return
        self._call.status = self.status
        self._call.was_answered()
        for message in self._answer:
            await self._send(message)

    async def reply(self, code: int, headers: dict[str, str], body: bytes) -> None:
        """Answer something else than the vendor would."""
        self._call.status = code
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        if body:
            raw.append((b"content-length", str(len(body)).encode()))
        await self._send({"type": "http.response.start", "status": code, "headers": raw})
        await self._send({"type": "http.response.body", "body": body})

    @property
    def status(self) -> int:
        return int(self._answer[0]["status"])

    @property
    def answer_body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self._answer[1:])

    def shown(self) -> dict[str, Any]:
        """The request as a page for developers has it, with nothing hidden."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in self._scope["headers"]
        }
        return {"headers": headers, "body": self.body.decode("utf-8", "replace")}

    def write(self, raw: bytes) -> None:
        self._transport.write(raw)

    async def cut(self, *, reset: bool) -> None:
        """Really close the connection; uvicorn then has nobody to answer."""
        if reset:
            sock: socket.socket = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._transport.abort()
        else:
            self._transport.close()
        await self.until_gone()

    async def until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _again(self) -> Message:
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def _keep(self, message: Message) -> None:
        self._answer.append(message)


def as_bytes(body: object) -> tuple[bytes, str]:
    """A scripted body and its content type: text as it is, anything else as JSON."""
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return json.dumps(body).encode(), "application/json"
