"""The sandbox in a thread of the test's or the demo's own process, on a free port."""

import asyncio
import json
import socket
import threading
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import uvicorn

from bridge.sandbox.app import create_app
from bridge.sandbox.wire import CuttableProtocol


def new_server() -> uvicorn.Server:
    config = uvicorn.Config(
        create_app(),
        http=CuttableProtocol,
        log_level="error",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        backlog=2048,
    )
    config.load()
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


class Client:
    """Speaks to a sandbox's control calls, wherever it runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def received(self, **wanted: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", f"received?{urlencode(wanted)}")
        return found

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = self._call("GET", "counts")
        return found

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", "calls")
        return found

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", "messages")
        return found

    def fault(
        self, kind: str, *, times: int | None = 1, match: dict[str, str] | None = None, **what: Any
    ) -> None:
        spec = {"match": match or {}, "fault": {"kind": kind, **what}, "times": times}
        self._call("POST", "faults", spec)

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def config(self, **knobs: Any) -> None:
        self._call("POST", "config", knobs)

    def reset(self) -> None:
        self._call("POST", "reset")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_sandbox/{path}", data=data, method=method)
        with urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


class Sandbox(Client):
    """`with Sandbox() as sandbox: sandbox.url`."""

    def __init__(self) -> None:
        self._socket = listen("127.0.0.1", 0)
        super().__init__(f"http://127.0.0.1:{self._socket.getsockname()[1]}")
        self._server = new_server()
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        pause = threading.Event()
        while not self._server.started:
            pause.wait(0.005)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
