"""What the sandbox finds in this folder."""

from dataclasses import asdict
from typing import Any

from bridge.sandbox.fake import Fake
from bridge.sandbox.flow.api import Flow, FoldedPaths
from bridge.sandbox.world import World


def _fixtures(world: World) -> dict[str, Any]:
    flow = world.flow
    return {
        "clients": {name: asdict(one) for name, one in flow.clients.items()},
        "cases": [
            {"guid": one.guid, "case_id": one.case_id, "roles": one.roles}
            for one in flow.cases.values()
        ],
        "bases": flow.bases,
        "orders": [{"guid": one["Guid"], "id": one["Id"]} for one in flow.orders],
        "user_tokens": list(flow.user_tokens),
    }


FAKE = Fake(
    name="flow",
    routes=lambda world: Flow(world).routes(),
    fixtures=_fixtures,
    layers=(FoldedPaths,),
)
