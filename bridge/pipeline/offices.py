"""HomeQ's office trees: asked once an hour, kept on the shelf for a month, never waited for.

A lead of an office that no tree has yet goes by the company's own rule (`homeq_office = "*"`) at
once; where there is none it stays, visibly, and goes on by itself when the tree is known.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, runtime_checkable

import orjson

from bridge.connectors.base import LookUpError
from bridge.delivery.ledger import LedgerError
from bridge.delivery.values import LeadId
from bridge.delivery.vault import SealError
from bridge.pipeline import prints
from bridge.pipeline.attempt import stored_lead
from bridge.pipeline.parts import Parts
from bridge.pipeline.plan import plan
from bridge.routing import OFFICE, PropertyEntry, Tree

log = logging.getLogger("bridge.offices")

WANTED = "offices wanted"  # the drawer of leads that wait for a tree → their source
FRESH = 3600.0  # seconds until a tree is asked for again
KEPT = 30 * 86_400.0  # seconds that an old one serves while HomeQ cannot be asked
AGAIN = 60.0  # seconds between two tries while a lead waits, over all workers
IDLE = 600.0  # and while none does
READ = 30.0  # seconds until a process reads again what others may have written
WHO = "HomeQ's offices"


class AnOffice(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def parent(self) -> int | None: ...


@runtime_checkable
class KnowsOffices(Protocol):
    """A connector that can list a landlord's offices."""

    async def offices(self) -> Iterable[AnOffice]: ...


def accounts(parts: Parts) -> dict[str, KnowsOffices]:
    """Whose tree is needed at all: nobody's where no route asks for an office."""
    if not any(OFFICE in one.when for one in parts.routing.routes):
        return {}
    named = {one.lookups for one in parts.routing.sources.values() if one.lookups}
    known: dict[str, object] = {name: parts.connectors.get(name) for name in sorted(named)}
    return {name: one for name, one in known.items() if isinstance(one, KnowsOffices)}


async def fresh(parts: Parts) -> None:
    """Read what any process knows, at most twice a minute. Never a reason to fail."""
    now = parts.clock().timestamp()
    if now - parts.offices.read_at < READ:
        return
    parts.offices.read_at = now
    for account in accounts(parts):
        try:
            tree, _ = await _kept(parts, account)
        except LedgerError as error:
            log.warning("offices.unread account=%s error=%s", account, error)
            continue
        if tree is not None:
            parts.offices.by_account[account] = tree


async def wait_for(parts: Parts, waiting: Mapping[LeadId, str]) -> None:
    """These leads, of these sources, are to go on when the tree is known. Raises `LedgerError`."""
    if waiting:
        entries = {str(lead_id): source.encode() for lead_id, source in waiting.items()}
        await parts.ledger.drawer_put(WANTED, entries, ttl=KEPT)


async def step(parts: Parts) -> list[str]:
    """Ask HomeQ where it is time, and let waiting leads go on; says whose tree is new."""
    done = []
    wanted = await parts.ledger.drawer_all(WANTED) if (asked := accounts(parts)) else {}
    for account, connector in asked.items():
        mine = [
            LeadId(one)
            for one, source in wanted.items()
            if _account(parts, source.decode()) == account
        ]
        _, at = await _kept(parts, account)
        late = parts.clock().timestamp() - at > FRESH
        asks = (late or mine) and await _my_turn(parts, account, waited_for=bool(mine))
        if asks and await _ask(parts, account, connector):
            done.append(account)
            await _go_on(parts, mine)
    return done


async def store(parts: Parts, account: str, found: Iterable[AnOffice]) -> Tree:
    """What HomeQ said: for this process at once, for the others within half a minute."""
    rows = list(found)
    tree = Tree(
        parents={str(one.id): str(one.parent or "") for one in rows},
        names={str(one.id): one.name for one in rows},
    )
    parts.offices.by_account[account] = tree
    kept = {"at": parts.clock().timestamp(), "parents": tree.parents, "names": tree.names}
    await parts.ledger.shelf_put(_name(account), parts.vault.seal(orjson.dumps(kept)), ttl=KEPT)
    return tree


async def _ask(parts: Parts, account: str, connector: KnowsOffices) -> bool:
    try:
        found = await connector.offices()
    except LookUpError as error:
        log.warning("offices.failed account=%s reason=%s", account, error)
        return False
    tree = await store(parts, account, found)
    log.info("offices.known account=%s offices=%d", account, len(tree.parents))
    return True


async def _kept(parts: Parts, account: str) -> tuple[Tree | None, float]:
    """A tree, and when HomeQ said it."""
    sealed = await parts.ledger.shelf_get(_name(account))
    try:
        found = orjson.loads(parts.vault.unseal(sealed)) if sealed else None
    except SealError:
        found = None
    if found is None:
        return None, 0.0
    return Tree(parents=found["parents"], names=found["names"]), float(found["at"])


async def _my_turn(parts: Parts, account: str, *, waited_for: bool) -> bool:
    name, ttl = ("wanted", AGAIN) if waited_for else ("asked", IDLE)
    return await parts.ledger.shelf_add(f"{_name(account)}:{name}", b"1", ttl=ttl)


async def _go_on(parts: Parts, waiting: Iterable[LeadId]) -> None:
    """An office that HomeQ does not list is a root of its own: nobody waits for it any longer."""
    for lead_id in waiting:
        await _open(parts, lead_id)
        await parts.ledger.drawer_drop(WANTED, lead_id)


async def _open(parts: Parts, lead_id: LeadId) -> None:
    """What the routes by office open for it now; what is there already stays as it is."""
    row, blob = await parts.ledger.lead(lead_id), await parts.ledger.blob(lead_id)
    if row is None or blob is None or row.status not in {"unrouted", "accepted"}:
        return
    try:
        lead = stored_lead(parts.vault, blob)
    except SealError as error:
        log.warning("offices.sealed lead=%s error=%s", lead_id, error)
        return
    reference = lead.property.reference or ""
    found = await parts.ledger.properties([reference]) if reference else {}
    entry = PropertyEntry.from_json(found[reference]) if found else None
    source = parts.routing.sources.get(row.source)
    region = lead.country or (source.country if source else None)
    contacts = prints.contacts(parts.vault, lead, region)
    wishes = prints.wishes(parts.vault, contacts, prints.about(parts.vault, lead), lead.intent)
    now = plan(parts, lead, row.source, entry, wishes)
    by_office = {one.name for one in parts.routing.routes if OFFICE in one.when}
    opening = [one for one in now.deliveries if one.route in by_office]
    if now.lacking and reference and not found:  # it waits for its property from here on
        await parts.ledger.drawer_add(prints.WANTED, reference, row.source.encode())
    if opening:
        header = {"what": "routed", "who": WHO, "routes": now.verdicts()}
        entry_ = orjson.dumps(header) + b"\n"
        await parts.ledger.extend(lead_id, opening, entry=entry_, wish_window=parts.wish_window)
        for account in _accounts_of(parts, (one.destination for one in opening)):
            await parts.nudge(account)


def _accounts_of(parts: Parts, destinations: Iterable[str]) -> Iterator[str]:
    yield from sorted({parts.routing.destinations[name].account for name in destinations})


def _account(parts: Parts, name: str) -> str:
    source = parts.routing.sources.get(name)
    return (source.lookups if source else None) or ""


def _name(account: str) -> str:
    return f"homeq-offices:{account}"
