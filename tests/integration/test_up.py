"""`bridge up` and `bridge demo --stay` as a person runs them, in an empty folder."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.integration.bridge_process import ROUTING

QUIET = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}


def start(folder: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bridge", *command],
        cwd=folder,
        env=QUIET,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ask(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bridge", *command],
        cwd=folder,
        env=QUIET,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_up_runs_everything_and_stops_in_order(tmp_path: Path) -> None:
    (tmp_path / "bridge.toml").write_text(ROUTING.format(sandbox="http://127.0.0.1:9"))
    up = start(tmp_path, "up", "--web", "18080")
    try:
        limit = time.monotonic() + 40
        while not _ready() and time.monotonic() < limit:
            time.sleep(0.2)
        assert _ready()
        checked = ask(tmp_path, "check")
        assert "embedded, writable, never evicts, on disk" in checked.stdout
        assert checked.returncode == 3  # nobody listens at the vendors' addresses
        again = ask(tmp_path, "up")
        assert (again.returncode, "already runs" in again.stderr) == (1, True)
    finally:
        up.send_signal(signal.SIGINT)
        said, _ = up.communicate(timeout=60)
    assert up.returncode == 0
    assert "Stopping: what is in flight is finished first." in said
    assert "Traceback" not in said
    assert "start `bridge up`" in ask(tmp_path, "leads", "list").stderr


def _ready() -> bool:
    try:
        return httpx.get("http://127.0.0.1:18080/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_the_demo_stays_until_it_is_told_to_stop(tmp_path: Path) -> None:
    demo = start(tmp_path, "demo", "--stay")
    said = ""
    try:
        assert demo.stdout is not None
        for line in demo.stdout:
            said += line
            if "deliveries list --state held" in line:
                break
        shell = (
            f". .bridge/demo/demo.env && {sys.executable} -m bridge deliveries list --state held"
        )
        held = subprocess.run(
            ["/bin/sh", "-c", shell],
            cwd=tmp_path,
            env=QUIET,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "acme-stakeholder" in held.stdout, held.stderr
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=60)
    assert demo.returncode == 0
