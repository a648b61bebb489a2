"""What of a lead, and of a search, is the business of who sees some accounts alone."""

from dataclasses import replace

from bridge.access import Session
from bridge.pipeline import Parts, search, story
from bridge.web.console.guard import sees


async def finds(parts: Parts, me: Session, mark: str) -> bool:
    if not me.offices:
        return bool(await parts.ledger.leads_of(mark, limit=1))
    return any(sees(me, one.deliveries) for one in await search.leads_by(parts, [mark]))


def narrowed(parts: Parts, me: Session, told: story.Story) -> story.Story:
    """What other accounts did with the lead, and which routes there are, is not for an office."""
    if not me.offices:
        return told
    known = parts.routing.destinations.values()
    others = {one.name for one in known if one.account not in me.offices}
    ours = [one for one in told.deliveries if one.account in me.offices]
    moments = [
        replace(
            one,
            words={k: v for k, v in one.words.items() if k not in {"routes", "lacking"}},
        )
        for one in told.moments
        if one.words.get("destination") not in others
    ]
    return replace(told, deliveries=ours, moments=moments)
