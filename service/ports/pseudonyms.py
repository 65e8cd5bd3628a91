"""What the service was told of the key holder of pseudonyms."""

from __future__ import annotations

from typing import Protocol

from service.domain.pseudonyms import AnnouncedKeys


class PseudonymKeys(Protocol):
    """The document that the operator took from the key holder."""

    def announced(self) -> AnnouncedKeys | None:
        """Address and keys in force; None where there is no key holder."""
        ...


class NoKeyHolder:
    """Implements `PseudonymKeys` where no data set asks for pseudonyms."""

    def announced(self) -> AnnouncedKeys | None:
        """There is none."""
        return None
