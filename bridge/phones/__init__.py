"""Raw text and a region → one certain number, or the reason why there is none. Pure.

`normalize` never raises, whatever it is given, and takes well under a millisecond.
"""

from bridge.phones.reading import normalize
from bridge.phones.values import Kind, Phone, Status

__all__ = ["Kind", "Phone", "Status", "normalize"]
