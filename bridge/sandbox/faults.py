"""Scripted faults, per call: what a vendor's server and the wire can do to a request.

`{"match": {"vendor", "path", "method", "body_contains"}, "times": 1, "fault": {"kind", …}}`: of the
faults that match, the one that was pushed first happens and is used up by one; `"times": null`
stays. `path` is a regular expression, searched in the whole path with no regard to case.

| kind | what happens | processed |
| --- | --- | --- |
| `status` | `code`, `headers` and `body` (text or JSON) are the answer | no |
| `delay` | `seconds` go by, then the true answer | after the delay |
| `hang` | no answer until the client gives up | no |
| `cut_before_read` | closed when the head has arrived; matches by the head only | no |
| `cut_after_read` | closed when the whole request has been read | no |
| `accept_lose_answer` | stored, then closed with no answer | yes |
| `half_head` / `half_body` | stored, then closed in the middle of the answer | yes |
| `empty_204` | an answer without content | yes |
| `html_200` | a page for people | no |
| `garbage` | bytes that are no HTTP | no |
| `echo` | `code` with the whole request, credentials too, as a developers' page shows it | no |

`"process": true | false` beside the kind overrides the last column, so that `status` 500 or `hang`
can come after the lead was stored, too; a `delay` with `"process": true` stores first and answers
late. `"reset": true | false` chooses whether a cut is a TCP reset or an orderly close.
"""

import re
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from bridge.sandbox.fake import fakes

Kind = Literal[
    "status",
    "delay",
    "hang",
    "cut_before_read",
    "cut_after_read",
    "accept_lose_answer",
    "half_head",
    "half_body",
    "garbage",
    "html_200",
    "empty_204",
    "echo",
]
PROCESSED = frozenset({"accept_lose_answer", "half_head", "half_body", "empty_204"})
RESET = frozenset({"cut_before_read", "cut_after_read"})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Match(_Strict):
    vendor: str | None = None
    path: str | None = None
    method: str | None = None
    body_contains: str | None = None

    @field_validator("vendor")
    @classmethod
    def _is_served(cls, vendor: str | None) -> str | None:
        known = [one.name for one in fakes()]
        if vendor is not None and vendor not in known:
            raise ValueError(f"no vendor {vendor}; there are {', '.join(known)}")
        return vendor

    @field_validator("path")
    @classmethod
    def _is_expression(cls, path: str | None) -> str | None:
        try:
            re.compile(path or "")
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from None
        return path

    def fits(self, method: str, path: str, body: bytes | None) -> bool:
        """`body` None: not read yet, so nothing that asks for a body fits."""
        return (
            (self.vendor is None or path.lower().startswith(f"/{self.vendor}/"))
            and (self.method is None or self.method.upper() == method)
            and (self.path is None or bool(re.search(self.path, path, re.IGNORECASE)))
            and (not self.body_contains or self.body_contains.encode() in (body or b""))
        )


class Deed(_Strict):
    kind: Kind
    code: int | None = Field(default=None, ge=200, le=599)
    body: Any = ""
    headers: dict[str, str] = {}
    seconds: float = Field(default=1.0, ge=0)
    process: bool | None = None
    reset: bool | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind in {"status", "echo"} and self.code is None:
            raise ValueError(f"{self.kind} needs its code")
        return self

    @property
    def processes(self) -> bool:
        return self.kind in PROCESSED if self.process is None else self.process

    @property
    def resets(self) -> bool:
        return self.kind in RESET if self.reset is None else self.reset


class Fault(_Strict):
    match: Match = Match()
    fault: Deed
    times: PositiveInt | None = 1


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, spec: object) -> None:
        """Raises `pydantic.ValidationError`, which names what is wrong."""
        self._faults.append(Fault.model_validate(spec))

    def take(self, method: str, path: str, body: bytes | None) -> Deed | None:
        """`body` None: only `cut_before_read` can happen yet."""
        for fault in self._faults:
            early = fault.fault.kind == "cut_before_read"
            if early == (body is None) and fault.match.fits(method, path, body):
                self._use(fault)
                return fault.fault
        return None

    def clear(self) -> None:
        self._faults.clear()

    def listed(self) -> list[dict[str, Any]]:
        """As they were pushed, with the times that are left."""
        return [one.model_dump(exclude_unset=True) | {"times": one.times} for one in self._faults]

    def _use(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self._faults.remove(fault)
