from collections.abc import Iterator

import pytest

from bridge.delivery.embedded import EmbeddedServer
from bridge.sandbox.server import Sandbox
from tests.contract.ledgers import Bench


@pytest.fixture(params=["memory", "redis"])
def bench(request: pytest.FixtureRequest, server: EmbeddedServer) -> Bench:
    """Each test is told to both ledgers."""
    return Bench(request.param, server)


@pytest.fixture(scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Sandbox:
    """One server for a module, empty for each test."""
    _sandbox.reset()
    return _sandbox
