"""Sends events as HomeQ does: every five minutes until exactly 200, for seven days at most."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

EVERY = 300.0  # seconds between two tries
LONGEST = 7 * 86_400.0  # seconds until HomeQ gives an event up
OK = 200  # and nothing else: not 201, 202, 204 or a redirect


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(slots=True)
class Queued:
    """`answers`: the status of each try; None where nothing answered."""

    event: Any
    due: float
    since: float
    answers: list[int | None] = field(default_factory=list)


@dataclass(slots=True)
class Sender:
    """`now` is a clock that the caller moves: `run(hours=2)` takes no time at all.

    `luck` None: in order and once; else events are shuffled and now and then sent twice.
    """

    url: str
    luck: random.Random | None = None
    now: float = 0.0
    queue: list[Queued] = field(default_factory=list)
    given_up: list[Queued] = field(default_factory=list)
    taken: list[Queued] = field(default_factory=list)

    def put(self, events: Iterable[Any]) -> None:
        """Queue events for now; bytes are sent as they are."""
        for event in events:
            self.queue.append(Queued(event=event, due=self.now, since=self.now))
            if self.luck and self.luck.random() < 0.2:  # a repeat that nobody asked for
                self.queue.append(Queued(event=event, due=self.now, since=self.now))
        if self.luck:
            self.luck.shuffle(self.queue)

    def run(self, *, hours: float = 0.0) -> None:
        """Everything that is due until then."""
        end = self.now + hours * 3600
        while self.queue:
            one = min(self.queue, key=lambda queued: queued.due)
            if one.due > end:
                break
            self.now = max(self.now, one.due)
            self._try(one)
        self.now = end

    def _try(self, one: Queued) -> None:
        status = post(self.url, one.event)
        one.answers.append(status)
        if status == OK:
            self.queue.remove(one)
            self.taken.append(one)
        elif one.due + EVERY - one.since > LONGEST:
            self.queue.remove(one)
            self.given_up.append(one)
        else:
            one.due += EVERY


def post(url: str, event: Any) -> int | None:
    """The status, or None where nothing answered."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    request = Request(url, data=body, headers={"content-type": "application/json"}, method="POST")
    try:
        with build_opener(_NoRedirects).open(request, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return int(error.code)
    except (URLError, OSError):
        return None
