"""Seals what is personal before it enters the ledger, and fingerprints what must be found again.

Sealed bytes: 4 bytes naming the key, 12 bytes nonce, then AES-256-GCM over compressed data
(`phrases.py`).
"""

import hashlib
import os
import zlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.delivery import phrases

KEY_ID = 4
NONCE = 12
PRINT = 12  # bytes of a fingerprint: at a thousand million of them, no two are likely the same


class SealError(Exception):
    """Sealed bytes that no configured key opens."""


class Vault:
    """`keys`: 32 bytes each; the first one seals, every one opens."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("a vault needs at least one key")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._current = _key_id(keys[0])
        self._index_key = b""

    def seal(self, data: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        body = self._ciphers[self._current].encrypt(nonce, phrases.compress(data), None)
        return self._current + nonce + body

    def unseal(self, sealed: bytes) -> bytes:
        cipher = self._ciphers.get(sealed[:KEY_ID])
        if cipher is None:
            raise SealError("BRIDGE_ENCRYPTION_KEYS lacks the key that this was sealed with")
        nonce, body = sealed[KEY_ID : KEY_ID + NONCE], sealed[KEY_ID + NONCE :]
        try:
            return phrases.decompress(cipher.decrypt(nonce, body, None))
        except (InvalidTag, zlib.error) as error:
            raise SealError("sealed data in the ledger is damaged") from error

    def knows(self, sealed: bytes) -> bool:
        """Whether one of our keys sealed it."""
        return sealed[:KEY_ID] in self._ciphers

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first key sealed it; otherwise a rotation should seal it again."""
        return sealed[:KEY_ID] == self._current

    def use_index_key(self, key: bytes) -> None:
        """The key of `fingerprint`; kept sealed in the ledger, so that it outlives a rotation."""
        self._index_key = key

    def fingerprint(self, *parts: str) -> str:
        """A keyed hash, 24 characters: equal texts are found, no text can be read back."""
        if not self._index_key:
            raise SealError("the ledger's index key has not been read yet")
        text = "\x1f".join(parts).encode()
        return hashlib.blake2b(text, digest_size=PRINT, key=self._index_key).hexdigest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"lead-bridge key id" + key).digest()[:KEY_ID]


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)
