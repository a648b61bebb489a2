from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.delivery.embedded import EmbeddedServer
from bridge.sandbox.server import Sandbox
from tests.faults.wire import Wire
from tests.integration.bridge_process import BridgeUnderTest


@pytest.fixture
def wire(empty_server: EmbeddedServer) -> Iterator[Wire]:
    with Wire(empty_server.url) as one:
        yield one


@pytest.fixture
def bridge(empty_server: EmbeddedServer, wire: Wire, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    """A bridge whose worker reaches its ledger over a wire that can be cut."""
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox, wire=wire.url)
