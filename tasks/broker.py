"""kombu's Redis transport, which a message that is no JSON does not stop.

Whoever can write to the broker can put anything on a queue; kombu pops it before it reads it, and
the error ends the worker. Here it is told of and passed over: a foreign app's leads come in
Celery's own format, or better through the stream, where bad input is kept.
"""

import logging
from queue import Empty
from typing import Any

from kombu import transport
from kombu.transport import redis

log = logging.getLogger("bridge.broker")

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


def _patiently(channel: Any, **options: Any) -> Any:
    try:
        return vars(redis.Channel)["_brpop_read"](channel, **options)
    except UNREADABLE as error:
        log.warning("broker.unreadable error=%s action=dropped", type(error).__name__)
        raise Empty from None


class Channel(redis.Channel):
    _brpop_read = _patiently


class Transport(redis.Transport):
    Channel = Channel


class SentinelChannel(redis.SentinelChannel):
    _brpop_read = _patiently


class SentinelTransport(redis.SentinelTransport):
    Channel = SentinelChannel


def use() -> None:
    """For every Redis URL of this process."""
    transport.TRANSPORT_ALIASES |= {
        "redis": "tasks.broker:Transport",
        "rediss": "tasks.broker:Transport",
        "sentinel": "tasks.broker:SentinelTransport",
    }
