"""`bridge completion bash|zsh|fish`: the script that completes commands and options."""

import click
from click.shell_completion import get_completion_class

from bridge.cli import say


@click.command(
    epilog=say.example("bridge completion bash > ~/.local/share/bash-completion/completions/bridge")
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print it; `source` it, or put it where the shell looks."""
    kind = get_completion_class(shell)
    root = context.find_root()
    if kind is None:
        raise say.Refused(f"There is no completion for {shell}.")
    click.echo(kind(root.command, {}, "bridge", "_BRIDGE_COMPLETE").source())
