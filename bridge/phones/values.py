"""What is known of one phone field."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    NORMALIZED = "normalized"
    ASSUMED = "assumed"  # certain enough to send, never to text by itself
    AMBIGUOUS = "ambiguous"  # could be more than one number
    INVALID = "invalid"


class Kind(StrEnum):
    FIXED = "fixed"
    MOBILE = "mobile"
    FIXED_OR_MOBILE = "fixed_or_mobile"
    TOLL_FREE = "toll_free"
    PREMIUM = "premium"
    SHARED_COST = "shared_cost"
    VOIP = "voip"
    PERSONAL = "personal"
    PAGER = "pager"
    UAN = "uan"  # company-wide numbers, such as Norway's five digits
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """`e164` is there only where `status` is normalized or assumed.

    `region` decided how it was read; `region_source` is `number` (it had its own country code),
    `shape` (guessed from its digits), or the level that the caller named.
    """

    status: Status
    raw: str
    e164: str | None = None
    kind: Kind | None = None
    region: str | None = None
    region_source: str = "none"
    alternates: tuple[str, ...] = ()
    extension: str | None = None
    reason: str = ""

    @property
    def textable(self) -> bool:
        """Whether a machine may send it an SMS."""
        mobile = self.kind in {Kind.MOBILE, Kind.FIXED_OR_MOBILE}
        return mobile and self.status is Status.NORMALIZED
