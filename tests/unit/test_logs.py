"""A log line: one fact, its ids as fields, and no body of anybody's message."""

import json
import logging
from collections.abc import Iterator

import pytest

from bridge.wiring import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, known = logging.getLogger(), logging.getLogger(logs.TOO_OPEN)
    before = (list(root.handlers), root.level, list(known.filters))
    yield
    root.handlers[:], known.filters[:] = before[0], before[2]
    root.setLevel(before[1])


def test_a_fact_becomes_fields_with_the_leads_own_id(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO", "json")
    text = "delivery.%s delivery=%s attempt=%d reason=%s applied=%s"
    logging.getLogger("bridge.drain").info(text, "held", "01J:acme", 2, "no such case", "yes")
    line = json.loads(capsys.readouterr().err)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "delivery.held",
        "level": "info",
        "logger": "bridge.drain",
        "delivery": "01J:acme",
        "lead": "01J",
        "attempt": "2",
        "reason": "no such case",
        "applied": "yes",
    }


def test_somebody_elses_line_has_the_same_shape(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO", "json")
    logging.getLogger("celery.worker").info("Connected after %d tries", 5)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["logger"]) == ("Connected after 5 tries", "celery.worker")


@pytest.mark.parametrize("style", ["text", "json"])
def test_the_body_of_a_message_that_celery_does_not_know_is_not_logged(
    style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("DEBUG", "json" if style == "json" else "text")
    text = "Received unregistered task of type %s.\n\nThe full contents was:\n%s"
    logging.getLogger(logs.TOO_OPEN).error(text, "x.y", "Anna Svensson")
    said = capsys.readouterr().err
    assert "Received unregistered task of type x.y." in said
    assert "Anna" not in said
