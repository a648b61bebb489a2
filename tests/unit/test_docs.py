"""docs/configuration.md has every key that the code reads, and no other."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from bridge.routing.tables import (
    AccountTable,
    AlarmsTable,
    DestinationTable,
    RouteTable,
    SourceTable,
    WhenTable,
)
from settings import PREFIX, Settings

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "configuration.md").read_text()
OURS = {"environment"}  # the values of $NAME, not a variable
THEIRS = {"base_url"}  # of every vendor, in its own model
TABLES: dict[str, type[BaseModel]] = {
    "[sources.NAME]": SourceTable,
    "[accounts.NAME]": AccountTable,
    "[destinations.NAME]": DestinationTable,
    "[[routes]]": RouteTable,
    "[alarms]": AlarmsTable,
}


def _keys(text: str) -> set[str]:
    """The names in the first column of its tables."""
    rows = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}


def test_every_variable_is_documented_and_every_documented_one_exists() -> None:
    section = TEXT.partition("## Environment")[2].partition("\n## ")[0]
    known = {PREFIX + name.upper() for name in Settings.model_fields if name not in OURS}
    assert _keys(section) == known


@pytest.mark.parametrize("table", list(TABLES))
def test_every_key_of_a_table_is_documented_and_every_documented_one_exists(table: str) -> None:
    section = TEXT.partition(f"### `{table}`")[2].partition("\n##")[0]
    assert _keys(section) - THEIRS == set(TABLES[table].model_fields)


def test_every_condition_of_a_route_is_documented() -> None:
    (row,) = re.findall(r"^\| `when` \|.*$", TEXT, re.MULTILINE)
    assert set(WhenTable.model_fields) <= set(re.findall(r"`(\w+)`", row))


def test_no_link_of_the_docs_leads_nowhere() -> None:
    root = DOCS.parent
    for file in (root / "README.md", root / "CHANGELOG.md", *DOCS.rglob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text()):
            assert (file.parent / link).exists(), f"{file.name}: {link}"
