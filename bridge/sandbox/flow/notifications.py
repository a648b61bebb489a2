"""Notifications: e-mail, SMS, or a message in Core itself (FACTS F4)."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from bridge.sandbox.flow.gate import Answer, FlowError, Gate, json_of
from bridge.sandbox.flow.stakeholders import worded
from bridge.sandbox.flow.tenant import Tenant
from bridge.sandbox.shapes import Shape, ShapeError, check_shape
from bridge.sandbox.world import World

BODY: dict[str, Shape] = {
    "Importance": str,
    "SourceType": str,
    "CaseId": int,
    "NotifyDateTime": str,
    "Subject": str,
    "Description": str,
    "IsDescriptionHtml": bool,
    "ContactIds": [int],
    "CustomRecipients": [str],
    "SendEmail": bool,
    "SendSms": bool,
    "SendToClient": bool,
}
CHANNELS = ("SendEmail", "SendSms", "SendToClient")


class Notifications:
    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[Route]:
        return [
            self._gate.route(
                "POST", "/api/Notifications", self.create, needs="Notifications - Write"
            ),
        ]

    async def create(self, request: Request) -> Answer:
        """ "Model containing the info you just sent" (S0:48), with an `Id` that is our guess."""
        body = await json_of(request)
        check_notification(body, self._world.flow)
        number = next(self._world.flow.numbers)
        for channel in CHANNELS:
            if body.get(channel):
                self._send(channel, body)
        self._gate.remember(
            request,
            kind="notification",
            property=str(body["CaseId"]),
            body=body,
            reference=str(number),
        )
        return {"Id": number, **body}

    def _send(self, channel: str, body: dict[str, Any]) -> None:
        """One message to each recipient that the channel can reach; SMS have no subject (F-T18)."""
        for to in (*body.get("ContactIds", []), *_custom(channel, body)):
            self._world.memory.send_out(
                vendor="flow",
                channel=channel,
                to=to,
                case_id=body["CaseId"],
                subject="" if channel == "SendSms" else body.get("Subject", ""),
                text=body["Description"],
                at=self._world.now,
            )


def check_notification(body: Any, tenant: Tenant) -> None:
    """Raises `FlowError` 400. Whether the text is the HTML that the flag says is not judged."""
    try:
        check_shape(body, BODY)
    except ShapeError as error:
        raise worded(error) from None
    if body.get("Importance") != "Medium" or body.get("SourceType") != "CaseBase":
        raise FlowError(400, "Importance is Medium and SourceType is CaseBase")
    if tenant.case_by_id(body.get("CaseId")) is None:
        raise FlowError(400, "CaseId is unknown")
    if not body.get("Description", "").strip():
        raise FlowError(400, "Description is required")
    if not any(body.get(channel) for channel in CHANNELS):
        raise FlowError(400, "One of SendEmail, SendSms and SendToClient is required")
    if not body.get("ContactIds") and not body.get("CustomRecipients"):
        raise FlowError(400, "Nobody to send to")
    strangers = [one for one in body.get("ContactIds", []) if one not in tenant.contacts]
    if strangers:
        raise FlowError(400, f"ContactIds are unknown: {strangers}")
    _check_moment(body.get("NotifyDateTime", ""))


def _check_moment(text: str) -> None:
    """A DateTimeOffset: a time without an offset is refused (F-T18)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FlowError(400, f"NotifyDateTime '{text}' is not a date") from None
    if moment.tzinfo is None:
        raise FlowError(400, "NotifyDateTime needs an offset")


def _custom(channel: str, body: dict[str, Any]) -> list[str]:
    """E-mail addresses and phone numbers stand in one list (F-T18); Core itself takes neither."""
    custom: list[str] = body.get("CustomRecipients", [])
    if channel == "SendEmail":
        return [one for one in custom if "@" in one]
    return [one for one in custom if "@" not in one] if channel == "SendSms" else []
