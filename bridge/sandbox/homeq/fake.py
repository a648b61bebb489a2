"""What the sandbox finds in this folder."""

from typing import Any

from bridge.sandbox.fake import Fake
from bridge.sandbox.homeq.api import Homeq
from bridge.sandbox.world import World


def _fixtures(world: World) -> dict[str, Any]:
    return {"username": world.homeq.username, "apartments": list(world.homeq.apartments)}


FAKE = Fake(name="homeq", routes=lambda world: Homeq(world).routes(), fixtures=_fixtures)
