"""A request's body: no more of it than is allowed, and as JSON where it is."""

import orjson
from fastapi import Request

from bridge.web.problems import Problem


async def body_of(request: Request, most: int) -> bytes:
    """Read no more than is allowed, whatever the header says. Raises `Problem` 413."""
    body, whole = await beginning_of(request, most)
    if not whole:
        raise Problem(413, "Too large", f"A request here has at most {most // 1024} KiB.")
    return body


async def beginning_of(request: Request, most: int) -> tuple[bytes, bool]:
    """At most so many bytes of the body, and whether that is all of it."""
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            return b"".join(chunks)[:most], False
    return b"".join(chunks), True


def json_of(body: bytes) -> object:
    """Raises `ValueError` with one sentence that quotes nothing of the body."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} (character {error.pos})") from None
