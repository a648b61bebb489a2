"""Which addresses belong to the public internet: a receiver must not point us into our own network.

Standard Webhooks, "Server side request forgery": a name that somebody else controls may resolve to
a cloud's metadata service or to a database beside us.
"""

import errno
import ipaddress
import socket

from aiohttp import AddrInfoType

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
IPV4_BITS = 0xFFFFFFFF


class PrivateAddressError(OSError):
    """The address is not on the public internet."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "a private address")


def public_socket(info: AddrInfoType) -> socket.socket:
    """For aiohttp, which asks for a socket for each address it is about to connect to.

    Raises `PrivateAddressError`.
    """
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddressError
    return socket.socket(family=family, type=kind, proto=protocol)


def is_public(address: str) -> bool:
    """An address in digits: not private, loopback, link-local, shared (CGNAT), multicast, reserved.

    An IPv6 address that wraps an IPv4 one is as public as that one. Raises `ValueError`.
    """
    known = ipaddress.ip_address(address)
    if isinstance(known, ipaddress.IPv6Address):
        wrapped = known.ipv4_mapped or known.sixtofour
        if known in NAT64:
            wrapped = ipaddress.IPv4Address(int(known) & IPV4_BITS)
        if wrapped is not None:
            return is_public(str(wrapped))
        if known.is_site_local:  # deprecated, and private all the same (RFC 3879)
            return False
    return known.is_global and not known.is_multicast and not known.is_reserved


def names_private(host: str) -> bool:
    """Whether a host, as written, can only be private: an address in digits, or localhost."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        return not is_public(bare)
    except ValueError:
        return bare == "localhost" or bare.endswith(".localhost")
