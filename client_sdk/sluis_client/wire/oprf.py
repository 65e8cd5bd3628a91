"""The oblivious pseudorandom function of RFC 9497, suite ristretto255-SHA512, mode OPRF (0x00).

Who asks blinds its input, the key holder multiplies what it got by its key, and who asked takes the blind off: it has
the function's value under a key that it never saw, of an input that the key holder never saw.

    blind      (asker)       input -> scalar, element       RFC 9497 section 3.3.1, Blind
    evaluate   (key holder)  key, element -> element        BlindEvaluate
    finalize   (asker)       input, scalar, element -> 64 bytes   Finalize

Group and field are those of libsodium, by way of `rbcl`; here is only what the RFC puts on top. Elements and scalars
are 32 bytes each. Elements that come in are checked: canonical, and not the identity (section 2.1).
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

import rbcl

ELEMENT_BYTES = 32
SCALAR_BYTES = 32
OUTPUT_BYTES = 64
SEED_BYTES = 32
LONGEST_INPUT = 2**16 - 1

_CONTEXT = b"OPRFV1-\x00-ristretto255-SHA512"
_IDENTITY = bytes(ELEMENT_BYTES)
_ZERO = bytes(SCALAR_BYTES)
_FINALIZE = b"Finalize"
_UNIFORM = 64


class OprfError(ValueError):
    """An element, scalar or input that the protocol does not allow; it never says which value it was."""


def _forget_library_file() -> None:
    """Where the system lets a loaded library go: rbcl leaves a copy of libsodium behind at every start."""
    if os.name == "posix":
        with suppress(OSError):
            Path(sys.modules["rbcl._sodium"].lib_path).unlink()


_forget_library_file()


def _with_length(destination: bytes) -> bytes:
    return destination + bytes([len(destination)])


_TO_GROUP = _with_length(b"HashToGroup-" + _CONTEXT)
_TO_KEY = _with_length(b"DeriveKeyPair" + _CONTEXT)
_AFTER_PADDING = hashlib.sha512(bytes(128))


def _expand(message: bytes, destination: bytes) -> bytes:
    """expand_message_xmd with SHA-512 for 64 bytes (RFC 9380 section 5.3.1): one block behind the first."""
    first = _AFTER_PADDING.copy()
    first.update(message + _UNIFORM.to_bytes(2) + b"\x00" + destination)
    return hashlib.sha512(first.digest() + b"\x01" + destination).digest()


def derive_key(seed: bytes, info: bytes) -> bytes:
    """A private key: a scalar that is not zero (RFC 9497 section 3.2.1, DeriveKeyPair).

    Args:
        seed: 32 bytes that nobody can guess.
        info: what the key is for; another one gives another key.

    Raises:
        OprfError: a seed of another length, or an info that is too long.
    """
    if len(seed) != SEED_BYTES or len(info) > LONGEST_INPUT:
        raise OprfError("a seed has 32 bytes and an info fewer than 65,536")
    for counter in range(256):
        uniform = _expand(seed + len(info).to_bytes(2) + info + bytes([counter]), _TO_KEY)
        key: bytes = rbcl.crypto_core_ristretto255_scalar_reduce(uniform)
        if key != _ZERO:
            return key
    raise OprfError("no key follows from this seed")


def new_blind() -> bytes:
    """A scalar that is not zero, from the system's randomness; it is used for one input, once."""
    scalar: bytes = rbcl.crypto_core_ristretto255_scalar_random()
    return scalar


def blind(value: bytes, scalar: bytes) -> bytes:
    """The element to send for an input.

    Raises:
        OprfError: an input of more than 65,535 bytes, or one that no element belongs to; a scalar that is none.
    """
    if len(value) > LONGEST_INPUT:
        raise OprfError("an input has fewer than 65,536 bytes")
    return _multiplied(scalar, rbcl.crypto_core_ristretto255_from_hash(_expand(value, _TO_GROUP)))


def evaluate(key: bytes, element: bytes) -> bytes:
    """What the key holder answers to an element.

    Raises:
        OprfError: no canonical element, or the identity; a key that is none.
    """
    require_element(element)
    return _multiplied(key, element)


def finalize(value: bytes, scalar: bytes, evaluated: bytes) -> bytes:
    """The function's value: 64 bytes that look random to whoever does not hold the key.

    Raises:
        OprfError: the answer is no canonical element, or the identity.
    """
    require_element(evaluated)
    inverse = rbcl.crypto_core_ristretto255_scalar_invert(scalar)
    found = _multiplied(inverse, evaluated)
    hashed = len(value).to_bytes(2) + value + len(found).to_bytes(2) + found + _FINALIZE
    return hashlib.sha512(hashed).digest()


def require_element(element: bytes) -> None:
    """Refuse what is no element.

    Raises:
        OprfError: another length, not canonical, or the identity.
    """
    if len(element) != ELEMENT_BYTES or element == _IDENTITY:
        raise OprfError("not an element")
    if not rbcl.crypto_core_ristretto255_is_valid_point(element):
        raise OprfError("not an element")


def _multiplied(scalar: bytes, element: bytes) -> bytes:
    """The product; libsodium refuses what is no element and the identity as outcome."""
    if len(scalar) != SCALAR_BYTES:
        raise OprfError("not a scalar")
    try:
        product: bytes = rbcl.crypto_scalarmult_ristretto255(scalar, element)
    except RuntimeError:
        raise OprfError("not a scalar or not an element") from None
    return product
