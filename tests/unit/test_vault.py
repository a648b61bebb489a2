"""Sealed is unreadable, older keys open, and fingerprints tell nothing."""

import pytest

from bridge.delivery.vault import SealError, Vault, new_key

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
