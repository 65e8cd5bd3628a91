"""Where public figures are fetched."""

from __future__ import annotations

from typing import Protocol

from service.domain.public_figures import Fetched, PublicSource


class PublicFigures(Protocol):
    """Asks the publisher."""

    def fetch(self, source: PublicSource, year: int) -> Fetched:
        """All figures of one year, for every municipality that the publisher has: whole, or not at all.

        Raises:
            service.domain.errors.Unavailable: `public-source-away`: the publisher does not answer, also not after
                waiting; `public-source-unexpected`: it answers something else than is known of the table.
            service.domain.errors.Invalid: `public-period`: the table has no such year.
            service.domain.errors.NotFound: no table of the source has such a year.
        """
        ...
