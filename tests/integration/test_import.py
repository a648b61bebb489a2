"""Files of leads: encodings and headers are found, each row has a verdict, a kill costs nothing."""

import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery.embedded import EmbeddedServer
from bridge.intake.files import FileError, LeadFile
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

SWEDISH = (
    "Förnamn;Efternamn;E-post;Mobil;Ärende;Objekt\r\nÅsa;Öberg;asa@example.com;{};Slutpris;OBJ1\r\n"
)


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BridgeUnderTest]:
    folder = tmp_path_factory.mktemp("import")
    with EmbeddedServer(folder / "server", durability="everysec") as server, Sandbox() as sandbox:
        yield BridgeUnderTest(folder, server, sandbox)


def verdicts(file: Path) -> list[dict[str, Any]]:
    text = file.with_name(file.name + ".verdicts.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_are_found(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(SWEDISH.format("070-1740605").encode(encoding))
    (row,) = LeadFile(file).rows()
    assert row.payload == {
        "Förnamn": "Åsa",
        "Efternamn": "Öberg",
        "E-post": "asa@example.com",
        "Mobil": "070-1740605",
        "Ärende": "Slutpris",
        "Objekt": "OBJ1",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(f'namn{delimiter}telefon\n"Ek{delimiter} Bo"{delimiter}070-1740606\n')
    (row,) = LeadFile(file).rows()
    assert row.payload == {"namn": f"Ek{delimiter} Bo", "telefon": "070-1740606"}


def test_columns_are_renamed_by_a_map(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv.gz"
    file.write_bytes(gzip.compress(b"Kontaktuppgift\n070-1740605\n"))
    (row,) = LeadFile(file, names={"Kontaktuppgift": "phone"}).rows()
    assert row.payload == {"phone": "070-1740605"}


def payloads(file: Path, text: bytes, **how: Any) -> list[Any]:
    file.write_bytes(text)
    return [row.payload for row in LeadFile(file, **how).rows()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"namn,tel\nAnna\n", [{"namn": "Anna"}]),  # a row that is too short
        (b"namn,tel\nA,1,2\n", [{"namn": "A", "tel": "1", "(more)": ["2"]}]),  # and one too long
        (b'namn,medd\nAnna,"rad 1\nrad 2"\n', [{"namn": "Anna", "medd": "rad 1\nrad 2"}]),
        (b'namn,medd\nAnna,"never closed\n', [{"namn": "Anna", "medd": "never closed\n"}]),
        (b"namn,tel,tel\nA,1,2\n", [{"namn": "A", "tel": "1", "tel2": "2"}]),  # nothing is lost
        (b" namn , tel \nA,1", [{"namn": "A", "tel": "1"}]),  # no line end, blanks in the header
        (b"namn\nA\x00B\n", [{"namn": "A\x00B"}]),
        (b"namn\n\xc5sa \x81\n", [{"namn": "Åsa \ufffd"}]),  # a byte that is no Windows-1252
        (b"namn\n" + b"x" * 1_000_000 + b"\n", [{"namn": "x" * 1_000_000}]),
        (b"namn,tel\n", []),
        (b"namn\n\n\nA\n", [{"namn": "A"}]),
    ],
)
def test_rows_as_people_have_them(tmp_path: Path, text: bytes, expected: list[Any]) -> None:
    assert payloads(tmp_path / "leads.csv", text) == expected


def test_lines_of_json_are_renamed_too_and_a_broken_one_is_its_own_text(tmp_path: Path) -> None:
    lines = b'{"tfn": "1"}\n{broken\n\n' + b"[" * 5000 + b"\n[1]\n"
    found = payloads(tmp_path / "leads.jsonl", lines, names={"tfn": "phone"})
    assert found == [{"phone": "1"}, "{broken", "[" * 5000, [1]]


def test_what_is_no_file_of_leads_is_said_in_words(tmp_path: Path) -> None:
    empty = tmp_path / "leads.csv"
    empty.write_text("")
    with pytest.raises(FileError, match="the first line names the columns"):
        list(LeadFile(empty).rows())
    broken = tmp_path / "leads.jsonl.gz"
    broken.write_bytes(b"no gzip")
    with pytest.raises(FileError, match="cannot be read"):
        list(LeadFile(broken).rows())
    with pytest.raises(FileError, match="neither"):
        list(LeadFile(tmp_path / "leads.pdf").rows())


def test_a_spreadsheet_is_taken_in_with_a_verdict_a_row(bridge: BridgeUnderTest) -> None:
    file = bridge.folder / "leads.csv"
    rows = (
        SWEDISH.format("070-1740605") + ";;;;Slutpris;\r\n" + "Bo;Ek;bo@example.com;;kontakt;\r\n"
    )
    file.write_bytes(rows.encode("cp1252"))
    done = bridge.command("import", str(file), "--source", "crm")
    assert (done.returncode, "3 rows" in done.stdout) == (1, True), done.stderr
    found = verdicts(file)
    assert [one["status"] for one in found] == ["accepted", "quarantined", "unrouted"]
    assert found[1]["errors"][0]["field"] == "person"
    again = bridge.command("import", str(file), "--source", "crm")
    assert (again.returncode, "Went on after row 3" in again.stderr) == (0, True)


def test_a_dry_run_shows_everything_and_sends_nothing(bridge: BridgeUnderTest) -> None:
    file = bridge.folder / "dry.csv"
    file.write_text(SWEDISH.format("701740605.0") + ";;;;Slutpris;\n")
    before = bridge.ask(lambda ledger: ledger.counts())
    done = bridge.command("import", str(file), "--source", "crm", "--dry-run")
    assert done.returncode == 1
    assert "+46701740605" in done.stdout
    assert "acme-watch" in done.stdout
    assert bridge.ask(lambda ledger: ledger.counts()) == before


def test_a_killed_import_goes_on_without_a_duplicate(bridge: BridgeUnderTest) -> None:
    file = bridge.folder / "many.jsonl"
    leads = [lead(n, external_id=f"many-{n}", intent="valuation") for n in range(4000)]
    file.write_text("".join(json.dumps(one) + "\n" for one in leads))
    command = [sys.executable, "-m", "bridge", "import", str(file), "--source", "crm"]
    partial = file.with_name(file.name + ".verdicts.jsonl")
    for _ in range(3):
        size = partial.stat().st_size if partial.exists() else 0
        process = subprocess.Popen(command, env=bridge.environment, stderr=subprocess.DEVNULL)
        while not (partial.exists() and partial.stat().st_size > size) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with partial.open("ab") as out:
        out.write(b'{"row": 4001, "sta')  # the half line of a write that was cut off
    done = bridge.command("import", str(file), "--source", "crm")
    assert done.returncode == 0, done.stderr
    found = verdicts(file)
    assert [one["row"] for one in found] == list(range(1, 4001))
    assert {one["status"] for one in found} <= {"unrouted", "duplicate"}
    assert len({one["lead_id"] for one in found}) == 4000


def test_an_unknown_source_is_named(bridge: BridgeUnderTest) -> None:
    file = bridge.folder / "x.csv"
    file.write_text("namn\nAnna\n")
    done = bridge.command("import", str(file), "--source", "nobody")
    assert (done.returncode, "No source nobody" in done.stderr) == (1, True)
