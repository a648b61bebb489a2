"""One wide line per fact on stderr, as text for people or JSON for machines; never a person."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

QUIET = ("httpx", "aiohttp", "kombu", "amqp", "celery.app.trace", "celery.worker.strategy")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str, style: Literal["text", "json"]) -> None:
    """Take over the root logger; safe to call twice."""
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if style == "json" else text)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:  # a line per task says nothing that a line per delivery does not
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
