r"""The keys of one log, one after another, and how a new one is trusted: because the one before vouches for it.

What both keys sign when the first is replaced, in a signed note (C2SP signed-note):

    sluis-log-key-succession-v1
    sluis.example.nl/v1/log           origin
    sluis.example.nl/v1/log+0a1b2c3d+...    the key before
    sluis.example.nl/v1/log+4e5f6071+...    the key that follows
    1204                              how many events the log had then

    — sluis.example.nl/v1/log <by the key before>
    — sluis.example.nl/v1/log <by the key that follows>

Every checkpoint of more events than that carries the signature of the key that follows; while both are in use it
carries the other's too, for those who have not learned yet. Whoever trusts any one key of the chain knows by these
notes which key had to sign at which size, before and after it: a key that was replaced vouches for nothing newer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sluis_client.wire.log.checkpoint import (
    SIZE,
    Checkpoint,
    CheckpointError,
    LogKey,
    malformed,
    note_parts,
    open_checkpoint,
    require_signed,
    sign_note,
)

_HEADER = "sluis-log-key-succession-v1"
_LINES = 5
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Succession:
    """One key of a log follows another from `size` events on; `note` is the signed text that says so."""

    before: LogKey
    after: LogKey
    size: int
    note: str


def sign_succession(origin: str, size: int, before: Ed25519PrivateKey, after: Ed25519PrivateKey) -> Succession:
    """The succession, signed by both."""
    keys = [LogKey(origin, key.public_key()) for key in (before, after)]
    text = "\n".join((_HEADER, origin, keys[0].text(), keys[1].text(), str(size))) + "\n"
    return Succession(keys[0], keys[1], size, sign_note(text, origin, (before, after)))


def open_succession(note: str, origin: str) -> Succession:
    """Read a succession that both its keys signed.

    Raises:
        CheckpointError: `malformed`, `other-origin`, or `unvouched`: one of the two did not sign it.
    """
    text, _ = note_parts(note)
    lines = text.split("\n")
    if len(lines) != _LINES + 1 or lines[0] != _HEADER or not SIZE.fullmatch(lines[4]):
        raise _no_succession()
    before, after = LogKey.from_text(lines[2]), LogKey.from_text(lines[3])
    if {lines[1], before.name, after.name} != {origin}:
        raise CheckpointError(
            "other-origin",
            f"De opvolging van sleutels is van een ander log dan {origin}.",
            f"The succession of keys is of another log than {origin}.",
        )
    if before == after:
        raise _no_succession()
    for key in (before, after):
        try:
            require_signed(note, key)
        except CheckpointError as error:
            raise CheckpointError(
                "unvouched",
                f"Voor een nieuwe sleutel van het log staat de vorige niet in: {_short(key)} ondertekende de opvolging "
                "niet. Vertrouw de nieuwe sleutel niet, tenzij de beheerder u die langs een andere weg geeft.",
                f"The key before does not vouch for a new key of the log: {_short(key)} did not sign the succession. "
                "Do not trust the new key, unless the operator gives it to you by another way.",
            ) from error
    return Succession(before, after, int(lines[4]), note)


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of one log in order, as far as they are known, grown from one that is trusted.

    Attributes:
        trusted: the key that was pinned, or handed over.
        chain: the successions that join the keys, in order; none while there is one key.
    """

    trusted: LogKey
    chain: tuple[Succession, ...] = ()

    @classmethod
    def of(cls, trusted: LogKey | LogKeys, notes: Iterable[str] = ()) -> LogKeys:
        """A trusted key, or keys that were known, with the successions that the notes tell of.

        Raises:
            CheckpointError: a note that is none, is of another log or not signed by both keys; or `two-successors`:
                one key would have two that follow it, or that it follows.
        """
        known = trusted if isinstance(trusted, LogKeys) else cls(trusted)
        return known.learn(notes)

    def learn(self, notes: Iterable[str]) -> LogKeys:
        """These keys and those that the notes join to them; what is joined to none of them is left out.

        Raises:
            CheckpointError: see `of`.
        """
        told = list(dict.fromkeys(notes))
        if len(told) > _MOST:
            raise _no_succession()
        found = {(one.before, one.after, one.size): one for one in self.chain}
        for note in told:
            one = open_succession(note, self.trusted.name)
            found.setdefault((one.before, one.after, one.size), one)
        after = {one.before: one for one in found.values()}
        before = {one.after: one for one in found.values()}
        if not len(after) == len(before) == len(found):
            raise CheckpointError(
                "two-successors",
                "Er zijn twee sleutels die dezelfde sleutel van het log zouden opvolgen: een van de twee is vals. "
                "Vraag de beheerder langs een andere weg welke sleutel geldt.",
                "There are two keys that would follow the same key of the log: one of the two is false. Ask the "
                "operator by another way which key holds.",
            )
        chain: list[Succession] = []
        key = self.trusted
        while key in before and len(chain) < len(found):
            chain.insert(0, before[key])
            key = before[key].before
        key = self.trusted
        while key in after and len(chain) < len(found):
            chain.append(after[key])
            key = after[key].after
        grown = LogKeys(self.trusted, tuple(chain))
        if any(one.size > next_.size for one, next_ in pairwise(chain)) or len(set(grown.keys)) < len(grown.keys):
            raise _no_succession()
        return grown

    @property
    def name(self) -> str:
        """The origin of the log."""
        return self.trusted.name

    @property
    def keys(self) -> tuple[LogKey, ...]:
        """The keys, oldest first."""
        return (self.chain[0].before, *(one.after for one in self.chain)) if self.chain else (self.trusted,)

    @property
    def notes(self) -> tuple[str, ...]:
        """The successions as they were signed, to be kept."""
        return tuple(one.note for one in self.chain)

    def at(self, size: int) -> LogKey:
        """The key that has to sign a checkpoint of so many events."""
        return self.keys[sum(size > one.size for one in self.chain)]

    def open(self, note: str) -> Checkpoint:
        """Read a checkpoint that the key of its time signed.

        Raises:
            CheckpointError: see `open_checkpoint`; and `key-ended`: a key signed that was replaced before.
        """
        size = _size_of(note)
        wanted = self.at(size)
        try:
            return open_checkpoint(note, wanted)
        except CheckpointError as error:
            if error.code != "unsigned":
                raise
            for one in self.chain:
                if size > one.size and _signed(note, one.before):
                    raise CheckpointError(
                        "key-ended",
                        f"Het ijkpunt van {size} gebeurtenissen is ondertekend met een sleutel die na {one.size} "
                        f"gebeurtenissen is vervangen ({_short(one.before)}). Wie die oude sleutel heeft, schreef dit.",
                        f"The checkpoint of {size} events is signed with a key that was replaced after {one.size} "
                        f"events ({_short(one.before)}). Whoever has that old key wrote this.",
                    ) from None
            raise

    def signed(self, note: str) -> bool:
        """Whether a checkpoint can be read with the keys that are known here."""
        try:
            self.open(note)
        except CheckpointError:
            return False
        return True

    def knows_signers(self, note: str) -> bool:
        """Whether every key that signed under the log's name is known here."""
        _, signatures = note_parts(note)
        known = {key.id for key in self.keys}
        return all(signature[:4] in known for name, signature in signatures if name == self.name)


def _size_of(note: str) -> int:
    """The size that a note claims; 0 when it claims none, which opening it will tell."""
    lines = note_parts(note)[0].split("\n")
    return int(lines[1]) if len(lines) > 1 and SIZE.fullmatch(lines[1]) else 0


def _signed(note: str, key: LogKey) -> bool:
    try:
        require_signed(note, key)
    except CheckpointError:
        return False
    return True


def _short(key: LogKey) -> str:
    return f"{key.name}+{key.id.hex()}"


def _no_succession() -> CheckpointError:
    return malformed("de opvolging van een sleutel van het log", "the succession of a key of the log")
