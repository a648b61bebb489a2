"""Errors as `application/problem+json` (RFC 9457): a sentence, and fields in the caller's words."""

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from bridge.delivery.ledger import LedgerError

MEDIA = "application/problem+json"


class FieldProblem(BaseModel):
    field: str
    message: str


class ProblemDetail(BaseModel):
    """What every error of this API looks like."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
    quarantine_id: str | None = None


class Problem(Exception):
    """Raised anywhere below a route; answered as `ProblemDetail`."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.body = ProblemDetail(title=title, status=status, detail=detail, **more)
        self.headers = headers or {}

    def answer(self) -> JSONResponse:
        body = self.body.model_dump(mode="json", exclude_none=True)
        return JSONResponse(body, self.body.status, self.headers, media_type=MEDIA)


async def on_problem(request: Request, error: Exception) -> JSONResponse:
    """One handler for all that a caller may meet; anything else is our own fault and a 500."""
    match error:
        case Problem():
            return error.answer()
        case LedgerError():
            text = "The ledger cannot be written at the moment; nothing was taken in. Try again."
            return Problem(503, "Not now", text, headers={"retry-after": "5"}).answer()
        case RequestValidationError():
            faults = [
                {"field": ".".join(str(one) for one in fault["loc"][1:]), "message": fault["msg"]}
                for fault in error.errors()
            ]
            return Problem(422, "Not understood", "The request has faults.", errors=faults).answer()
        case HTTPException(status_code=400):  # a body that FastAPI cannot read
            return Problem(422, "Not understood", "The body is not JSON.").answer()
        case HTTPException(status_code=405):
            allowed = {"allow": ", ".join(sorted(_methods_of(request)))}
            detail = "This address does not take that method."
            return Problem(405, "Method not allowed", detail, headers=allowed).answer()
        case HTTPException():
            return Problem(error.status_code, "Refused", f"{error.detail}.").answer()
        case _:
            return Problem(500, "Our fault", "The bridge met a fault of its own.").answer()


def _methods_of(request: Request) -> Iterator[str]:
    """Of every route with this path: two may share one, with other names for its parts."""
    for route in iter_route_contexts(request.app.routes):
        if route.path_regex.match(request.url.path):
            yield from route.methods or ()


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route, for OpenAPI."""
    shape = {"schema": {"$ref": "#/components/schemas/ProblemDetail"}}
    return {
        status: {"description": "Problem", "content": {MEDIA: shape}, "model": ProblemDetail}
        for status in statuses
    }
