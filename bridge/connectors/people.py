"""A lead's person as vendors need it: valid e-mails, certain phones, and what did not fit anywhere.

What a vendor cannot hold is never dropped: `Leftovers` carries it to the vendor's free text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge import phones
from bridge.connectors.base import Parcel

# Good enough to know a typing mistake; the vendor judges the rest (V-T5).
EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@(?:[^\W_][\w-]{0,62}\.){1,8}[^\W\d_]{2,24}")


@dataclass(slots=True)
class Leftovers:
    """`lines`: what the free text has to say; `moved`: the fields' names, for the attempt log."""

    lines: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)

    def add(self, name: str, label: str, value: str) -> None:
        self.lines.append(f"{label}: {value}")
        self.moved.append(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One certain phone of the lead."""

    e164: str
    kind: phones.Kind
    label: str
    assumed: bool


def emails(parcel: Parcel, left: Leftovers, label: str) -> list[str]:
    """The valid ones, in order; an invalid one counts as absent (V-T5) and is quoted."""
    good = []
    for one in parcel.lead.person.emails:
        text = one.strip()
        if EMAIL.fullmatch(text):
            good.append(text)
        elif text:
            left.add("e-mail", label, text)
    return good


def numbers(parcel: Parcel, left: Leftovers, label: str) -> list[Number]:
    """The certain ones, in order and once each; an uncertain one is quoted as written."""
    found: dict[str, Number] = {}
    for phone in parcel.lead.person.phones:
        known = phones.normalize(phone.number, parcel.region, parcel.region_source)
        assumed = known.status is phones.Status.ASSUMED
        if known.e164 is None:
            if phone.number.strip():
                left.add("phone", label, f"{phone.number.strip()[:60]} ({known.reason})")
            continue
        for e164 in (known.e164, *known.alternates):
            kind = known.kind if e164 == known.e164 else phones.normalize(e164, None).kind
            number = Number(
                e164=e164,
                kind=kind or phones.Kind.UNKNOWN,
                label=(phone.label or "").casefold(),
                assumed=assumed,
            )
            found.setdefault(e164, number)
        if known.extension:
            left.add("extension", label, f"{known.e164} ext. {known.extension}")
    return list(found.values())


def cut(text: str, limit: int) -> tuple[str, bool]:
    """At most `limit` characters, at a blank where one is near; and whether anything was lost."""
    if len(text) <= limit:
        return text, False
    head = text[:limit]
    blank = head.rfind(" ", limit // 2)
    return (head[:blank] if blank > 0 else head).rstrip(), True


def joined(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)
