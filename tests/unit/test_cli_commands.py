"""Every command: help with an example; every listing: --json, --limit; and completion."""

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from bridge.cli.main import bridge

LISTINGS = {"list", "stats", "wanted"}


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from _walk(found, (*path, name))


COMMANDS = dict(_walk(bridge, ("bridge",)))


def test_the_commands_of_the_public_contract_are_there() -> None:
    wanted = """up demo check send import schema route.explain leads.list leads.show leads.erase
        leads.export deliveries.list deliveries.show deliveries.retry deliveries.resolve
        deliveries.cancel quarantine.list quarantine.show quarantine.release properties.import
        properties.list properties.set accounts.list accounts.pause accounts.resume accounts.check
        stats keys.rotate keys.status retention.run completion web worker"""
    names = {name.removeprefix("bridge ").replace(" ", ".") for name in COMMANDS}
    assert set(wanted.split()) <= names


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself_with_an_example_of_itself(name: str) -> None:
    command = COMMANDS[name]
    assert command.help or command.short_help, name
    assert command.epilog, name
    example = command.epilog.rpartition("\n")[2].strip()
    wanted = name if not isinstance(command, click.Group) else name.split(maxsplit=1)[0]
    assert example.startswith(wanted), f"{name}: {example}"
    if command.context_settings.get("help_option_names") != []:
        shown = CliRunner().invoke(command, ["--help"])
        assert shown.exit_code == 0
        assert "Example:" in shown.output


@pytest.mark.parametrize("name", [n for n in COMMANDS if n.split()[-1] in LISTINGS])
def test_every_listing_can_be_limited_and_read_by_programs(name: str) -> None:
    options = {option for one in COMMANDS[name].params for option in one.opts}
    assert {"--json", "--limit"} <= options


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    shown = CliRunner().invoke(bridge, ["completion", shell])
    assert shown.exit_code == 0, shown.output
    assert re.search(r"_BRIDGE_COMPLETE=\w*complete", shown.output)


def test_the_completion_knows_commands_and_options() -> None:
    words = {"COMP_WORDS": "bridge lea", "COMP_CWORD": "1"}
    runner = CliRunner(env={"_BRIDGE_COMPLETE": "bash_complete", **words})
    shown = runner.invoke(bridge, prog_name="bridge")
    assert "leads" in shown.output
