"""The key holder's public document in a file, as `sluis keyholder keys` prints it."""

from __future__ import annotations

from pathlib import Path

from service.adapters.identity import strict_json
from sluis_client.wire import WireError
from sluis_client.wire.pseudonym_keys import PublishedKeys


class PseudonymKeysError(Exception):
    """The document cannot be read, or is not what a key holder prints; `faults` says so in both languages."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class FilePseudonymKeys:
    """Implements `service.ports.pseudonyms.PseudonymKeys`: read once, at the start."""

    def __init__(self, path: Path) -> None:
        """Read the document.

        Raises:
            PseudonymKeysError: it cannot be read, or is no such document.
        """
        try:
            self._announced = PublishedKeys.from_json(strict_json.loads(path.read_bytes()))
        except (OSError, ValueError, WireError):
            raise PseudonymKeysError(f"{path}: niet van een sleutelhouder / not a key holder's document") from None

    def announced(self) -> PublishedKeys | None:
        """Address and keys in force."""
        return self._announced
