"""What a supplier does with its own files: read them, check them, name what is its own, deliver them."""

from pathlib import Path

from sluis_client.content import FileContent, of_wire
from sluis_client.delivery import Delivered, Progress
from sluis_client.files.dialect import Dialect
from sluis_client.files.mapping import Mapping, Maps
from sluis_client.files.prepare import Prepared, prepare
from sluis_client.rules import RoundRules, kept_rules
from sluis_client.session import Session


class Desk:
    """The files of one profile."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def maps(self) -> Maps:
        """The supplier's own names and codes."""
        return Maps(self._session.profile)

    def mapping(self, rules: RoundRules) -> Mapping:
        """The supplier's own names and codes for a round's data set.

        Raises:
            SetupError: the file with them cannot be used.
        """
        return self.maps.get(rules.definition.id, rules.definition.version)

    def prepare(self, path: Path, rules: RoundRules, dialect: Dialect | None = None) -> Prepared:
        """The content of a file and everything that is wrong with it; nothing is sent.

        Raises:
            AmbiguousFileError: it can be read in two ways.
            FileError: it cannot be read.
        """
        return prepare(path, rules, self.mapping(rules), dialect or Dialect())

    def digest(self, path: Path, round_id: str) -> str:
        """The digest of what is sent of a file: of its bytes, or of what is made of it for the round.

        Raises:
            NotCachedError: the file is not as the wire wants it, and the round's rules are not here.
            FileError: it cannot be read.
        """
        session = self._session
        if of_wire(path) is not None and session.profile.round(round_id) is None:
            return FileContent.read(path).digest
        return self.prepare(path, kept_rules(session.profile, round_id)).content.digest

    def submit(
        self,
        path: Path,
        rules: RoundRules,
        corrects: str | None = None,
        *,
        progress: Progress | None = None,
        dialect: Dialect | None = None,
    ) -> Delivered:
        """Delivers a file.

        Raises:
            SluisClientError: as `Client.submit`.
        """
        prepared = self.prepare(path, rules, dialect)
        return self._session.deliver(prepared.content, rules, corrects, progress, checked=prepared.report)
