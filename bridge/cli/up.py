"""`bridge up`: the embedded ledger, a worker, and on request fake vendors and Flower, in one."""

import contextlib
import signal
import sys
from pathlib import Path

import click

from bridge import wiring
from bridge.cli import say
from bridge.cli.crew import Crew, CrewError, Member
from bridge.cli.processes import CELERY, SANDBOX
from bridge.delivery.embedded import EmbeddedServer, running
from bridge.wiring import StartError


@click.command(epilog=say.example("bridge up --sandbox --flower"))
@click.option("--sandbox", is_flag=True, help="Fake vendors on port 8099.")
@click.option("--flower", is_flag=True, help="Flower on port 5555.")
@click.option("--web", default=8080, show_default=True, help="The port of HTTP; 0: none.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def up(*, sandbox: bool, flower: bool, web: int, workers: int) -> None:
    """Run everything in the foreground; Ctrl-C stops it in order, losing nothing."""
    settings = wiring.read_settings()
    wiring.read_routing(settings)  # a mistake is told before anything starts
    crew = Crew()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, crew.over)
    with contextlib.ExitStack() as stack:
        server = (
            stack.enter_context(ledger_server(settings.data_dir, settings.durability))
            if settings.redis_url is None
            else None
        )
        wiring.check_start(wiring.read(settings))
        stack.callback(crew.stop)
        if sandbox:
            crew.add(_member("sandbox", (*SANDBOX, "--port", "8099")))
        for number in range(workers):
            name = f"worker{number + 1}@%h"
            crew.add(_member("worker", (*CELERY, "worker", "--hostname", name)))
        if web:
            web_command = (sys.executable, "-m", "bridge", "web", "--port", str(web))
            crew.add(_member("web", web_command))
        if flower:
            crew.add(_member("flower", (*CELERY, "flower", "--address=127.0.0.1", "--port=5555")))
        click.echo("The bridge is up. Ctrl-C stops it.", err=True)
        _watch(crew, server)
        click.echo("Stopping: what is in flight is finished first.", err=True)


def ledger_server(data_dir: Path, durability: str) -> EmbeddedServer:
    """Raises `StartError` where another one already serves this data folder."""
    if running(data_dir):
        raise StartError(f"The bridge already runs with the data folder {data_dir}.", code=1)
    return EmbeddedServer(data_dir, durability="everysec" if durability == "everysec" else "always")


def _watch(crew: Crew, server: EmbeddedServer | None) -> None:
    while not crew.wait(0.5):
        if server is not None and not server.alive():
            server.start()
        try:
            crew.look_after()
        except CrewError as error:
            raise StartError(str(error), code=3) from None


def _member(name: str, command: tuple[str, ...]) -> Member:
    return Member(name=name, command=command, environment=wiring.for_child())
