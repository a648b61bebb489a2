"""What every test may ask for: a real Redis-protocol server, and an environment without ours."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bridge.delivery.embedded import EmbeddedServer

# On a fresh checkout the first text that is drawn builds Unicode tables, which takes seconds.
settings.register_profile("bridge", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bridge")

for _name in [name for name in os.environ if name.startswith("BRIDGE_")]:
    del os.environ[_name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", default="12", help="seconds of harm in the fault suite")
    parser.addoption("--kills", default="0", help="instead of seconds: until so many SIGKILLs")
    parser.addoption("--examples", default="20", help="of each call, for schemathesis")
    parser.addoption("--seed", default="", help="repeats the choices of an earlier run")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One embedded server for the whole run; tests keep apart by prefix or by flushing."""
    with EmbeddedServer(tmp_path_factory.mktemp("ledger"), durability="everysec") as one:
        yield one


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of its own for a test that kills it or fills it, on disk with every write."""
    with EmbeddedServer(tmp_path / "ledger") as one:
        yield one
