"""What one writes first: a Celery task per delivery, no ledger. `requests`, or httpx.

    celery -A benchmarks.peers worker --pool prefork --concurrency 2

The two apps differ by the task's name; autoretry_for sends again whatever happened, as most do.
"""

import os
from functools import cache
from typing import Any

import httpx
import requests
from celery import Celery

app = Celery("peers", broker=os.environ["PEERS_REDIS"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=16,
    broker_connection_retry_on_startup=True,
)


@cache
def _requests() -> requests.Session:
    """One a process, made after the fork: what one writes second, and kinder to the peer."""
    return requests.Session()


@cache
def _httpx() -> httpx.Client:
    return httpx.Client(timeout=20)


@app.task(name="peers.requests", autoretry_for=(Exception,), retry_backoff=True)
def with_requests(url: str, body: dict[str, Any]) -> None:
    _requests().post(url, json=body, timeout=20).raise_for_status()


@app.task(name="peers.httpx", autoretry_for=(Exception,), retry_backoff=True)
def with_httpx(url: str, body: dict[str, Any]) -> None:
    _httpx().post(url, json=body).raise_for_status()
