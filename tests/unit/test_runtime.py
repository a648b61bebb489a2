"""What a worker does by itself goes on, whatever one step of it meets."""

import asyncio
import logging

import pytest

from bridge.delivery.ledger import LedgerError
from tasks.runtime import _forever


def test_a_watch_outlives_its_failures_and_names_no_person(
    caplog: pytest.LogCaptureFixture,
) -> None:
    met: list[int] = []
    enough = asyncio.Event()

    async def step() -> None:
        met.append(len(met))
        if len(met) == 1:
            raise ValueError("anna@example.com")
        if len(met) == 2:
            raise LedgerError("The ledger cannot be reached.")
        if len(met) == 4:
            enough.set()

    async def watch() -> None:
        task = asyncio.create_task(_forever("watch", 0.01, step))
        await enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    with caplog.at_level(logging.WARNING):
        asyncio.run(watch())
    assert "watch.delayed error=ValueError" in caplog.text
    assert "The ledger cannot be reached." in caplog.text
    assert "anna@example.com" not in caplog.text
