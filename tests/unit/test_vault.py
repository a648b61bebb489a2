"""Sealed is unreadable, older keys open, and fingerprints tell nothing."""

import zlib

import pytest

from bridge.delivery import phrases
from bridge.delivery.vault import SealError, Vault, new_key

FIRST_EDITION = 4023049170
TEXT = b'{"first_name": "Anna", "email": "anna@example.com"}' * 5


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    vault = Vault([new_key()])
    sealed = vault.seal(TEXT)
    assert vault.unseal(sealed) == TEXT
    assert b"Anna" not in sealed
    assert vault.seal(TEXT) != sealed
    assert len(sealed) < len(TEXT)


def test_the_first_key_writes_and_every_key_opens() -> None:
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal(TEXT)
    both = Vault([new, old])
    assert both.unseal(sealed) == TEXT
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(TEXT))


def test_a_missing_key_and_damage_are_told_apart() -> None:
    sealed = Vault([new_key()]).seal(TEXT)
    with pytest.raises(SealError, match="BRIDGE_ENCRYPTION_KEYS lacks the key"):
        Vault([new_key()]).unseal(sealed)
    vault = Vault([new_key()])
    damaged = bytearray(vault.seal(TEXT))
    damaged[-1] ^= 1
    with pytest.raises(SealError, match="damaged"):
        vault.unseal(bytes(damaged))


def test_fingerprints_are_equal_for_equal_texts_and_keyed() -> None:
    one, other = Vault([new_key()]), Vault([new_key()])
    one.use_index_key(b"k" * 32)
    other.use_index_key(b"K" * 32)
    assert one.fingerprint("contact", "a") == one.fingerprint("contact", "a")
    assert one.fingerprint("contact", "a") != one.fingerprint("conta", "cta")
    assert one.fingerprint("contact", "a") != other.fingerprint("contact", "a")
    with pytest.raises(SealError):
        Vault([new_key()]).fingerprint("a")


def test_what_was_sealed_with_an_edition_of_the_phrases_is_opened_by_it() -> None:
    assert list(phrases.EDITIONS) == [FIRST_EDITION]  # add editions; never edit one
    assert phrases.decompress(phrases.compress(TEXT)) == TEXT
    assert phrases.decompress(zlib.compress(TEXT)) == TEXT  # without any


@pytest.mark.parametrize("cut", [0, 1, 5, 6, 20, -1])
def test_compressed_data_that_is_cut_short_is_an_error(cut: int) -> None:
    with pytest.raises(zlib.error):
        phrases.decompress(phrases.compress(TEXT)[:cut])


def test_an_exchange_takes_half_of_what_it_would_without_phrases() -> None:
    exchange = (
        b'[{"method":"POST","url":"https://connect.maklare.vitec.net/Advertising/Estate/M30011/OBJ1'
        b'/FinalPriceWatched","request":"{\\"person\\":{\\"firstName\\":\\"Anna\\",\\"lastName\\":'
        b'\\"Svensson\\",\\"email\\":{\\"emailAddress\\":\\"anna@example.com\\"},\\"telephone\\":'
        b'{\\"cell\\":\\"+46701740605\\"}}}","status":200,"response":"","ms":14,"error":""}]'
    )
    assert len(phrases.compress(exchange)) < len(zlib.compress(exchange)) / 2
