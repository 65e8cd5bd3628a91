"""What was pseudonymised of a file under way, kept until its delivery is over.

Pseudonyms of many persons take hours and count towards the key holder's quota: whoever gives the same command again
after a crash or a refusal goes on with these. No BSN is in it; only its owner can read it; the first command after a
week clears it away.
"""

from __future__ import annotations

import hashlib
import hmac
import shutil
from collections.abc import Sequence
from pathlib import Path

from sluis_client import storage, wire
from sluis_client.content import Content, FileContent
from sluis_client.files.dialect import Dialect
from sluis_client.files.made_before import MadeBefore
from sluis_client.files.mapping import Mapping
from sluis_client.profile import Profile
from sluis_client.pseudonyms import Makes
from sluis_client.rules import RoundRules
from sluis_client.wire.pseudonym_keys import PublishedKey

_BLOCK = 1 << 20
_MADE_SO_FAR = "made"


class Spool:
    """A place in the profile for what is made of one file, as it is now, for one round, under the keys in force."""

    def __init__(
        self,
        profile: Profile,
        path: Path,
        rules: RoundRules,
        *,
        mapping: Mapping,
        dialect: Dialect,
        keys: Sequence[PublishedKey],
    ) -> None:
        """Read the file once.

        Raises:
            FileError: the file cannot be read.
        """
        secret, digest = profile.content_secret(), FileContent.of(path, wire.Format.CSV).digest
        said = [
            digest,
            rules.round.id,
            rules.definition.id,
            rules.definition.version,
            repr(mapping),
            repr(dialect),
            [f"{key.version}:{key.check}" for key in keys],
        ]
        name = hmac.new(secret, storage.as_json(said), hashlib.sha256).hexdigest()[:32]
        self._key = hmac.digest(secret, f"made-before:{digest}".encode(), "sha256")
        self._folder = profile.spool / name
        self._path = self._folder / path.name

    def going_on(self, makes: Makes) -> Makes:
        """The same, going on with what a process that was killed had made."""
        storage.make_private_directory(self._folder)
        return MadeBefore(self._folder / _MADE_SO_FAR, self._key, makes)

    def find(self) -> FileContent | None:
        """What was kept, if it was.

        Raises:
            FileError: it cannot be read.
        """
        return FileContent.of(self._path, wire.Format.CSV) if self._path.exists() else None

    def keep(self, content: Content) -> FileContent:
        """The content, durably.

        Raises:
            OSError: there is no room.
        """
        storage.make_private_directory(self._folder)
        storage.write_private_blocks(self._path, content.parts(_BLOCK))
        storage.remove(self._folder / _MADE_SO_FAR)
        return FileContent.of(self._path, wire.Format.CSV)

    def remove(self) -> None:
        """Let it go: the delivery is over."""
        shutil.rmtree(self._folder, ignore_errors=True)
