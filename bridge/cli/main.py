"""The group of commands; each command's module is imported when it runs."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from bridge import __version__
from bridge.cli import say

COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("bridge.cli.up", "Run everything: ledger server, worker, and more on request."),
    "demo": ("bridge.cli.demo", "Watch leads arrive at sandbox Vitec and Flow."),
    "worker": ("bridge.cli.processes", "The Celery worker with our defaults."),
    "web": ("bridge.cli.processes", "The HTTP ways in, alone."),
    "sandbox": ("bridge.cli.processes", "Fake vendors over real HTTP."),
    "check": ("bridge.cli.check", "Look at configuration, ledger and every account."),
    "send": ("bridge.cli.send", "Put one lead in, from a file or stdin."),
    "import": ("bridge.cli.import_file", "Take in a file of leads: CSV or JSONL."),
    "schema": ("bridge.cli.explain", "Print the JSON Schema of the lead."),
    "route": ("bridge.cli.explain", "Explain where a lead would go, and why."),
    "leads": ("bridge.cli.leads", "List and show leads."),
    "deliveries": ("bridge.cli.deliveries", "List deliveries and act on them."),
    "replay": ("bridge.cli.replay", "Send again, with a plan first."),
    "accounts": ("bridge.cli.accounts", "See, pause and resume accounts."),
    "cases": ("bridge.cli.cases", "Sold cases, and the leads that wait for them."),
    "quarantine": ("bridge.cli.quarantine", "Payloads that no parser understood."),
    "properties": ("bridge.cli.properties", "The property directory."),
    "orders": ("bridge.cli.orders", "The orders that brokers made in Core."),
    "flow": ("bridge.cli.flow", "Look into Flow: bases, cases, roles, employees."),
    "homeq": ("bridge.cli.homeq", "HomeQ beside its webhooks: lists, catch-up."),
    "vitec": ("bridge.cli.vitec", "What Vitec says of contacts."),
    "alarms": ("bridge.cli.alarms", "What is the matter now, and whom it is told."),
    "keys": ("bridge.cli.keys", "Which encryption keys are in use; rotate them."),
    "retention": ("bridge.cli.retention", "What personal data was kept long enough."),
    "completion": ("bridge.cli.completion", "Shell completion for bash, zsh, fish."),
    "users": ("bridge.cli.users", "Who may sign in to the console."),
    "tokens": ("bridge.cli.users", "Tokens of other programs for the API."),
    "stats": ("bridge.cli.accounts", "Deliveries by account and state."),
}


ATTRIBUTES = {"import": "import_file"}  # where a command's name is a word of Python


class Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, ATTRIBUTES.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help of the group needs no command's module."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=say.example("bridge demo"),
)
@click.version_option(__version__, prog_name="bridge")
def bridge() -> None:
    """Put each lead into every system that should have it, and see what happened."""


def main(arguments: list[str] | None = None) -> Any:
    """Run; a person never sees a traceback for what they can mend."""
    try:
        return bridge.main(arguments, prog_name="bridge", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except say.KNOWN as error:
        click.echo(str(error), err=True)
        return getattr(error, "code", 3)
