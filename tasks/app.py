"""The Celery app: `celery -A tasks worker` needs no options."""

import sys
from typing import Any

from celery import Celery, bootsteps
from celery.signals import (
    setup_logging,
    task_received,
    worker_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from celery.worker import state

from bridge import wiring
from tasks import broker, runtime
from tasks.config import LONGEST_TASK, celery_settings

broker.use()
app = Celery("bridge", include=["tasks.accept_lead", "tasks.canary", "tasks.deliver"])


@app.add_defaults
def _settings() -> dict[str, Any]:
    """Read when the app is first used, so that importing it costs and needs nothing."""
    try:
        return celery_settings(wiring.read())
    except wiring.StartError as error:
        sys.exit(str(error))


@setup_logging.connect
def _logging(**_: object) -> None:
    known = wiring.read_settings()
    wiring.logs.set_up(known.log_level, known.log_format)


@worker_init.connect
def _look_before_starting(**_: object) -> None:
    """A routing file or ledger that cannot be used stops the worker with one sentence."""
    try:
        wiring.check_start(wiring.read())
    except wiring.StartError as error:
        sys.exit(str(error))


@worker_ready.connect
def _start(sender: Any, **_: object) -> None:
    runtime.current().keep_watch(sender)


@task_received.connect
def _heard(**_: object) -> None:
    runtime.heard()


@worker_shutting_down.connect
def _closing(**_: object) -> None:
    runtime.closing()


@worker_shutdown.connect
def _stop(**_: object) -> None:
    """After SIGQUIT (a cold stop) nobody waits for calls in flight: the ledger knows of each."""
    cold = state.should_terminate is not None
    runtime.stop(within=0 if cold else LONGEST_TASK)


class Quiet(bootsteps.Step):
    """Gossip and mingle cost start-up time and chatter that nothing here uses."""

    def __init__(self, worker: Any, **_: object) -> None:
        worker.options |= {"without_gossip": True, "without_mingle": True}


app.steps["worker"].add(Quiet)
