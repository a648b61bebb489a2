"""Standard Webhooks 1.0: how a body is signed, and what a secret looks like."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, SecretStr

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a secret ("Signature scheme")


def headers(
    message_id: str, seconds: int, body: bytes, secrets: Iterable[SecretStr]
) -> dict[str, str]:
    """`message_id` without a full stop: what is signed is `id.timestamp.body`.

    One signature for each secret, so that a receiver may change its own during a rotation.
    """
    signed = f"{message_id}.{seconds}.".encode() + body
    macs = (hmac.digest(key(one), signed, hashlib.sha256) for one in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in macs),
    }


def key(secret: SecretStr) -> bytes:
    """Raises `ValueError`."""
    text = secret.get_secret_value().removeprefix(PREFIX)
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _readable(secret: SecretStr) -> SecretStr:
    """One that cannot be read would fail every delivery, long after the start."""
    try:
        length = len(key(secret))
    except (binascii.Error, ValueError):
        length = 0
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"is {PREFIX} and base64 of {SHORTEST} to {LONGEST} random bytes")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_readable)]
