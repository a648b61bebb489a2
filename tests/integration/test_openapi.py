"""schemathesis asks the API everything that its OpenAPI allows, and much that it does not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bridge.delivery.embedded import EmbeddedServer, free_port
from bridge.delivery.redis_ledger import RedisLedger
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

TOKEN = "token-of-the-operators"
CONFIG = Path(__file__).parents[1] / "schemathesis.toml"


@pytest.fixture
def address(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[str]:
    """A web process with some leads; a worker was just seen."""
    with Sandbox() as sandbox:
        bridge = BridgeUnderTest(tmp_path, empty_server, sandbox)
        bridge.environment["BRIDGE_API_TOKEN"] = TOKEN
        bridge.accept([lead(1), lead(2)])
        bridge.ask(_beat)
        port = free_port()
        web = bridge.start_web(port)
        try:
            bridge.until(lambda: _alive(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            web.terminate()
            web.wait(20)


async def _beat(ledger: RedisLedger) -> None:
    await ledger.beat("a worker", ttl=3600)


def _alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def test_nothing_answers_otherwise_than_documented(
    address: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    examples = pytestconfig.getoption("--examples")
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG),
        "run", f"{address}/openapi.json", "--checks", "all", "--max-examples", examples,
        "--continue-on-failure", "--no-color", "--seed", "1",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: " in done.stdout
