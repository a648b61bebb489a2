"""What HomeQ says of a call that will end: noticed on every answer, told once a day.

HomeQ announces three months before, by e-mail, in its documentation and by a third way of which
its page lost the name (FACTS 1C.1); a test call exists, so it is something in the answer. Whatever
the standards know is looked for: RFC 9745 `Deprecation`, RFC 8594 `Sunset`, `Link` to either, an
old `Warning: 299`, and any header that has one of these words in its name.
"""

import logging
import re
from collections.abc import Iterable, Mapping

import orjson

from bridge.connectors.base import Clock, Shelf

log = logging.getLogger("bridge.homeq")

TEST = "/api/v1/deprecation/"  # stated by HomeQ's page
KEPT = 14 * 86_400.0  # seconds after an answer last said so
TOLD = 86_400.0  # seconds between two lines of the log, over all workers
NOTED = 3600.0  # seconds between two times that one process writes the same thing down
SHOWN = 200  # characters
WORDS = re.compile(r"deprecat|sunset", re.IGNORECASE)
RELATION = re.compile(r'rel="?(deprecation|sunset|successor-version)', re.IGNORECASE)
WARNING = re.compile(r"\s*299\b")


def announced(headers: Mapping[str, str]) -> str:
    """What an answer's headers say of its call's end; empty: nothing."""
    found = [f"{name}: {value}" for name, value in sorted(headers.items()) if WORDS.search(name)]
    link, warning = headers.get("link", ""), headers.get("warning", "")
    found += [f"link: {link}"] if RELATION.search(link) else []
    found += [f"warning: {warning}"] if WARNING.match(warning) else []
    return " ".join("; ".join(found).split())[:SHOWN]


class Deprecations:
    """`name`: whose; all its workers share what one of them saw."""

    def __init__(self, shelf: Shelf, name: str, clock: Clock) -> None:
        self._shelf = shelf
        self._name = f"homeq-deprecated:{name}"
        self._clock = clock
        self._noted: dict[str, float] = {}

    async def look(self, path: str, headers: Mapping[str, str]) -> None:
        """`path` as it is configured, without a number in it."""
        said, now = announced(headers), self._clock().timestamp()
        if not said or now - self._noted.get(path, 0.0) < NOTED:
            return
        self._noted[path] = now
        kept = {**await self._kept(), path: [said, now]}
        await self._shelf.put(self._name, orjson.dumps(kept).decode(), ttl=KEPT)
        if await self._shelf.lock(f"{self._name}:{path}", ttl=TOLD):
            log.warning("homeq.deprecated path=%s said=%s", path, said)

    async def known(self, paths: Iterable[str]) -> dict[str, str]:
        """Which of these paths were announced to end, and in what words."""
        over = self._clock().timestamp() - KEPT
        kept = await self._kept()
        return {path: kept[path][0] for path in paths if path in kept and kept[path][1] > over}

    async def _kept(self) -> dict[str, tuple[str, float]]:
        text = await self._shelf.get(self._name)
        found = orjson.loads(text) if text else {}
        return {path: (str(said), float(at)) for path, (said, at) in found.items()}
