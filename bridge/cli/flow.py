"""`bridge flow`: what an account of Flow's can be asked; each command stands in a file beside."""

import click

from bridge.cli import say
from bridge.cli.flow_bases import bases
from bridge.cli.flow_case import case, publications
from bridge.cli.flow_people import employees, roles


@click.group(epilog=say.example("bridge flow bases flow-acme"))
def flow() -> None:
    """Look into Flow (Visma Core): processing bases, cases, roles, employees."""


for _one in (bases, case, employees, publications, roles):
    flow.add_command(_one)
