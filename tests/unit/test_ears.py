"""When a worker counts as deaf: the broker has its canary, a thread is free, and nothing comes."""

from types import SimpleNamespace
from typing import Any

import pytest

from tasks.ears import Ears


class Hub:
    def __init__(self) -> None:
        self.soon: list[Any] = []

    def call_soon(self, callback: Any) -> None:
        self.soon.append(callback)


class Stage:
    def __init__(self) -> None:
        self.now, self.busy, self.hub = 0.0, False, Hub()
        consumer = SimpleNamespace(hostname="celery@here", hub=self.hub)
        self.ears = Ears(consumer, every=10, busy=lambda: self.busy, clock=lambda: self.now)


def test_silence_after_a_canary_that_was_sent_is_deafness() -> None:
    stage = Stage()
    stage.ears.sent()
    stage.now = 34
    assert not stage.ears.deaf
    stage.now = 36
    stage.ears.sent()  # a later one does not make the first one young again
    assert stage.ears.deaf


def test_any_message_is_an_answer() -> None:
    stage = Stage()
    stage.ears.sent()
    stage.now = 60
    stage.ears.heard()
    assert not stage.ears.deaf


def test_a_broker_that_takes_no_canary_makes_nobody_deaf() -> None:
    stage = Stage()
    stage.now = 10_000
    assert not stage.ears.deaf


def test_a_pool_without_a_free_thread_is_busy_and_not_deaf() -> None:
    stage = Stage()
    stage.ears.sent()
    stage.now, stage.busy = 100, True
    assert not stage.ears.deaf


def test_the_consumer_is_made_to_connect_again() -> None:
    stage = Stage()
    stage.ears.mend()
    (callback,) = stage.hub.soon
    with pytest.raises(ConnectionResetError):
        callback()
