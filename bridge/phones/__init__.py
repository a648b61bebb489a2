"""Raw text and a region → one certain number, or the reason why there is none. Pure.

`normalize` never raises, whatever it is given. The way of a text: `cleaning` undoes what computers
did to it, `lookalikes` takes out what is no phone, `fields` finds the numbers, `numbers` reads one.
"""

from bridge.phones.reading import normalize
from bridge.phones.values import Kind, Phone, Status

__all__ = ["Kind", "Phone", "Status", "normalize"]
