"""Who may: a bearer token, or a Standard Webhooks signature, compared in constant time."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime

from bridge.routing import Source
from bridge.web.problems import Problem

TOLERANCE = 300.0  # seconds that a signature's timestamp may be off (Standard Webhooks)
NO = "Give `Authorization: Bearer …` with the source's token, or Standard Webhooks headers."


def bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def same(given: str, right: str) -> bool:
    """Without telling by its time how much of it was right."""
    return bool(given) and hmac.compare_digest(given.encode(), right.encode())


def sender(
    headers: Mapping[str, str], body: bytes, source: Source, clock: Callable[[], datetime]
) -> None:
    """Raises `Problem` 401 unless this is the source. A source with neither secret takes nobody."""
    if source.token and same(bearer(headers), source.token.get_secret_value()):
        return
    if source.signing_secret and "webhook-signature" in headers:
        secret = source.signing_secret.get_secret_value()
        if signed(headers, body, secret, clock().timestamp()):
            return
        raise refused("The webhook signature does not fit, or its timestamp is too old.")
    raise refused(NO)


def refused(detail: str) -> Problem:
    return Problem(401, "Who are you?", detail, headers={"www-authenticate": "Bearer"})


def signed(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
    """Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, base64, any of several versions."""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        fresh = abs(now - int(stamp)) <= TOLERANCE
    except (binascii.Error, ValueError):
        return False
    text = f"{name}.{stamp}.".encode() + body
    right = base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    versions = (one.partition(",") for one in headers.get("webhook-signature", "").split())
    fits = [same(value, right) for version, _, value in versions if version == "v1"]
    return bool(name) and fresh and any(fits)
