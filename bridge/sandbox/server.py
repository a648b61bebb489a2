"""The server, and `Sandbox`: the server in a thread of the test's or the demo's own process."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn

from bridge.sandbox.app import create_app
from bridge.sandbox.client import Client
from bridge.sandbox.exchange import CuttableProtocol

__all__ = ["Client", "Sandbox", "Server", "listen", "new_server"]

PATIENCE = 10.0  # seconds to start and to stop
BACKLOG = 2048


class Server(uvicorn.Server):
    """Stops at once: whoever still waits for an answer is cut off, hanging calls included."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.force_exit = True
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await super().shutdown(sockets)


def new_server() -> Server:
    config = uvicorn.Config(
        create_app(),
        http=CuttableProtocol,
        log_level="error",
        access_log=False,
        lifespan="off",
        backlog=BACKLOG,
    )
    return Server(config)


def listen(host: str, port: int) -> socket.socket:
    """Connections wait in the backlog until the server takes them; port 0 picks a free one."""
    return socket.create_server((host, port), backlog=BACKLOG)


class Sandbox(Client):
    """`with Sandbox() as sandbox:`, then `sandbox.url`, `sandbox.fault(…)`, `sandbox.received()`.

    Everything of `Client` goes over HTTP, so a test thread never touches the server's memory.
    """

    def __init__(self) -> None:
        self._socket = listen("127.0.0.1", 0)
        super().__init__(f"http://127.0.0.1:{self._socket.getsockname()[1]}")
        self._server = new_server()
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._server.ready.wait(PATIENCE):
            raise RuntimeError("the sandbox did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
