"""One receiver: whose signatures it takes, and what it does with a webhook-id it knows."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal

SECRET = "whsec_" + base64.b64encode(b"sandbox receiver's signing key").decode()
TOLERANCE = 300.0  # seconds; five minutes, as the spec's libraries have it


@dataclass(slots=True)
class Receiver:
    """`answer`: where its own reference stands. `headers`: what it wants beside the signature."""

    secrets: list[str] = field(default_factory=lambda: [SECRET])
    deduplicates: bool = True
    answer: Literal["id", "header", "text", "empty"] = "id"
    headers: dict[str, str] = field(default_factory=dict)
    gone: bool = False
    seen: dict[str, str] = field(default_factory=dict)  # webhook-id → the reference it was given

    def fits(self, message_id: str, stamp: str, signatures: str, body: bytes, now: float) -> bool:
        """Any `v1` signature by any secret, over `id.timestamp.body`; constant time."""
        if not message_id or not stamp.isdigit() or abs(now - int(stamp)) > TOLERANCE:
            return False
        text = b".".join((message_id.encode(), stamp.encode(), body))
        given = [one[3:] for one in signatures.split(" ") if one.startswith("v1,")]
        return any(
            hmac.compare_digest(one, _mac(key, text)) for key in self.secrets for one in given
        )


def _mac(secret: str, text: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def new_receivers(_: float) -> dict[str, Receiver]:
    """`/webhook/crm` deduplicates, `/webhook/sheet` takes everything as often as it comes."""
    return {"crm": Receiver(), "sheet": Receiver(deduplicates=False, answer="text")}
