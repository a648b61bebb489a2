"""Spreadsheets and line files → payloads: encoding, delimiter and headers are found."""

import codecs
import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, cast

import orjson

Kind = Literal["csv", "jsonl"]
SAMPLE = 64 * 1024
CHUNK = 1024 * 1024
DELIMITERS = ";,\t|"
LONGEST_FIELD = 16 * CHUNK  # a lead that is too large is refused later, with its row
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class FileError(Exception):
    """The file cannot be taken in at all; the text is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`number` counts from 1, the header aside; a line that is no JSON is its own text."""

    number: int
    payload: object


@dataclass(slots=True)
class LeadFile:
    """One file of leads, read a row at a time. `names` renames columns: theirs → ours."""

    path: Path
    names: Mapping[str, str] = field(default_factory=dict)
    position: int = 0  # bytes of the file on disk that have been read

    @property
    def kind(self) -> Kind:
        """Raises `FileError` where the name tells neither."""
        name = self.path.name.lower().removesuffix(".gz")
        if name.endswith((".jsonl", ".ndjson")):
            return "jsonl"
        if name.endswith((".csv", ".tsv", ".txt")):
            return "csv"
        raise FileError(f"{self.path} is neither .csv nor .jsonl (.gz may follow).")

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def rows(self) -> Iterator[Row]:
        """Raises `FileError` for what cannot be read at all."""
        try:
            yield from self._lines() if self.kind == "jsonl" else self._records()
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise FileError(f"{self.path} cannot be read: {reason}.") from None

    def _lines(self) -> Iterator[Row]:
        number = 0
        with self.path.open("rb") as raw, self._unpacked(raw) as lines:
            for line in lines:
                self.position = raw.tell()
                if not line.strip():
                    continue
                number += 1
                try:
                    payload: object = orjson.loads(line)
                except orjson.JSONDecodeError:
                    payload = line.decode("utf-8", "replace").strip()
                if isinstance(payload, dict):
                    payload = self._renamed(payload)
                yield Row(number=number, payload=payload)

    def _records(self) -> Iterator[Row]:
        with self.path.open("rb") as raw, self._unpacked(raw) as data:
            encoding = encoding_of(data)
        with self.path.open("rb") as raw, self._unpacked(raw) as data:
            sample = data.read(SAMPLE).decode(encoding, "replace")
        with (
            self.path.open("rb") as raw,
            # Windows-1252 has bytes that mean nothing; one of them must not end an import.
            io.TextIOWrapper(self._unpacked(raw), encoding, "replace", newline="") as text,
        ):
            csv.field_size_limit(LONGEST_FIELD)  # of the whole process: whoever reads says its own
            reader = csv.DictReader(text, delimiter=delimiter_of(sample), restkey="(more)")
            reader.fieldnames = columns_of(reader.fieldnames or ())
            if not any(reader.fieldnames):
                raise FileError(f"{self.path} is empty: the first line names the columns.")
            for number, record in enumerate(reader, 1):
                self.position = raw.tell()
                yield Row(number=number, payload=self._filled(record))

    def _filled(self, record: Mapping[str, object]) -> dict[str, object]:
        given = {name: v for name, v in record.items() if name and v not in (None, "")}
        return self._renamed(given)

    def _renamed(self, record: Mapping[str, object]) -> dict[str, object]:
        return {self.names.get(name, name): value for name, value in record.items()}

    def _unpacked(self, raw: IO[bytes]) -> IO[bytes]:
        if self.path.name.lower().endswith(".gz"):
            return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
        return raw


def columns_of(header: Sequence[str]) -> list[str]:
    """A name that stands there again gets a number, `phone2`: its values would be lost else."""
    seen: Counter[str] = Counter()
    columns = []
    for name in (one.strip() for one in header):
        seen[name] += 1
        columns.append(f"{name}{seen[name]}" if name and seen[name] > 1 else name)
    return columns


def encoding_of(raw: IO[bytes]) -> str:
    """A byte-order mark tells; else UTF-8 where all of it is, else Windows-1252, as from Excel."""
    chunk = raw.read(CHUNK)
    for mark, encoding in BOMS:
        if chunk.startswith(mark):
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = raw.read(CHUNK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def delimiter_of(sample: str) -> str:
    """The one that stands most often in the header."""
    header = sample.partition("\n")[0]
    return max(DELIMITERS, key=header.count)
