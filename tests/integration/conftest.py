from collections.abc import Iterator

import pytest

from bridge.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def _sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Sandbox:
    """One server for a module, empty for each test."""
    _sandbox.reset()
    return _sandbox
