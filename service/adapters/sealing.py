"""Sealing of upload pieces: AES-256-GCM, bound to submission and number."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_LABEL = b"sluis-piece-v1\n"
_NONCE_BYTES = 12
_KEY_BYTES = 32


def seal_piece(submission: str, number: int, content: bytes, data_key: bytes) -> bytes:
    """Nonce, ciphertext and tag.

    Each submission has a key of its own (HKDF of the data key, RFC 5869), so that random 96-bit nonces stay far from
    the bound of SP 800-38D and the parts' own use of the data key is kept apart.
    """
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(submission, data_key).encrypt(nonce, content, _place(submission, number))


def open_piece(submission: str, number: int, sealed: bytes, data_key: bytes) -> bytes:
    """The content.

    Raises:
        cryptography.exceptions.InvalidTag: altered, cut short, or sealed for another place or under another key.
    """
    if len(sealed) < _NONCE_BYTES:
        raise InvalidTag
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return _cipher(submission, data_key).decrypt(nonce, ciphertext, _place(submission, number))


def _cipher(submission: str, data_key: bytes) -> AESGCM:
    if len(data_key) != _KEY_BYTES:
        raise ValueError(f"a data key has {_KEY_BYTES} bytes")
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_LABEL + submission.encode()).derive(data_key)
    return AESGCM(derived)


def _place(submission: str, number: int) -> bytes:
    return _LABEL + number.to_bytes(8, "big") + submission.encode()
