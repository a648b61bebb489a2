"""build(): everything that runs, on the running loop."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from bridge.access import Users
from bridge.connectors import VENDORS
from bridge.connectors.base import AccountSettings, Connector
from bridge.connectors.notices import Channel, Mail, Webhook
from bridge.connectors.rehearsal import Rehearsal
from bridge.connectors.transport import Http
from bridge.delivery.ledger import Ledger, LedgerError
from bridge.delivery.redis_ledger import GRACE, RedisLedger
from bridge.delivery.shelf import SealedShelf
from bridge.delivery.values import Keep
from bridge.delivery.vault import SealError, Vault, new_key
from bridge.pipeline import offices
from bridge.pipeline.parts import Nudge, Parts
from bridge.routing import Account, Alarms
from bridge.wiring.start import StartError, Wiring, read_routing, vault

log = logging.getLogger("bridge.start")

NOT_ON_DISK = "the server runs without `appendonly yes`: a restart loses what it said yes to"
REFUSED = (
    "The ledger's server runs without `appendonly yes`, so a restart loses every lead that it said"
    " yes to: switch it on, or set BRIDGE_ALLOW_VOLATILE=1 where that is no loss."
)
INDEX_KEY = "index-key"  # on the shelf, sealed: outlives every rotation of the encryption keys


async def build(
    wiring: Wiring,
    *,
    nudge: Nudge,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Parts:
    """Everything on the running loop. Raises `StartError` or `LedgerError`."""
    settings = wiring.settings
    routes = read_routing(settings)
    keys = vault(settings)
    ledger = RedisLedger(
        wiring.redis_url, grace=min(GRACE, settings.lease), replicas=settings.replicas_needed
    )
    await unlock(ledger, keys)
    http = Http(proxy=settings.proxy)
    shelf = SealedShelf(ledger, keys)
    parts = Parts(
        ledger=ledger,
        vault=keys,
        routing=routes,
        connectors={
            account.name: _connect(account, http, shelf, clock)
            for account in routes.accounts.values()
        },
        rehearsals={
            account.name: _connect(account, Rehearsal(http), shelf, clock)
            for account in routes.accounts.values()
        },
        clock=clock,
        luck=random.random,
        nudge=nudge,
        stream=ledger.intake,
        lease=settings.lease,
        probe=settings.probe,
        identity_window=settings.identity_window,
        wish_window=settings.wish_window,
        channels=_channels(routes.alarms, http),
        keep=Keep(
            payload=settings.retention_payload,
            bodies=settings.retention_bodies,
            held=settings.retention_held,
            quarantine=settings.retention_quarantine,
            identities=settings.retention_identities,
        ),
        closing=(http.aclose, ledger.close),
    )
    await offices.fresh(parts)
    return parts


async def unlock(ledger: Ledger, keys: Vault) -> None:
    """Read the index key, made once by whoever comes first. Raises `LedgerError`."""
    await ledger.shelf_add(INDEX_KEY, keys.seal(new_key()), ttl=None)
    sealed = await ledger.shelf_get(INDEX_KEY)
    try:
        keys.use_index_key(keys.unseal(sealed or b""))
    except SealError:
        raise LedgerError(
            "The ledger was written with other encryption keys: BRIDGE_ENCRYPTION_KEYS must hold"
            " the key that it was started with.",
        ) from None


def first_link(wiring: Wiring) -> str | None:
    """The path by which the first administrator comes in; None: there are users."""

    async def ask() -> str | None:
        ledger = RedisLedger(wiring.redis_url)
        try:
            return await Users(ledger, lambda: datetime.now(UTC)).first_link()
        finally:
            await ledger.close()

    secret = asyncio.run(ask())
    return f"/first/{secret}" if secret else None


def check_start(wiring: Wiring) -> str:
    """Everything that would stop a worker later, looked at before it starts.

    Raises `StartError`; answers with what a person should know though it stops nothing.
    """

    async def look() -> str:
        ledger = RedisLedger(wiring.redis_url)
        try:
            await ledger.ready()
            await unlock(ledger, vault(wiring.settings))
            return "" if await ledger.persists() else NOT_ON_DISK
        finally:
            await ledger.close()

    routes = read_routing(wiring.settings)
    longest = max((one.max_age for one in routes.destinations.values()), default=0.0)
    if longest >= wiring.settings.identity_window:
        raise StartError(
            f"BRIDGE_IDENTITY_WINDOW ({wiring.settings.identity_window:.0f} s) must be longer than"
            f" the longest max_age ({longest:.0f} s), or a retry could meet its own repeat.",
        )
    try:
        caution = asyncio.run(look())
    except LedgerError as error:
        raise StartError(str(error), code=3) from None
    if caution and not wiring.settings.allow_volatile:
        raise StartError(REFUSED, code=3)
    if caution:
        log.warning("ledger.caution %s", caution)
    return caution


def _channels(alarms: Alarms, http: Http) -> dict[str, Channel]:
    found: dict[str, Channel] = {}
    if alarms.webhook and alarms.webhook_secret:
        secret = alarms.webhook_secret.get_secret_value()
        found["webhook"] = Webhook(http, alarms.webhook, secret)
    if alarms.smtp and alarms.email_from:
        server = alarms.smtp.get_secret_value()
        found["email"] = Mail(server, alarms.email_from, alarms.email_to)
    return found


def _connect(
    account: Account, http: Http, shelf: SealedShelf, clock: Callable[[], datetime]
) -> Connector:
    return VENDORS[account.vendor].connect(
        cast("AccountSettings", account.settings), http, shelf, clock
    )
