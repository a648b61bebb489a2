"""A console for a test: a whole bridge with its web process, and ways to be somebody there."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import State
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest

PASSWORD = "correct horse battery"
TOKEN = "token-of-the-operators"


class Console:
    """A bridge with its web process, and the words it said when it started."""

    def __init__(self, folder: Path, bridge: BridgeUnderTest, port: int) -> None:
        self.folder, self.bridge, self.url = folder, bridge, f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=10)
        self.sessions: dict[str, str] = {}  # so that the throttle on signing in is not met

    def send(self, payload: object, source: str = "signed") -> dict[str, Any]:
        headers = {"authorization": f"Bearer token-of-{source}"}
        answer = self.client.post(f"/v1/leads/{source}", json=payload, headers=headers)
        return dict(answer.json())

    def user(self, name: str, role: str) -> None:
        made = self.bridge.command("users", "add", name, "--role", role, stdin=f"{PASSWORD}\n")
        assert made.returncode in {0, 1}, made.stderr

    def state(self, lead_id: str, destination: str = "acme-watch") -> State:
        return self.bridge.deliveries(lead_id)[destination].state

    @contextmanager
    def sign_in(self, name: str) -> Iterator[httpx.Client]:
        """A browser without eyes, for what needs none."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=10) as client:
            if name not in self.sessions:
                csrf = field(client.get("/sign-in").text, "csrf")
                form = {"csrf": csrf, "name": name, "password": PASSWORD}
                assert client.post("/sign-in", data=form).status_code == 303
                self.sessions[name] = client.cookies["bridge_session"]
            client.cookies.set("bridge_session", self.sessions[name], domain="127.0.0.1")
            yield client


def field(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None, text[:500]
    return found[1]


def post(client: httpx.Client, path: str, **form: Any) -> httpx.Response:
    """With the form token of the session that it has."""
    csrf = field(client.get("/me").text, "csrf")
    return client.post(path, data={"csrf": csrf, **form})


@contextmanager
def running(folder: Path) -> Iterator[Console]:
    """With a worker."""
    with EmbeddedServer(folder / "server", durability="everysec") as server, Sandbox() as sandbox:
        bridge = BridgeUnderTest(folder, server, sandbox)
        bridge.environment["BRIDGE_API_TOKEN"] = TOKEN
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        bridge.environment["BRIDGE_TRUSTED_PROXIES"] = "127.0.0.2"
        process = bridge.start_web(port)
        one = Console(folder, bridge, port)
        try:
            bridge.until(lambda: _alive(one.client))
            with bridge.worker():
                yield one
        finally:
            one.client.close()
            process.terminate()
            process.wait(20)


def _alive(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code in {200, 503}
    except httpx.TransportError:
        return False


def sign_in(page: Page, console: Console, name: str) -> None:
    page.goto(console.url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
