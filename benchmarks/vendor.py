"""The vendor of every peer, and what one verified run at it gave."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bridge.delivery.embedded import free_port

ROOT = Path(__file__).parents[1]
DESTINATIONS = 3  # that every lead goes to


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`cpu`: µs a delivery of the processes that send; `server`: of the ledger's."""

    rate: float
    cpu: float
    server: float
    memory: float = 0.0  # bytes of the ledger a lead


class Stub:
    """The vendor, in a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        command = [sys.executable, str(ROOT / "benchmarks" / "stub.py"), str(self.port)]
        self._process = subprocess.Popen(command)
        self._until_up()

    def count(self) -> dict[str, Any]:
        """`different`, `posts`, and when the `first` one came."""
        return self._ask("count")

    def last(self) -> dict[str, float]:
        """When each lead's last delivery came."""
        return self._ask("last")

    def _ask(self, what: str) -> Any:
        return json.load(urlopen(f"http://127.0.0.1:{self.port}/{what}"))

    def forget(self) -> None:
        urlopen(f"http://127.0.0.1:{self.port}/forget").read()

    def refuse(self) -> None:
        """503 to everything, until it forgets."""
        urlopen(f"http://127.0.0.1:{self.port}/refuse").read()

    def await_all(self, deliveries: int, seconds: float = 240, *, settle: bool = True) -> float:
        """When the last one came, on the wall clock; `settle`: and whether one came too often."""
        limit = time.monotonic() + seconds
        while (found := self.count())["different"] < deliveries:
            if time.monotonic() > limit:
                raise AssertionError(f"{found['different']} of {deliveries} deliveries arrived")
            time.sleep(0.05)
        if settle:
            time.sleep(0.3)
            found = self.count()
        assert found["posts"] == deliveries, f"{found['posts']} posts for {deliveries} deliveries"
        return float(found["latest"])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _until_up(self) -> None:
        for _ in range(100):
            try:
                self.count()
            except OSError:
                time.sleep(0.05)
            else:
                return
