"""Marketing integrator orders: states, metadata, the button's token (FACTS 1A.3)."""

import json
import math
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from bridge.sandbox.flow.gate import Answer, FlowError, Gate, json_of, missing
from bridge.sandbox.flow.names import ORDER_STATES
from bridge.sandbox.flow.order_book import add_status, find_order, new_order
from bridge.sandbox.flow.stakeholders import worded
from bridge.sandbox.shapes import Shape, ShapeError, check_shape
from bridge.sandbox.world import World

STATE: dict[str, Shape] = {"Status": str, "State": str}
UPDATE: dict[str, Shape] = {
    "Title": str,
    "ActionText": str,
    "Metadata": [{"Key": str, "Value": str}],
}
TOKEN: dict[str, Shape] = {"Token": str}
WRITE = "Marketing Integrator - WRITE"


class Orders:
    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate

    def routes(self) -> list[Route]:
        root = "/api/MarketingIntegrators"
        create = f"{root}/Cases/{{case}}/CreateOrderAsIntegrator"
        return [
            self._gate.route("POST", f"{root}/Orders/{{order}}/UpdateState", self.update_state),
            self._gate.route("PATCH", f"{root}/Orders/{{order}}", self.update),
            self._gate.route("POST", f"{root}/VerifyToken", self.verify_token),
            self._gate.route("POST", create, self.create, needs=WRITE),
        ]

    async def update_state(self, request: Request) -> Answer:
        """Appends a status; the states of the system and of insurers are refused (F-T17)."""
        order, body = self._order(request), await _body(request, STATE)
        if body.get("State") not in ORDER_STATES:
            raise FlowError(400, f"State '{body.get('State')}' is not for an integrator to set")
        add_status(self._world.flow, order, body["State"], body.get("Status", ""), self._world.now)
        self._remember(request, "order_state", order, body)
        return order

    async def update(self, request: Request) -> Answer:
        """Sets what is given. Whether metadata is replaced or merged is not stated: a knob says."""
        order, body = self._order(request), await _body(request, UPDATE)
        order.update({name: body[name] for name in ("Title", "ActionText") if name in body})
        if "Metadata" in body:
            self._set(order, {one["Key"]: one["Value"] for one in body["Metadata"]})
        self._remember(request, "order_update", order, body)
        return order

    async def verify_token(self, request: Request) -> Answer:
        """Who pressed the button in Core, and for which order."""
        body = await _body(request, TOKEN)
        token, tenant = body.get("Token", ""), self._world.flow
        found = tenant.user_tokens.get(token)
        if found is None or tenant.user_token_ends.get(token, math.inf) <= self._world.now:
            raise FlowError(400, "The token is not valid")
        return found

    async def create(self, request: Request) -> Answer:
        tenant = self._world.flow
        case = tenant.case_by_id(request.path_params["case"])
        if case is None:
            raise missing()
        order = new_order(tenant, case.case_id, self._world.now)
        self._remember(request, "order", order, {})
        return order

    def _set(self, order: dict[str, Any], pairs: dict[str, str]) -> None:
        """A string in the model, though it is given as a list (F-T17)."""
        kept = json.loads(order["Metadata"] or "[]") if self._world.flow.merges_metadata else []
        merged = {one["Key"]: one["Value"] for one in kept} | pairs
        rows = [{"Key": key, "Value": value} for key, value in merged.items()]
        order["Metadata"] = json.dumps(rows, ensure_ascii=False)

    def _order(self, request: Request) -> dict[str, Any]:
        found = find_order(self._world.flow, request.path_params["order"])
        if found is None:
            raise missing()
        return found

    def _remember(
        self, request: Request, kind: str, order: dict[str, Any], body: dict[str, Any]
    ) -> None:
        case, reference = str(order["CaseBaseId"]), str(order["Guid"])
        self._gate.remember(request, kind=kind, property=case, body=body, reference=reference)


async def _body(request: Request, shape: dict[str, Shape]) -> dict[str, Any]:
    body = await json_of(request)
    try:
        check_shape(body, shape)
    except ShapeError as error:
        raise worded(error) from None
    found: dict[str, Any] = body
    return found
