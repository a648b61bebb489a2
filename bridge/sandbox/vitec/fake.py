"""What the sandbox finds in this folder."""

from dataclasses import asdict
from typing import Any

from bridge.sandbox.fake import Fake
from bridge.sandbox.vitec.api import Vitec
from bridge.sandbox.world import World


def _fixtures(world: World) -> dict[str, Any]:
    vitec = world.vitec
    customers = {
        name: asdict(one) | {"estates": sorted(one.estates)}
        for name, one in vitec.customers.items()
    }
    return {"username": vitec.username, "customers": customers}


FAKE = Fake(name="vitec", routes=lambda world: Vitec(world).routes(), fixtures=_fixtures)
