"""The processes of `bridge up` and `bridge demo`: started together, restarted, stopped in order."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

STOP_LIMIT = 30.0  # seconds for a worker to finish what is in flight
MINUTE = 60.0
TOO_OFTEN = 5  # restarts within a minute before a person is told to look


class CrewError(Exception):
    """A process that does not stay up; the text says which and where its words are."""


@dataclass(slots=True)
class Member:
    """One process. It is started again whenever it ends: Redis restarts can crash a worker."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path | None = None  # None: our own terminal
    process: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)

    def start(self) -> None:
        with contextlib.ExitStack() as stack:
            out: IO[bytes] | None = stack.enter_context(self.log.open("ab")) if self.log else None
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C comes to us alone
            )

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Crew:
    """Members stop in the reverse of the order in which they started."""

    def __init__(self) -> None:
        self._members: list[Member] = []
        self._over = threading.Event()

    def add(self, member: Member) -> Member:
        member.start()
        self._members.append(member)
        return member

    def look_after(self) -> None:
        """Start again whoever ended. Raises `CrewError` for one that does not stay up."""
        for member in self._members:
            if member.process is None or member.process.poll() is None:
                continue
            now = time.monotonic()
            member.restarts = [at for at in member.restarts if now - at < MINUTE] + [now]
            if len(member.restarts) > TOO_OFTEN:
                where = f"; its last words are in {member.log}" if member.log else ""
                raise CrewError(f"{member.name} does not stay up{where}.")
            member.start()

    def wait(self, seconds: float) -> bool:
        """True when it is time to stop."""
        return self._over.wait(seconds)

    def over(self, *_: object) -> None:
        self._over.set()

    def stop(self) -> None:
        for member in reversed(self._members):
            member.stop()
        self._members.clear()
