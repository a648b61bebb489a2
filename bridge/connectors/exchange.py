"""The calls of one attempt, kept for the attempt log: bodies and addresses, never credentials."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bridge.connectors.base import Exchange
from bridge.connectors.transport import LARGEST, Answer, Failure, Http

KEPT = 16 * 1024  # characters of a body
HIDDEN = "***"


class Session:
    """Calls with the same headers, and what they said.

    `public`: never to a private network. `secrets`: what an answer may not repeat, beside the
    credentials that a call carries: a vendor's page for its own developers echoes both.
    `largest`: bytes of an answer that are read.
    """

    def __init__(
        self,
        http: Http,
        headers: Mapping[str, str],
        *,
        public: bool = False,
        secrets: Iterable[str] = (),
        largest: int = LARGEST,
    ) -> None:
        self._http = http
        self._largest = largest
        self._headers = headers
        self._public = public
        self._secrets = tuple(secrets)
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
        sent = headers or self._headers
        answer = await self._http.call(
            method,
            url,
            headers=sent,
            content=content,
            public=self._public,
            largest=self._largest,
        )
        answer = _without(answer, (*_credentials(sent), *self._secrets))
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


def _credentials(headers: Mapping[str, str]) -> list[str]:
    """What stands behind `Basic`, `Bearer` or `JWT`."""
    found = headers.get("authorization", "").rpartition(" ")[2]
    return [found] if found else []


def _without(answer: Answer | Failure, secrets: Iterable[str]) -> Answer | Failure:
    """Nothing that comes after, reasons and references included, has seen them."""
    if isinstance(answer, Failure):
        return answer
    body, headers = answer.body, answer.headers
    for one in secrets:
        if one.encode() in body:
            body = body.replace(one.encode(), HIDDEN.encode())
        if any(one in value for value in headers.values()):
            headers = {name: value.replace(one, HIDDEN) for name, value in headers.items()}
    unchanged = body is answer.body and headers is answer.headers
    return answer if unchanged else replace(answer, body=body, headers=headers)


def _text(answer: Answer | Failure) -> str:
    return answer.text[:KEPT] if isinstance(answer, Answer) else ""
