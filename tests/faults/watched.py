"""A primary, two replicas and three Sentinels on this machine, as a site would run them."""

import contextlib
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
from redis.sentinel import MasterNotFoundError, Sentinel

from bridge.delivery.embedded import binary, free_port

MASTER, PASSWORD = "bridge", "the-servers-password"
DATA = """
bind 127.0.0.1
port {port}
dir {folder}
requirepass {password}
masterauth {password}
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
repl-diskless-sync-delay 0
"""
WATCH = """
bind 127.0.0.1
port {port}
dir {folder}
sentinel monitor {master} 127.0.0.1 {primary} 2
sentinel auth-pass {master} {password}
sentinel down-after-milliseconds {master} 700
sentinel failover-timeout {master} 4000
"""


class WatchedServers:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = [free_port() for _ in range(6)]
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports[3:])
        return f"sentinel://:{PASSWORD}@{hosts}/0?master={MASTER}"

    def __enter__(self) -> Self:
        primary, *replicas = self._ports[:3]
        self._start(primary, DATA)
        for port in replicas:
            self._start(port, DATA + f"replicaof 127.0.0.1 {primary}\n")
        self._until(lambda: self._client(primary).info("replication")["connected_slaves"] == 2)
        for port in self._ports[3:]:
            self._start(port, WATCH, "--sentinel")
        self._until(lambda: all(self._knows(port) for port in self._ports[3:]))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()

    def primary(self) -> int:
        """The port of the server that the Sentinels call the primary."""
        hosts = [("127.0.0.1", port) for port in self._ports[3:]]
        return int(Sentinel(hosts, socket_timeout=1).discover_master(MASTER)[1])

    def kill_primary(self) -> int:
        port = self.primary()
        process = self._running.pop(port)
        process.kill()
        process.wait()
        return port

    def url_of_primary(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.primary()}/0"

    def await_failover(self, dead: int) -> None:
        def moved() -> bool:
            with contextlib.suppress(MasterNotFoundError, redis.RedisError):
                return self.primary() != dead and bool(
                    redis.Redis.from_url(self.url_of_primary()).set("moved", 1)
                )
            return False

        self._until(moved)

    def _start(self, port: int, text: str, *options: str) -> None:
        folder = self._folder / str(port)
        folder.mkdir(parents=True)
        values = {"port": port, "folder": folder, "password": PASSWORD}
        (folder / "server.conf").write_text(
            text.format(**values, master=MASTER, primary=self._ports[0])
        )
        with (folder / "log").open("wb") as out:
            command = [binary(), str(folder / "server.conf"), *options]
            self._running[port] = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)

    def _client(self, port: int) -> redis.Redis:
        return redis.Redis(port=port, password=PASSWORD, socket_timeout=1)

    def _knows(self, port: int) -> bool:
        """This Sentinel has met the two others and both replicas."""
        known: Any = redis.Redis(port=port, socket_timeout=1).sentinel_master(MASTER)
        return bool(known["num-other-sentinels"] == 2 and known["num-slaves"] == 2)

    def _until(self, done: object, seconds: float = 30) -> None:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            with contextlib.suppress(redis.RedisError):
                if callable(done) and done():
                    return
            time.sleep(0.1)
        raise AssertionError("the servers did not come to terms")
