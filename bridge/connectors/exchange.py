"""The calls of one attempt, kept for the attempt log: bodies and addresses, never credentials."""

from collections.abc import Mapping

from bridge.connectors.base import Exchange
from bridge.connectors.transport import LARGEST, Answer, Failure, Http

KEPT = 16 * 1024  # characters of a body


class Session:
    """Calls with the same headers, and what they said."""

    def __init__(self, http: Http, headers: Mapping[str, str], *, largest: int = LARGEST) -> None:
        """`largest`: bytes of an answer that are read."""
        self._http = http
        self._largest = largest
        self._headers = headers
        self.exchanges: list[Exchange] = []

    async def call(
        self,
        method: str,
        url: str,
        content: bytes = b"",
        *,
        shown: str = "",
        headers: Mapping[str, str] | None = None,
        secret: bool = False,
    ) -> Answer | Failure:
        """`shown` stands in the log for an address that names a person; `secret` hides bodies."""
        answer = await self._http.call(
            method, url, headers=headers or self._headers, content=content, largest=self._largest
        )
        answered = isinstance(answer, Answer)
        self.exchanges.append(
            Exchange(
                method=method,
                url=shown or url,
                request="(hidden)" if secret else content.decode(errors="replace")[:KEPT],
                status=answer.status if isinstance(answer, Answer) else None,
                response="" if secret or not answered else _text(answer),
                ms=answer.ms,
                error=answer.reason if isinstance(answer, Failure) else "",
            ),
        )
        return answer


def _text(answer: Answer | Failure) -> str:
    return answer.text[:KEPT] if isinstance(answer, Answer) else ""
