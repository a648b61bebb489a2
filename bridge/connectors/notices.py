"""Telling people: a webhook signed as Standard Webhooks has it, and e-mail. Names no person."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import orjson
from pydantic import SecretStr

from bridge.connectors import signing
from bridge.connectors.transport import Answer, Http

PATIENCE = 10.0  # seconds for the mail server
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`notice_id` is the same for the same event, however often it is said."""

    notice_id: str
    kind: Literal["raised", "resolved", "test"]
    alarm: str
    text: str
    at: float  # unix seconds


class Channel(Protocol):
    async def tell(self, notice: Notice) -> str:
        """Nothing, or why it was not taken, in words."""
        ...


class Webhook:
    def __init__(self, http: Http, url: str, secret: str) -> None:
        self._http = http
        self._url = url
        self._secret = SecretStr(secret)

    async def tell(self, notice: Notice) -> str:
        data = {"alarm": notice.alarm, "text": notice.text}
        at = datetime.fromtimestamp(notice.at, UTC).isoformat(timespec="seconds")
        body = orjson.dumps({"type": f"alarm.{notice.kind}", "timestamp": at, "data": data})
        headers = {
            "content-type": "application/json",
            **signing.headers(notice.notice_id, round(notice.at), body, [self._secret]),
        }
        answer = await self._http.call("POST", self._url, headers=headers, content=body)
        if isinstance(answer, Answer):
            return "" if answer.ok else f"the webhook answered {answer.status}"
        return answer.reason


class Mail:
    """`server`: smtp://user:password@host:587 (STARTTLS where it is offered), or smtps://…:465."""

    def __init__(self, server: str, sender: str, receivers: tuple[str, ...]) -> None:
        self._server = urlsplit(server)
        self._sender = sender
        self._receivers = receivers

    async def tell(self, notice: Notice) -> str:
        known = self._server
        message = EmailMessage()
        message["From"], message["To"] = self._sender, ", ".join(self._receivers)
        message["Subject"] = f"[lead bridge] {notice.kind}: {notice.alarm}"
        message["Message-ID"] = f"<{notice.notice_id}@{self._sender.rpartition('@')[2]}>"
        message.set_content(notice.text + "\n")
        try:
            await aiosmtplib.send(
                message,
                hostname=known.hostname,
                port=known.port or PORTS.get(known.scheme, 587),
                username=unquote(known.username) if known.username else None,
                password=unquote(known.password) if known.password else None,
                use_tls=known.scheme == "smtps",
                timeout=PATIENCE,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            return f"the mail server did not take it ({type(error).__name__})"
        return ""
