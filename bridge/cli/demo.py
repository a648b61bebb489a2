"""`bridge demo`: a Nordic office's morning, through a real worker to sandbox Vitec and Flow."""

import asyncio
import base64
import contextlib
import hashlib
import json
import shutil
import signal
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bridge import wiring
from bridge.cli import say
from bridge.cli.crew import Crew, CrewError, Member
from bridge.cli.demo_report import Shown, print_report
from bridge.cli.processes import CELERY
from bridge.connectors import VENDORS
from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import FINAL, State
from bridge.pipeline import Accepted, Acceptor, Intake, Parts
from bridge.sandbox.server import Sandbox
from bridge.wiring import StartError

OFFICE = files("bridge.cli") / "demo_office"
ENVIRONMENT = "demo.env"  # for a shell that wants to look around
LIMIT = 60.0  # seconds until the demo says that something is wrong
RESTING = FINAL | {State.HELD, State.WAITING}


@click.command(epilog=say.example("bridge demo"))
@click.option("--stay", is_flag=True, help="Leave everything running afterwards, to look around.")
def demo(*, stay: bool) -> None:
    """Watch leads arrive: phones made certain, a vendor that fails, a lost answer, a refusal."""
    console = Console()
    began = time.monotonic()
    folder = (wiring.read_settings().data_dir / "demo").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / "bridge.toml").write_text((OFFICE / "bridge.toml").read_text("utf-8"), "utf-8")
    crew = Crew()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, crew.over)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(EmbeddedServer(folder / "data"))
        sandbox = stack.enter_context(Sandbox())
        stack.callback(crew.stop)
        environment = _environment(folder, server, sandbox)
        command = (*CELERY, "worker", "--hostname", "demo@%h")
        crew.add(Member("worker", command, environment, log=folder / "worker.log"))
        _script_faults(sandbox)
        console.print(
            f"[bold]The lead bridge[/]: ledger, worker and sandbox vendors are up"
            f" ({time.monotonic() - began:.1f} s)",
        )
        shown = asyncio.run(_morning(console, folder, server, sandbox, crew))
        print_report(console, shown, sandbox)
        console.print(f"\nDone in {time.monotonic() - began:.0f} s. Data and logs: {folder}")
        if stay:
            _stay(console, crew, folder, server)


def _environment(folder: Path, server: EmbeddedServer, sandbox: Sandbox) -> dict[str, str]:
    child = wiring.for_child(
        config=str(folder / "bridge.toml"),
        data_dir=str(folder / "data"),
        redis_url=server.url,
        encryption_keys=base64.b64encode(hashlib.sha256(str(folder).encode()).digest()).decode(),
        log_level="INFO",
        sweep="0.2",
    )
    vendors = {f"SANDBOX_{name.upper()}": f"{sandbox.url}/{name}" for name in VENDORS}
    mine = {**vendors, **{name: v for name, v in child.items() if name.startswith("BRIDGE_")}}
    file = folder / ENVIRONMENT
    file.touch(mode=0o600)
    file.write_text("".join(f"export {name}='{value}'\n" for name, value in mine.items()))
    return child | vendors


def _script_faults(sandbox: Sandbox) -> None:
    """One vendor is down for a moment, and one answer gets lost after the vendor had accepted."""
    unavailable = {"message": "Tjänsten är tillfälligt otillgänglig"}
    second = {"vendor": "vitec", "body_contains": "bjorn@example.com"}
    sandbox.fault("status", code=503, body=unavailable, times=2, match=second)
    sandbox.fault(
        "accept_lose_answer", match={"vendor": "flow", "body_contains": "ola@example.com"}
    )


async def _morning(
    console: Console, folder: Path, server: EmbeddedServer, sandbox: Sandbox, crew: Crew
) -> list[Shown]:
    """Everything through the front door, then wait until it has arrived somewhere."""
    environment = _environment(folder, server, sandbox)
    known = wiring.read(wiring.read_settings(environment))

    async def ring(account: str) -> None:
        await parts.ledger.ring(account)

    parts = await wiring.build(known, nudge=ring)
    try:
        lines = (OFFICE / "leads.jsonl").read_text("utf-8").splitlines()
        shown = [await _accept(parts, json.loads(line)) for line in lines]
        await _watch(console, parts, shown, crew)
        for one in shown:
            await one.look(parts)
    finally:
        await parts.close()
    return shown


async def _accept(parts: Parts, line: dict[str, Any]) -> Shown:
    acceptor = Acceptor(parts)
    came = Intake(payload=line["payload"], source=line["source"], way="cli")
    if "then" not in line:
        return Shown(line["note"], line, await acceptor.accept(came))
    # The person changes their mind at once: the account is paused, so that nothing is faster.
    await parts.ledger.pause("flow-acme", "by hand: the demo wants to be faster than the worker")
    accepted: Accepted = await acceptor.accept(came)
    await acceptor.accept(Intake(payload=line["then"], source=line["source"], way="cli"))
    await parts.ledger.resume("flow-acme")
    return Shown(line["note"], line, accepted)


async def _watch(console: Console, parts: Parts, shown: list[Shown], crew: Crew) -> None:
    leads = {one.accepted.lead_id for one in shown if one.accepted.lead_id}
    limit = time.monotonic() + LIMIT
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} deliveries settled"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=not console.is_terminal) as progress:
        task = progress.add_task("Delivering")
        while True:
            rows = [row for one in leads for row in await parts.ledger.deliveries_of(one)]
            resting = sum(row.state in RESTING for row in rows)
            waits = sum(row.state is State.RETRYING for row in rows)
            checks = sum(row.state is State.UNKNOWN for row in rows)
            text = f"Delivering ({waits} waiting to retry, {checks} being read back)"
            progress.update(task, description=text, completed=resting, total=len(rows))
            if resting == len(rows) or crew.wait(0):
                return
            _look_after(crew)
            if time.monotonic() > limit:
                raise StartError("The demo did not settle within a minute; see worker.log.", code=3)
            await asyncio.sleep(0.15)


def _look_after(crew: Crew) -> None:
    try:
        crew.look_after()
    except CrewError as error:
        raise StartError(str(error), code=3) from None


def _stay(console: Console, crew: Crew, folder: Path, server: EmbeddedServer) -> None:
    python = Path(sys.executable).parent
    console.print("\nEverything stays up until Ctrl-C. In another terminal:\n")
    console.print(f"  . {folder}/{ENVIRONMENT}", soft_wrap=True)
    console.print(f"  {python}/bridge leads list", soft_wrap=True)
    console.print(f"  {python}/bridge deliveries list --state held", soft_wrap=True)
    while not crew.wait(0.5):
        if not server.alive():
            server.start()
        _look_after(crew)
