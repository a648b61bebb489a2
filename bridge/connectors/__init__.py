"""Lead → vendor → outcome. Adding a vendor is one module here and one line below."""

from collections.abc import Mapping

from bridge.connectors import flow, homeq, vitec, webhook
from bridge.connectors.base import Vendor

VENDORS: Mapping[str, Vendor] = {
    one.name: one for one in (vitec.VENDOR, flow.VENDOR, homeq.VENDOR, webhook.VENDOR)
}
