"""The one way out: httpx's API over aiohttp's connections, which says how far each request got.

Whether a request may be sent again is decided by one fact: may any byte of it have been written to
the vendor's connection? aiohttp tells us right before it writes the first one. The names of
exceptions are never asked: `httpx-aiohttp` calls a connection that broke *after* the request was
read a `ConnectTimeout` (DESIGN part 3).
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from types import SimpleNamespace
from typing import ClassVar

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from bridge import __version__
from bridge.connectors import networks

CONNECT, POOL, READ, DEADLINE = 5.0, 5.0, 25.0, 40.0  # seconds; the deadline is for one whole call
LARGEST = 256 * 1024  # bytes of an answer that are read
KEEP_ALIVE = 15.0  # seconds; vendors close idle connections after 20 s and more
CONNECTIONS = 512
# What aiohttp would offer depends on what is installed beside it; this much httpx always reads.
OURS = (("user-agent", f"lead-bridge/{__version__}"), ("accept-encoding", "gzip, deflate"))
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The vendor answered. `complete` False: the status is known, the body was lost on the way."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    ms: int
    complete: bool = True

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No answer. `reached` False: provably no byte of the request was written to the vendor."""

    reached: bool
    reason: str
    ms: int
    barred: bool = False  # the address is in a private network, and the account keeps out of those


@dataclass(slots=True)
class _Progress:
    written: bool = False
    barred: bool = False


_progress: ContextVar[_Progress] = ContextVar("progress")


async def _about_to_write(_: object, __: SimpleNamespace, ___: object) -> None:
    _progress.get().written = True


def _to_the_public(address: aiohttp.AddrInfoType) -> socket.socket:
    try:
        return networks.public_socket(address)
    except networks.PrivateAddressError:
        _progress.get().barred = True
        raise


class Http:
    """One a process. Make it on the loop that uses it, close it with `aclose()`.

    No redirects (a 3xx is a wrong host), no proxy but the one that is given, https only except on
    loopback. Network trouble is an answer, never an exception.
    """

    rehearses: ClassVar[bool] = False  # calls that would change something end before they begin

    def __init__(
        self,
        *,
        proxy: str | None = None,
        deadline: float = DEADLINE,
        read: float = READ,
        connect: float = CONNECT,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._deadline = deadline
        self._timeout = {"connect": connect, "read": read, "write": read, "pool": connect + POOL}
        self._proxy = httpx.Proxy(proxy) if proxy else None
        self._verify = verify
        self._transports: dict[bool, AiohttpTransport] = {}
        self._closed = False

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        public: bool = False,
        largest: int = LARGEST,
    ) -> Answer | Failure:
        """`public`: never to a private network, whatever the name resolves to (`networks.py`).

        With a proxy it is the proxy that resolves and has to keep out of them.
        `largest`: bytes of the answer that are read.
        """
        began = time.monotonic()
        address = _address(url)
        if isinstance(address, str):
            return Failure(reached=False, reason=address, ms=0)
        progress = _Progress()
        token = _progress.set(progress)
        try:
            async with asyncio.timeout(self._deadline):
                request = self._request(method, address, headers, content)
                return await self._exchange(request, largest, began, public=public)
        except TimeoutError:
            reason = f"no answer within {self._deadline:g} s"
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            aiohttp.ClientError,
            OSError,
            ValueError,
        ) as error:
            reason = _reason(error, progress)
        finally:
            _progress.reset(token)
        return Failure(
            reached=progress.written,
            reason=reason,
            ms=_ms(began),
            barred=progress.barred and not progress.written,
        )

    def looking(self) -> "Http":
        """For calls that change nothing, whatever their method: a rehearsal makes them too."""
        return self

    async def aclose(self) -> None:
        """Calls that are under way end as failures; later ones end before their first byte."""
        self._closed = True
        for transport in self._transports.values():
            await transport.aclose()
            # aiohttp closes TLS connections on the next turns of the loop.
            await asyncio.sleep(0)

    def _request(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes
    ) -> httpx.Request:
        # Without a request's own defaults, which aiohttp sets again: a stream has none.
        request = httpx.Request(
            method,
            url,
            headers=[*OURS, *headers.items()],
            stream=httpx.ByteStream(content),
            extensions={"timeout": self._timeout},
        )
        request.read()
        return request

    async def _exchange(
        self, request: httpx.Request, largest: int, began: float, *, public: bool
    ) -> Answer:
        # httpx.AsyncClient would add redirects, cookies, auth and events, none of which we want,
        # for half of a request's CPU time: the transport is called directly.
        transport = self._open(public=public and self._proxy is None)
        response = await transport.handle_async_request(request)
        body, complete = await _read(response, largest)
        return Answer(
            status=response.status_code,
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers.raw
            },
            body=body,
            ms=_ms(began),
            complete=complete,
        )

    def _open(self, *, public: bool) -> AiohttpTransport:
        if self._closed:
            raise ConnectionAbortedError
        if public not in self._transports:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_about_to_write)
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS,
                    keepalive_timeout=KEEP_ALIVE,
                    ssl=self._verify,
                    ttl_dns_cache=60,
                    # Called with the very address that is connected to: a name cannot change its
                    # mind between the look and the connection.
                    socket_factory=_to_the_public if public else None,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[trace],
                trust_env=False,
            )
            self._transports[public] = AiohttpTransport(
                client=session, proxy=self._proxy, trust_env=False
            )
        return self._transports[public]


async def _read(response: httpx.Response, largest: int) -> tuple[bytes, bool]:
    """The body up to a limit, and whether all of it came."""
    chunks: list[bytes] = []
    size = 0
    packed = "content-encoding" in response.headers
    try:
        async for chunk in response.aiter_bytes() if packed else response.aiter_raw():
            chunks.append(chunk)
            size += len(chunk)
            if size > largest:
                break
    except (httpx.HTTPError, aiohttp.ClientError, OSError):
        return b"".join(chunks), False
    finally:
        await response.aclose()
    return b"".join(chunks)[:largest], True


@lru_cache(maxsize=4096)
def _address(text: str) -> httpx.URL | str:
    """The address, or why it is never called. Parsing one costs as much as a tenth of a request."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return "the address cannot be read"
    if url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK):
        return url
    return "the address is not https"


def _reason(error: BaseException, progress: _Progress) -> str:
    """What happened, in words; an exception's own text may hold what we sent."""
    written = progress.written
    if progress.barred and not written:
        return "the address is in a private network"
    kind = type(error.__cause__ or error).__name__
    if isinstance(error, httpx.TimeoutException) and "Timeout" in kind:
        return "no answer in time" if written else "no connection in time"
    return f"the connection broke ({kind})" if written else f"no connection ({kind})"


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def join(base: str, *path: str) -> str:
    """`base` and path segments, already quoted, with one slash between (F-T13)."""
    return "/".join([base.rstrip("/"), *(one.strip("/") for one in path)])
