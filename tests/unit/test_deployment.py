"""The compose file and the Dockerfile, as far as they can be tested without a Docker engine."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Context

from bridge.cli.main import bridge as command
from settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: one for name, one in COMPOSE["services"].items() if "build" in one}


def test_every_bridge_variable_is_one_that_settings_reads() -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"BRIDGE_[A-Z_]+", text)) <= known


@pytest.mark.parametrize("name", [name for name, one in OURS.items() if "entrypoint" not in one])
def test_every_command_exists(name: str) -> None:
    first = OURS[name]["command"][0]
    assert command.get_command(Context(command), first) is not None


@pytest.mark.parametrize("name", list(OURS))
def test_every_process_of_ours_comes_back_after_a_crash(name: str) -> None:
    assert OURS[name]["restart"] == "always"


def test_the_ledger_writes_every_yes_to_disk_and_evicts_nothing() -> None:
    words = COMPOSE["services"]["ledger"]["command"]
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction"


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = [port for one in COMPOSE["services"].values() for port in one.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_flower_asks_for_a_password() -> None:
    assert any(word.startswith("--basic-auth=") for word in OURS["flower"]["command"])


def test_the_dockerfile_copies_what_exists_and_does_not_run_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ")]
    names = [name for line in copied for name in line if not name.startswith(("--", "/"))]
    assert names
    assert all((ROOT / name).exists() for name in names)
    assert re.search(r"^USER bridge$", text, re.MULTILINE)
    assert sys.version_info >= (3, 11)
