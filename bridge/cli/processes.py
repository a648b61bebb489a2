"""`bridge worker` and `bridge sandbox`: one process each, in the foreground."""

import os
import sys

import click

from bridge import wiring
from bridge.cli import say

CELERY = (sys.executable, "-m", "celery", "-A", "tasks")
SANDBOX = (sys.executable, "-m", "bridge.sandbox")


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    epilog=say.example("bridge worker --hostname second@%h"),
)
@click.argument("celery_options", nargs=-1, type=click.UNPROCESSED)
def worker(celery_options: tuple[str, ...]) -> None:
    """The Celery worker; what stands after it goes to Celery as it is."""
    wiring.check_start(wiring.read())
    _become((*CELERY, "worker", *celery_options))


@click.command(epilog=say.example("bridge web --port 8080"))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
def web(host: str, port: int) -> None:
    """HTTP ways in, `/healthz`, `/readyz`, `/metrics`, and OpenAPI at `/docs`."""
    from bridge.web import serve

    settings = wiring.read_settings()
    wiring.check_start(wiring.read(settings))
    wiring.logs.set_up(settings.log_level, settings.log_format)
    path = wiring.first_link(wiring.read(settings))
    if path:
        click.echo(
            "No users yet. The first administrator comes in here, once, within 30 minutes:"
            f" http://{host}:{port}{path}",
            err=True,
        )
    serve(host, port)


@click.command(epilog=say.example("bridge sandbox --port 8099"))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8099, show_default=True)
def sandbox(host: str, port: int) -> None:
    """Fake vendors with their documented quirks, for trying things out."""
    _become((*SANDBOX, "--host", host, "--port", str(port)))


def _become(command: tuple[str, ...]) -> None:
    sys.stdout.flush()
    os.execv(command[0], command)
