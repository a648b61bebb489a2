import pytest

from bridge.delivery.embedded import EmbeddedServer
from tests.contract.ledgers import Bench


@pytest.fixture(params=["memory", "redis"])
def bench(request: pytest.FixtureRequest, server: EmbeddedServer) -> Bench:
    """Each test is told to both ledgers."""
    return Bench(request.param, server)
