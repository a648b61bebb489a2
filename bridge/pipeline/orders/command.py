"""What a person says of an order: completed, cancelled, or open again."""

from typing import Literal

from bridge.connectors.orders import OrderDesk
from bridge.outcomes import Outcome
from bridge.pipeline.orders import registry
from bridge.pipeline.orders.listing import facts_of
from bridge.pipeline.orders.registry import Tie
from bridge.pipeline.orders.wish import Closed, wish
from bridge.pipeline.parts import Parts


class CommandError(Exception):
    """It cannot be done; one sentence for a person."""


async def close(
    parts: Parts,
    order_id: str,
    state: Literal["Completed", "Cancelled"],
    *,
    status: str = "",
    account: str = "",
    by: str,
) -> Outcome:
    """Kept first: a worker tells it where this call could not. Raises `CommandError`."""
    one, desk = await _known(parts, order_id, account)
    at = parts.clock().timestamp()
    closed = Closed(state=state, status=status, by=by, at=at)
    value = closed.model_dump_json().encode()
    await parts.ledger.drawer_put(registry.CLOSED, {one.name: value})
    return await _tell(parts, desk, one)


async def reopen(parts: Parts, order_id: str, *, account: str = "") -> Outcome:
    """It moves by itself again. Raises `CommandError`."""
    one, desk = await _known(parts, order_id, account)
    await parts.ledger.drawer_drop(registry.CLOSED, one.name)
    return await _tell(parts, desk, one, reopened=True)


async def forget(parts: Parts, order_id: str, *, account: str = "") -> None:
    """It is told nothing more. Raises `CommandError`."""
    one, _ = await _known(parts, order_id, account)
    await registry.forget(parts, one)


async def _tell(parts: Parts, desk: OrderDesk, one: Tie, *, reopened: bool = False) -> Outcome:
    await desk.settle(one.order_id)
    facts = await facts_of(parts, desk, one, reopened=reopened)
    wanted = wish(facts)
    if wanted is None:
        raise CommandError("Orders of this account do not move by themselves: move = false.")
    return await desk.state(one.order_id, wanted.state, wanted.status)


async def _known(parts: Parts, order_id: str, account: str) -> tuple[Tie, OrderDesk]:
    name = order_id.strip().lower()
    found = [one for one in await registry.all_ties(parts, account) if one.order_id == name]
    if not found:
        raise CommandError(f"There is no order {order_id}; `bridge orders list` has them.")
    if len(found) > 1:
        names = ", ".join(one.account for one in found)
        raise CommandError(f"{order_id} is at {names}: say which with --account.")
    desk = registry.desk_of(parts, found[0].account)
    if desk is None:
        raise CommandError(f"[accounts.{found[0].account}] has orders off.")
    return found[0], desk
