"""What the service was told of the key holder of pseudonyms."""

from __future__ import annotations

from typing import Protocol

from sluis_client.wire.pseudonym_keys import PublishedKeys


class PseudonymKeys(Protocol):
    """The document that the operator took from the key holder."""

    def announced(self) -> PublishedKeys | None:
        """Address and keys in force; None where there is no key holder."""
        ...


class NoKeyHolder:
    """Implements `PseudonymKeys` where no data set asks for pseudonyms."""

    def announced(self) -> PublishedKeys | None:
        """There is none."""
        return None
