"""The ASGI layer around the vendors: records each call and lets scripted faults happen to it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.sandbox.exchange import Exchange, as_bytes
from bridge.sandbox.faults import Deed, Faults
from bridge.sandbox.world import World


class Wire:
    def __init__(self, app: ASGIApp, world: World, faults: Faults) -> None:
        self._app = app
        self._world = world
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self._app(scope, receive, send)
            return
        with contextlib.suppress(asyncio.CancelledError):  # the server stops: nobody to answer
            await self._vendor_call(scope, receive, send)

    async def _vendor_call(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self._world.memory.begin(scope, self._world.now)
        exchange = Exchange(self._app, scope, receive, send)
        deed = self._faults.take(exchange.method, exchange.path, None)
        if deed is None:
            if not await exchange.read():
                return
            deed = self._faults.take(exchange.method, exchange.path, exchange.body)
            await asyncio.sleep(self._world.latency)
        if deed is None:
            await exchange.answer()
            return
        call.fault = deed.kind
        if deed.processes:
            await exchange.process()
        await MISCHIEF[deed.kind](exchange, deed)


async def _status(exchange: Exchange, deed: Deed) -> None:
    body, kind = as_bytes(deed.body)
    await exchange.reply(deed.code or 500, {"content-type": kind, **deed.headers}, body)


async def _delay(exchange: Exchange, deed: Deed) -> None:
    await asyncio.sleep(deed.seconds)
    await exchange.answer()


async def _hang(exchange: Exchange, _: Deed) -> None:
    await exchange.until_gone()


async def _cut(exchange: Exchange, deed: Deed) -> None:
    await exchange.cut(reset=deed.resets)


async def _half_head(exchange: Exchange, deed: Deed) -> None:
    exchange.write(f"HTTP/1.1 {exchange.status} OK\r\nContent-Ty".encode())
    await exchange.cut(reset=deed.resets)


async def _half_body(exchange: Exchange, deed: Deed) -> None:
    """The head promises the whole body, and half of it comes."""
    body = exchange.answer_body
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
    exchange.write(f"HTTP/1.1 {exchange.status} OK\r\n{length}\r\n\r\n".encode())
    exchange.write(body[: len(body) // 2])
    await exchange.cut(reset=deed.resets)


async def _garbage(exchange: Exchange, deed: Deed) -> None:
    exchange.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    await exchange.cut(reset=deed.resets)


async def _html(exchange: Exchange, _: Deed) -> None:
    page = "<html><body>Välkommen</body></html>".encode()
    await exchange.reply(200, {"content-type": "text/html; charset=utf-8"}, page)


async def _empty(exchange: Exchange, _: Deed) -> None:
    await exchange.reply(204, {}, b"")


async def _echo(exchange: Exchange, deed: Deed) -> None:
    body, kind = as_bytes(exchange.shown())
    await exchange.reply(deed.code or 400, {"content-type": kind}, body)


MISCHIEF: dict[str, Callable[[Exchange, Deed], Awaitable[None]]] = {
    "status": _status,
    "delay": _delay,
    "hang": _hang,
    "cut_before_read": _cut,
    "cut_after_read": _cut,
    "accept_lose_answer": _cut,
    "half_head": _half_head,
    "half_body": _half_body,
    "garbage": _garbage,
    "html_200": _html,
    "empty_204": _empty,
    "echo": _echo,
}
