"""Speaks to a sandbox's control calls, wherever it runs."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class Client:
    """`url` is the sandbox's own; each vendor is at `{url}/NAME`.

    Shapes are those of `control.py`. A control call that the sandbox refuses is a `ValueError`.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def overview(self) -> dict[str, Any]:
        found: dict[str, Any] = self._call("GET", "")
        return found

    def received(self, **wanted: str) -> list[dict[str, Any]]:
        """`vendor=` and `kind=` choose."""
        found: list[dict[str, Any]] = self._call("GET", f"received?{urlencode(wanted)}")
        return found

    def forget(self) -> None:
        """Nothing was received; faults and knobs stay."""
        self._call("DELETE", "received")

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = self._call("GET", "counts")
        return found

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", "calls")
        return found

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", "messages")
        return found

    def fault(
        self, kind: str, *, times: int | None = 1, match: dict[str, str] | None = None, **what: Any
    ) -> None:
        """`what` is the rest of the fault: `code`, `body`, `headers`, `seconds`, `process`…"""
        spec = {"match": match or {}, "fault": {"kind": kind, **what}, "times": times}
        self._call("POST", "faults", spec)

    def faults(self) -> list[dict[str, Any]]:
        """Those that have not happened yet."""
        found: list[dict[str, Any]] = self._call("GET", "faults")
        return found

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def config(self, **knobs: Any) -> None:
        self._call("POST", "config", knobs)

    def reset(self) -> None:
        self._call("POST", "reset")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_sandbox/{path}", data=data, method=method)
        try:
            with urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            with error:
                raise ValueError(error.read().decode()) from None
