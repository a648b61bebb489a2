"""One wide line per fact on stderr, as text for people or JSON for machines; never a person.

Our lines are written `event key=value …`; as JSON the keys are fields, so that a lead's or a
delivery's lines are found by its id. Celery's and uvicorn's lines have the same shape.
"""

import logging
import re
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

QUIET = ("httpx", "aiohttp", "kombu", "amqp", "celery.app.trace", "celery.worker.strategy")
TOO_OPEN = "celery.worker.consumer.consumer"  # logs the body of a message that it does not know
FACT = re.compile(r"(?P<event>[a-z_]+\.[a-z_]+)(?P<fields>( [a-z_]+=.*)?)", re.DOTALL)
FIELD = re.compile(r" ([a-z_]+)=(.*?)(?= [a-z_]+=|$)", re.DOTALL)


class _FirstLine(logging.Filter):
    """Behind the first line of these messages stands the whole body of somebody's message."""

    def filter(self, record: logging.LogRecord) -> bool:
        whole = record.getMessage()
        first, _, rest = whole.partition("\n")
        if rest:
            record.msg, record.args, record.exc_info = first, (), None
        return True


def set_up(level: str, style: Literal["text", "json"]) -> None:
    """Take over the root logger; safe to call twice."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if style == "json" else _text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:  # a line per task says nothing that a line per delivery does not
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    open_one = logging.getLogger(TOO_OPEN)
    open_one.filters[:] = [_FirstLine()]


def _text() -> logging.Formatter:
    return logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s")


def _json() -> logging.Formatter:
    shape: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _fields,
        structlog.processors.format_exc_info,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shape,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _fields(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """`delivery.held delivery=01J…:acme attempt=2` → an event with fields, the lead's id too."""
    fact = FACT.fullmatch(str(line["event"]))
    if fact is None:
        return line
    found = {name: value for name, value in FIELD.findall(fact["fields"]) if name not in line}
    if "delivery" in found:
        found.setdefault("lead", found["delivery"].partition(":")[0])
    return {**line, "event": fact["event"], **found}
