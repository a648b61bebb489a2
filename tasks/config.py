"""Celery's settings, each for a reason that docs/engine.md gives with its measurement."""

from typing import Any

from kombu import Queue

from bridge.delivery.address import sentinels
from bridge.wiring import Wiring

INTAKE = "bridge.intake"
DELIVER = "bridge.deliver"
DRAIN_BUDGET = 20.0  # seconds that one `bridge.deliver` works before it hands on
NUDGE_LIFE = 5.0  # seconds until an account may be nudged again: what a killed worker makes it wait
CANARY_LIFE = 60.0  # seconds after which a canary that did not come is no message any more
VISIBILITY = 120  # seconds until an unacknowledged message comes back
LONGEST_TASK = DRAIN_BUDGET + 60.0  # a drain's last attempt may begin just before its time is over


def celery_settings(wiring: Wiring) -> dict[str, Any]:
    """Raises `StartError` where the environment does not say where the messages go."""
    if LONGEST_TASK >= VISIBILITY:
        raise ValueError("a task may run longer than the visibility timeout and would run twice")
    broker, options = _address(wiring.broker_url)
    results, result_options = _address(wiring.redis_url)
    return {
        "broker_url": broker,
        "result_backend": results,
        "result_backend_transport_options": result_options,
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        "worker_pool": "threads",
        "worker_concurrency": wiring.settings.worker_concurrency,
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "result_expires": 3600,
        "task_default_queue": INTAKE,
        "worker_direct": True,  # a queue of its own for each worker: its canary's
        "task_queues": (Queue(INTAKE), Queue(DELIVER)),
        "task_routes": {"bridge.accept_lead": INTAKE, "bridge.deliver": DELIVER},
        "broker_transport_options": options | _transport(broker),
        "redis_socket_timeout": 5,
        "redis_socket_connect_timeout": 2,
        "redis_socket_keepalive": True,
        "redis_backend_health_check_interval": 30,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        "worker_send_task_events": True,
        "task_send_sent_event": True,
        "task_publish_retry_policy": {"max_retries": 2, "interval_start": 0.1, "interval_max": 0.5},
        "worker_hijack_root_logger": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "timezone": "UTC",
    }


def _address(url: str) -> tuple[str, dict[str, Any]]:
    """The URL as Celery wants it, with the options that go with it."""
    known = sentinels(url)
    return (known.celery_url(), known.celery_options()) if known else (url, {})


def _transport(broker: str) -> dict[str, Any]:
    if not broker.startswith(("redis", "sentinel")):
        return {"max_retries": 3}
    return {
        "visibility_timeout": VISIBILITY,
        "unacked_restore_interval": 1,
        "unacked_restore_limit": None,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 30,
        "max_retries": 3,
        "global_keyprefix": "",
    }
