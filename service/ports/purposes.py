"""Purposes that people make: their document read and checked, and the catalogue with those that were approved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.domain.catalogue import Catalogue
from service.domain.purpose import Purpose, PurposeHead


@dataclass(frozen=True, slots=True)
class PurposeDocument:
    """A document without faults: as canonical JSON text (RFC 8785), and as the purpose that it states."""

    text: str
    purpose: Purpose


class PurposeDocuments(Protocol):
    """Reads documents of purposes; they are the same as the YAML files of the bundle."""

    def check(self, document: Mapping[str, object], catalogue: Catalogue) -> PurposeDocument:
        """A proposed document, held against the catalogue as if it were approved.

        Raises:
            service.domain.errors.Faulty: `purpose`, with every fault.
        """
        ...

    def check_again(self, text: str, catalogue: Catalogue) -> Purpose:
        """A document that was checked when it was stored, held against the catalogue of today.

        Raises:
            service.domain.errors.Faulty: `purpose`, with every fault.
        """
        ...

    def read(self, text: str) -> Purpose:
        """A document that was checked when it was stored.

        Raises:
            ValueError: this version of the service reads such documents no more.
        """
        ...

    def in_force(
        self, catalogue: Catalogue, heads: Sequence[PurposeHead], document: Callable[[str, int], str]
    ) -> Catalogue:
        """The catalogue with the stated purposes that were approved, each with its state; the same object every time.

        One whose document does not fit the catalogue any more is left out: under it nothing is permitted.

        Args:
            catalogue: of the bundle.
            heads: the purposes that were approved once.
            document: gives the text of a version; asked only for what was not read before.
        """
        ...
