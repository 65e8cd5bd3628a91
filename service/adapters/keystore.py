"""The service's own keys in a directory: key-encryption key, signing key, token key.

The directory belongs to one operating-system user (0700, files 0600) and the keys never leave it. In production it is a
mounted secret; losing the key-encryption key loses every stored row, and destroying a wrapped data key erases the rows
of its round for good.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from service.adapters.durable import sync_folder, write_synced
from service.adapters.signing import Ed25519Signer
from service.domain.errors import Unavailable
from sluis_client.wire.canonical import base64url, from_base64url

KEY_BYTES = 32
"""AES-256, for the key-encryption key and for every data key."""

_WRAPPED = "a256kw."
_PSEUDONYMS = b"sluis-pseudonyms-v1\n"
_KEK_FILE = "key-encryption.key"
_SIGNING_FILE = "signing.pem"
_TOKEN_FILE = "token.pem"  # noqa: S105 - the name of a file
_FILES = (_KEK_FILE, _SIGNING_FILE, _TOKEN_FILE)
_SHARED = stat.S_IRWXG | stat.S_IRWXO


class KeyDirectoryError(Exception):
    """The service does not start with this key directory; the sentences say all that is wrong, in Dutch and English."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class FileKeyStore:
    """Wraps data keys by AES key wrap (RFC 3394) under one 256-bit key-encryption key."""

    def __init__(self, key_encryption_key: bytes) -> None:
        if len(key_encryption_key) != KEY_BYTES:
            raise ValueError(f"a key-encryption key has {KEY_BYTES} bytes")
        self._key = key_encryption_key

    def wrap(self, data_key: bytes) -> str:
        """The data key, wrapped, as `a256kw.` and base64url; the same key gives the same text.

        Raises:
            ValueError: it is no 256-bit key.
        """
        if len(data_key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes")
        return _WRAPPED + base64url(aes_key_wrap(self._key, data_key))

    def unwrap(self, wrapped: str) -> bytes:
        """The data key; RFC 3394 proves that it is whole and was wrapped by this key-encryption key.

        Raises:
            Unavailable: `data-key-unreadable`: wrapped by another key, or altered.
        """
        try:
            if not wrapped.startswith(_WRAPPED):
                raise ValueError("another way of wrapping")  # noqa: TRY301 - all that is unreadable is told alike
            return aes_key_unwrap(self._key, from_base64url(wrapped.removeprefix(_WRAPPED)))
        except (ValueError, InvalidUnwrap):
            raise Unavailable("data-key-unreadable") from None

    def pseudonym_key(self, domain: str) -> bytes:
        """The key of a domain of pseudonyms, derived from the key-encryption key (HKDF, RFC 5869)."""
        info = _PSEUDONYMS + domain.encode()
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._key)


@dataclass(frozen=True, slots=True)
class ServiceKeys:
    """What the key directory holds: the store of data keys, the signer, and the key of access tokens (ES256)."""

    store: FileKeyStore = field(repr=False)
    signer: Ed25519Signer = field(repr=False)
    token_key: EllipticCurvePrivateKey = field(repr=False)


def load_service_keys(directory: Path, *, create: bool = False) -> ServiceKeys:
    """The keys in the directory.

    1. When nothing is there and `create` is given: make all three keys in a folder beside it, durable, and rename that
       into place. A crash leaves no keys or all of them; keys that exist are never replaced.
    2. Refuse a directory or file that others may read or write.
    3. Read the keys, and refuse any that is not of its kind.

    Args:
        directory: made when it is not there and `create` is given; its parent has to exist.
        create: on the first start only; without it an empty mount stops the service instead of giving it new keys.

    Raises:
        KeyDirectoryError: with every fault found.
    """
    if create and not _holds_something(directory):
        _create(directory)  # 1
    contents = _read_private(directory)  # 2
    return _parse(directory, contents)  # 3


def _holds_something(directory: Path) -> bool:
    return directory.exists() and any(directory.iterdir())


def _create(directory: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    write_synced(fresh / _KEK_FILE, AESGCM.generate_key(8 * KEY_BYTES))
    write_synced(fresh / _SIGNING_FILE, _pem(Ed25519PrivateKey.generate()))
    write_synced(fresh / _TOKEN_FILE, _pem(generate_private_key(SECP256R1())))
    sync_folder(fresh)
    try:
        fresh.rename(directory)
    except OSError:
        for file in fresh.iterdir():
            file.unlink()
        fresh.rmdir()
        if not _holds_something(directory):
            raise
        return  # another process was first; its keys are the keys
    sync_folder(directory.parent)


def _pem(key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read_private(directory: Path) -> Mapping[str, bytes]:
    if not directory.is_dir():
        raise KeyDirectoryError((_fault(directory, "bestaat niet", "does not exist"),))
    faults = []
    if directory.stat().st_mode & _SHARED:
        faults.append(_fault(directory, "is leesbaar voor anderen: chmod 0700", "is open to others: chmod 0700"))
    contents = {}
    for name in _FILES:
        path = directory / name
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & _SHARED:
                    faults.append(_fault(path, "is leesbaar voor anderen: chmod 0600", "is open to others: chmod 0600"))
                contents[name] = file.read()
        except OSError as error:
            faults.append(_fault(path, f"is niet te lezen ({error.strerror})", f"cannot be read ({error.strerror})"))
    if faults:
        raise KeyDirectoryError(tuple(faults))
    return contents


def _parse(directory: Path, contents: Mapping[str, bytes]) -> ServiceKeys:
    faults = []
    kek = contents[_KEK_FILE]
    if len(kek) != KEY_BYTES:
        faults.append(_fault(directory / _KEK_FILE, f"heeft geen {KEY_BYTES} bytes", f"has not {KEY_BYTES} bytes"))
    signing = _private_key(contents[_SIGNING_FILE])
    token = _private_key(contents[_TOKEN_FILE])
    if not isinstance(signing, Ed25519PrivateKey):
        faults.append(_fault(directory / _SIGNING_FILE, "is geen Ed25519-sleutel", "is no Ed25519 key"))
    if not isinstance(token, EllipticCurvePrivateKey) or not isinstance(token.curve, SECP256R1):
        faults.append(_fault(directory / _TOKEN_FILE, "is geen P-256-sleutel", "is no P-256 key"))
    if faults or not isinstance(signing, Ed25519PrivateKey) or not isinstance(token, EllipticCurvePrivateKey):
        raise KeyDirectoryError(tuple(faults))
    return ServiceKeys(FileKeyStore(kek), Ed25519Signer(signing), token)


def _private_key(pem: bytes) -> object:
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _fault(path: Path, dutch: str, english: str) -> str:
    return f"{path}: {dutch} / {english}"
