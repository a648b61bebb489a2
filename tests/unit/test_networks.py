"""Which addresses are public (IANA's special-purpose registries, RFC 6052, 3056)."""

import pytest

from bridge.connectors.networks import is_public, names_private


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "2a00:1450:400f:80c::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.1", "::1", "::"),
        *("10.0.0.8", "172.16.0.1", "192.168.1.1", "fc00::1", "fec0::1"),
        *("169.254.169.254", "fe80::1", "fe80::1%eth0"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "2001:db8::1"),
        *("224.0.0.1", "239.1.1.1", "ff0e::1", "255.255.255.255", "240.0.0.1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2001:0:1::", "::7f00:1"),
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "[::1]", "10.1.2.3"])
def test_a_host_that_can_only_be_private(host: str) -> None:
    assert names_private(host)


@pytest.mark.parametrize("host", ["crm.example.com", "8.8.8.8", "localhost.example.com"])
def test_a_host_that_may_be_public(host: str) -> None:
    assert not names_private(host)
