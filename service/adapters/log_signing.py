"""The log's own key: it signs checkpoints and nothing else, and lives apart from the keys of the service.

Whoever runs the web service holds the keys of receipts, releases and rows; whoever signs the log holds this one. So a
service that was taken over cannot sign another history of what it did.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.adapters.durable import sync_folder, write_synced
from service.adapters.keystore import KeyDirectoryError
from sluis_client.wire.log import Checkpoint, LogKey, sign_checkpoint

_FILE = "log.pem"
_SHARED = stat.S_IRWXG | stat.S_IRWXO


class Ed25519LogSigner:
    """Implements `service.ports.log.LogSigner`."""

    def __init__(self, key: Ed25519PrivateKey, origin: str) -> None:
        self._private = key
        self._key = LogKey(origin, key.public_key())

    @property
    def key(self) -> LogKey:
        """The public half, named after the origin."""
        return self._key

    def sign(self, size: int, root: bytes) -> Checkpoint:
        """The checkpoint, signed."""
        return sign_checkpoint(self._key.name, size, root, self._private)


def load_log_signer(directory: Path, origin: str, *, create: bool = False) -> Ed25519LogSigner:
    """The signer with the key in the directory.

    Args:
        directory: of the log's key alone; made with `create`, its parent has to exist.
        origin: of the log.
        create: make a key when there is none; a key that is there is never replaced.

    Raises:
        KeyDirectoryError: with every fault found.
    """
    path = directory / _FILE
    if create and not path.exists():
        _create(directory, path)
    faults = []
    try:
        if directory.stat().st_mode & _SHARED:
            faults.append(f"{directory}: is leesbaar voor anderen: chmod 0700 / is open to others: chmod 0700")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _SHARED:
                faults.append(f"{path}: is leesbaar voor anderen: chmod 0600 / is open to others: chmod 0600")
            key = _read(file.read())
    except OSError as error:
        raise KeyDirectoryError(
            (f"{path}: is niet te lezen ({error.strerror}) / cannot be read ({error.strerror})",)
        ) from None
    if key is None:
        faults.append(f"{path}: is geen Ed25519-sleutel / is no Ed25519 key")
    if faults or key is None:
        raise KeyDirectoryError(tuple(faults))
    return Ed25519LogSigner(key, origin)


def _create(directory: Path, path: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = directory / f".{_FILE}-{os.getpid()}"
    write_synced(fresh, pem)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        fresh.unlink()
    sync_folder(directory)


def _read(pem: bytes) -> Ed25519PrivateKey | None:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PrivateKey) else None
