"""The log's own key: it signs checkpoints and nothing else, and lives apart from the keys of the service.

Whoever runs the web service holds the keys of receipts, releases and rows; whoever signs the log holds this one. So a
service that was taken over cannot sign another history of what it did.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.adapters.durable import sync_folder, write_synced
from service.adapters.keystore import KeyDirectoryError
from sluis_client.wire.log import Checkpoint, LogKey, Succession, sign_checkpoint, sign_succession

_FILE = "log.pem"
_NUMBERED = re.compile(r"log(?:-([2-9]|[1-9][0-9]{1,3}))?\.pem")
_SHARED = stat.S_IRWXG | stat.S_IRWXO


class Ed25519LogSigner:
    """Implements `service.ports.log.LogSigner`; with more than one key while one replaces another."""

    def __init__(self, key: Ed25519PrivateKey, origin: str, *others: Ed25519PrivateKey) -> None:
        self._origin = origin
        self._private = {LogKey(origin, one.public_key()): one for one in (key, *others)}

    @property
    def key(self) -> LogKey:
        """The public half of the first."""
        return self.keys[0]

    @property
    def keys(self) -> Sequence[LogKey]:
        """The public halves, named after the origin."""
        return tuple(self._private)

    def sign(self, size: int, root: bytes, by: Sequence[LogKey] = ()) -> Checkpoint:
        """The checkpoint, signed by the first key or by those that are named."""
        signers = [self._private[one] for one in by or (self.key,) if one in self._private]
        return sign_checkpoint(self._origin, size, root, *signers)

    def succeed(self, size: int, before: LogKey, after: LogKey) -> Succession:
        """The succession, signed by both."""
        return sign_succession(self._origin, size, self._private[before], self._private[after])


def load_log_signer(directory: Path, origin: str, *, create: bool = False) -> Ed25519LogSigner:
    """The signer with the keys in the directory: one, or two while one replaces the other.

    Args:
        directory: of the log's keys alone; made with `create`, its parent has to exist.
        origin: of the log.
        create: make a key when there is none; a key that is there is never replaced.

    Raises:
        KeyDirectoryError: with every fault found.
    """
    if create and not _files(directory):
        _create(directory, directory / _FILE)
    faults = []
    try:
        if directory.stat().st_mode & _SHARED:
            faults.append(f"{directory}: is leesbaar voor anderen: chmod 0700 / is open to others: chmod 0700")
    except OSError as error:
        raise KeyDirectoryError((_unreadable(directory / _FILE, error),)) from None
    keys = []
    for path in _files(directory) or [directory / _FILE]:
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & _SHARED:
                    faults.append(f"{path}: is leesbaar voor anderen: chmod 0600 / is open to others: chmod 0600")
                key = _read(file.read())
        except OSError as error:
            raise KeyDirectoryError((_unreadable(path, error),)) from None
        if key is None:
            faults.append(f"{path}: is geen Ed25519-sleutel / is no Ed25519 key")
        else:
            keys.append(key)
    if faults:
        raise KeyDirectoryError(tuple(faults))
    return Ed25519LogSigner(keys[0], origin, *keys[1:])


def renew_log_key(directory: Path, origin: str) -> LogKey:
    """Make the key that is to follow the one in the directory; the sequencer takes it into use when it starts again.

    Raises:
        KeyDirectoryError: a fault in the directory; or one key replaces another there already.
    """
    signer = load_log_signer(directory, origin)
    if len(signer.keys) > 1:
        told = ", ".join(key.text() for key in signer.keys)
        nl = f"een sleutel vervangt al een andere ({told}); eerst `sluis keys retire-log`"
        en = "one key replaces another already; `sluis keys retire-log` first"
        raise KeyDirectoryError((f"{directory}: {nl} / {en}",))
    numbers = [int(found[1]) for path in _files(directory) if (found := _NUMBERED.fullmatch(path.name)) and found[1]]
    _create(directory, directory / f"log-{max(numbers, default=1) + 1}.pem")
    return load_log_signer(directory, origin).keys[-1]


def retire_log_keys(directory: Path, origin: str, present: LogKey) -> Sequence[LogKey]:
    """Remove every key from the directory but the one that signs now; those that went.

    Raises:
        KeyDirectoryError: a fault in the directory; or the key that signs now is not in it, or not the newest there.
    """
    paths = _files(directory)
    keys = load_log_signer(directory, origin).keys
    if present != keys[-1]:
        nl = f"de nieuwste sleutel ondertekent nog niet, maar {present.text()}; start de sequencer opnieuw"
        en = "the newest key does not sign yet; restart the sequencer, and wait for the first event"
        raise KeyDirectoryError((f"{directory}: {nl} / {en}",))
    for path in paths[:-1]:
        path.unlink()
    sync_folder(directory)
    return keys[:-1]


def _files(directory: Path) -> list[Path]:
    """The files of keys, the oldest first: `log.pem`, `log-2.pem`, `log-3.pem` and so on."""
    if not directory.is_dir():
        return []
    found = [(found, path) for path in directory.iterdir() if (found := _NUMBERED.fullmatch(path.name))]
    return [path for _, path in sorted((int(match[1] or 1), path) for match, path in found)]


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path}: is niet te lezen ({error.strerror}) / cannot be read ({error.strerror})"


def _create(directory: Path, path: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = directory / f".{path.name}-{os.getpid()}"
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
