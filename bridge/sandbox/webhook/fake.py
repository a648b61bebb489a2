"""What the sandbox finds in this folder."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bridge.sandbox.fake import Fake, Knobs
from bridge.sandbox.webhook.api import Webhook
from bridge.sandbox.webhook.receiver import Receiver, new_receivers
from bridge.sandbox.world import World


class ReceiverKnob(BaseModel):
    """All are optional; a name that is not there yet is a new receiver."""

    model_config = ConfigDict(extra="forbid")

    secrets: list[str] | None = None
    deduplicates: bool | None = None
    answer: Literal["id", "header", "text", "empty"] | None = None
    headers: dict[str, str] | None = None
    gone: bool | None = None


class ReceiverKnobs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    receivers: dict[str, ReceiverKnob]


def _turn(world: World, given: ReceiverKnobs) -> None:
    known = world.of(new_receivers)
    for name, one in given.receivers.items():
        receiver = known.setdefault(name, Receiver())
        for knob in one.model_fields_set:
            setattr(receiver, knob, getattr(one, knob))


def _fixtures(world: World) -> dict[str, Any]:
    return {"receivers": {name: asdict(one) for name, one in world.of(new_receivers).items()}}


FAKE = Fake(
    name="webhook",
    routes=lambda world: Webhook(world).routes(),
    fixtures=_fixtures,
    knobs=Knobs(model=ReceiverKnobs, turn=_turn),
)
