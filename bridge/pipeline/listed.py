"""Which of HomeQ's flats and projects the property directory knows, and by what name."""

from collections.abc import Sequence

from bridge.pipeline.parts import Parts


async def known_as(
    parts: Parts, account: str, kind: str, rows: Sequence[tuple[object, str]]
) -> list[str]:
    """For each (HomeQ's number, landlord's number): the reference that is known, or "".

    Where the landlord's number is Vitec's own estate id, it needs no directory.
    """
    names = [
        *(f"homeq:{kind}:{number}" for number, _ in rows),
        *(external for _, external in rows if external),
    ]
    found = await parts.ledger.properties(sorted(set(names)))
    direct = any(
        one.lookups == account and one.external_id_is == "estate_id"
        for one in parts.routing.sources.values()
    )
    return [
        next(
            (name for name in (f"homeq:{kind}:{number}", external) if name in found),
            external if direct else "",
        )
        for number, external in rows
    ]
