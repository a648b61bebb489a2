"""The cheapest vendor there is: reads a request, counts it, answers a JSON string.

    python benchmarks/stub.py PORT

`GET /count` says how many different deliveries came, how many came at all, when the first and when
the latest one did; `/last` when each lead's last one did; `/refuse` makes it busy until `/forget`.
A delivery is known by its path and by `"lastName":"…"` in its body.
"""

import asyncio
import json
import sys
import time
from typing import cast

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 6\r\n"
    b'connection: keep-alive\r\n\r\n"ADR1"'
)
BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n"
NAME = b'"lastName":'


class Sink:
    seen: dict[tuple[bytes, bytes], float]
    posts: int
    busy: bool  # it takes nothing, and says so
    first: float
    latest: float

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.seen, self.posts, self.busy = {}, 0, False
        self.first = self.latest = 0.0

    def took(self, path: bytes, body: bytes) -> None:
        start = body.index(b'"', body.find(NAME) + len(NAME)) + 1  # requests writes a blank first
        name = body[start : body.find(b'"', start)]
        self.posts += 1
        if (path, name) not in self.seen:
            self.latest = self.seen[path, name] = time.time()
            self.first = self.first or self.latest

    def count(self) -> bytes:
        found = {"different": len(self.seen), "posts": self.posts}
        return json.dumps(found | {"first": self.first, "latest": self.latest}).encode()

    def last(self) -> bytes:
        found: dict[str, float] = {}
        for (_, name), at in self.seen.items():
            key = name.decode()
            found[key] = max(found.get(key, 0.0), at)
        return json.dumps(found).encode()


class Vendor(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(b"content-length: ")
            length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            path = self._buffer.split(b" ", 2)[1]
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(path, body)

    def _answer(self, path: bytes, body: bytes) -> None:
        if path in {b"/count", b"/last"}:
            found = self._sink.count() if path == b"/count" else self._sink.last()
            head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(found)
            self._transport.write(head + found)
        elif path == b"/forget":
            self._sink.forget()
            self._transport.write(ANSWER)
        elif path == b"/refuse":
            self._sink.busy = True
            self._transport.write(ANSWER)
        elif self._sink.busy:
            self._transport.write(BUSY)
        else:
            self._sink.took(path, body)
            self._transport.write(ANSWER)


async def main(port: int) -> None:
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Vendor(sink), "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.platform != "win32":
        import uvloop

        uvloop.install()
    asyncio.run(main(int(sys.argv[1])))
