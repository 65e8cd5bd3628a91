r"""What the log's key signs: a checkpoint (C2SP tlog-checkpoint) in a signed note (C2SP signed-note), by Ed25519.

    sluis.example.nl/v1/log            origin: whose log this is, the address of the log without scheme
    1204                               number of events
    qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=      root, base64

    — sluis.example.nl/v1/log <base64 of key id and signature>

The key has the origin for its name. Its id is SHA-256(name || 0x0A || 0x01 || public key)[:4], as the note's
specification has it. Signatures of others (witnesses) may stand below it and are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sluis_client.wire.log.merkle import EMPTY_ROOT, HASH_BYTES

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_DASH = "\N{EM DASH} "
SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_KEY = re.compile(r"(?P<name>[^\s+\x00-\x1f\x7f]{1,255})\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]{44})")
_LONGEST = 65_536
_MOST_SIGNATURES = 64


class CheckpointError(Exception):
    """A checkpoint is none, or not one of this log.

    Attributes:
        code: what is wrong: `malformed`, `unsigned`, `forged` or `other-origin`; of keys that follow each other
            `unvouched`, `two-successors` or `key-ended` (`sluis_client.wire.log.keys`).
        nl: the same for people, in Dutch.
        en: in English.
    """

    def __init__(self, code: str, nl: str, en: str) -> None:
        self.code, self.nl, self.en = code, nl, en
        super().__init__(en)


def log_origin(issuer: str) -> str:
    """The origin of the log of the service at this address: its place without the scheme."""
    address = urlsplit(issuer)
    return f"{address.netloc}/v1/log"


@dataclass(frozen=True, slots=True)
class LogKey:
    """The public half of a log's key, with the name that it signs under: `<name>+<key id, hex>+<base64>`.

    Raises:
        ValueError: a name that cannot stand in a note.
    """

    name: str
    public: Ed25519PublicKey

    def __post_init__(self) -> None:
        """A name is one word without a plus sign."""
        if not _NAME.fullmatch(self.name):
            raise ValueError("the name of a log's key is one word without a plus sign")

    @classmethod
    def from_text(cls, text: str) -> LogKey:
        """Read a key as `text` writes it.

        Raises:
            CheckpointError: `malformed`.
        """
        found = _KEY.fullmatch(text.strip())
        try:
            raw = base64.b64decode(found["key"], validate=True) if found else b""
            if found is None or raw[:1] != _ED25519:
                raise ValueError("another form or algorithm")  # noqa: TRY301 - all that is no key is told alike
            key = cls(found["name"], Ed25519PublicKey.from_public_bytes(raw[1:]))
        except ValueError:
            raise malformed("de sleutel van een log", "the key of a log") from None
        if key.id.hex() != found["id"]:
            raise malformed("de sleutel van een log", "the key of a log")
        return key

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        named = self.name.encode() + b"\n" + _ED25519 + self._raw()
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    def text(self) -> str:
        """The key as one line, for configuration and for people to compare."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self._raw()).decode()}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogKey) and other.text() == self.text()

    def __hash__(self) -> int:
        return hash(self.text())

    def _raw(self) -> bytes:
        return self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How the log stood: `size` events under `root`; `note` is the signed text that says so."""

    origin: str
    size: int
    root: bytes
    note: str


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """What is signed."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign_checkpoint(origin: str, size: int, root: bytes, *keys: Ed25519PrivateKey) -> Checkpoint:
    """The checkpoint, signed by each of the keys under the origin as its name."""
    return Checkpoint(origin, size, root, sign_note(checkpoint_text(origin, size, root), origin, keys))


def sign_note(text: str, name: str, keys: Sequence[Ed25519PrivateKey]) -> str:
    """The signed note of a text, with a signature of each key under one name."""
    lines = (
        f"{_DASH}{name} {base64.b64encode(LogKey(name, key.public_key()).id + key.sign(text.encode())).decode()}\n"
        for key in keys
    )
    return f"{text}\n{''.join(lines)}"


def open_checkpoint(note: str, key: LogKey) -> Checkpoint:
    """Read a checkpoint that this key signed.

    1. The note is well-formed: text, an empty line, signatures.
    2. The key's signature is among them and holds over the text.
    3. The text is a checkpoint of the log that the key belongs to.

    Raises:
        CheckpointError: `malformed` (1, 3), `unsigned` or `forged` (2), `other-origin` (3).
    """
    # 1, 2
    text = require_signed(note, key)
    # 3
    return _read(text, note, key.name)


def require_signed(note: str, key: LogKey) -> str:
    """The text of a note that this key signed.

    Raises:
        CheckpointError: `malformed`, `unsigned` or `forged`.
    """
    text, signatures = note_parts(note)
    mine = [signature for name, signature in signatures if name == key.name and signature[:_KEY_ID_BYTES] == key.id]
    if not mine:
        raise CheckpointError(
            "unsigned",
            f"Het ijkpunt is niet ondertekend met de sleutel van dit log ({key.name}+{key.id.hex()}), maar met een "
            "andere, waarvoor geen sleutel instaat die u kent. Zegt de beheerder dat de sleutel vervangen is, "
            "vergelijk de nieuwe dan langs een andere weg.",
            f"The checkpoint is not signed with the key of this log ({key.name}+{key.id.hex()}), but with another, for "
            "which no key that you know vouches. If the operator says that the key was replaced, compare the new one "
            "by another way.",
        )
    for signature in mine:
        try:
            key.public.verify(signature[_KEY_ID_BYTES:], text.encode())
        except InvalidSignature:
            raise CheckpointError(
                "forged",
                "De handtekening onder het ijkpunt klopt niet: het is gewijzigd of nagemaakt.",
                "The signature under the checkpoint does not hold: it was altered or forged.",
            ) from None
    return text


def note_parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a signed note, and its signatures by name, each with its key id before it; none is verified.

    Raises:
        CheckpointError: `malformed`.
    """
    text, separator, below = note.rpartition("\n\n")
    lines = below.split("\n")
    fits = bool(separator and text) and lines[-1] == "" and len(note) <= _LONGEST and len(lines) <= _MOST_SIGNATURES
    if not fits or any(ord(character) < ord(" ") and character != "\n" for character in note):
        raise malformed("het ijkpunt", "the checkpoint")
    signatures = []
    for line in lines[:-1]:
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        try:
            signature = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            signature = b""
        well_formed = line.startswith(_DASH) and space and _NAME.fullmatch(name)
        if not well_formed or len(signature) <= _KEY_ID_BYTES or base64.b64encode(signature).decode() != encoded:
            raise malformed("een handtekening onder het ijkpunt", "a signature under the checkpoint")
        signatures.append((name, signature))
    if not signatures:
        raise malformed("het ijkpunt", "the checkpoint")
    return text + "\n", signatures


def _read(text: str, note: str, origin: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - three lines and their last end
        raise malformed("het ijkpunt", "the checkpoint")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError):
        root = b""
    size = int(lines[1])
    if base64.b64encode(root).decode() != lines[2] or len(root) != HASH_BYTES or (size == 0) != (root == EMPTY_ROOT):
        raise malformed("het ijkpunt", "the checkpoint")
    if lines[0] != origin:
        raise CheckpointError(
            "other-origin",
            f"Het ijkpunt is van een ander log dan {origin}.",
            f"The checkpoint is of another log than {origin}.",
        )
    return Checkpoint(origin, size, root, note)


def malformed(nl: str, en: str) -> CheckpointError:
    """Something is not readable as what it should be."""
    return CheckpointError("malformed", f"Onleesbaar: {nl}.", f"Unreadable: {en}.")
