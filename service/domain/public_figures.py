"""Public figures: what others publish about an area, kept with where it came from and shown beside releases.

They are nobody's delivery. No release is made of them, and nothing here is known to aggregation, disclosure control
or requests (docs/adr/0019-public-figures.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from service.domain.classification import Label
from service.domain.errors import NotFound


class PublicKind(StrEnum):
    """How a figure of a region follows from those of its municipalities."""

    COUNT = "count"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class PublicMeasure:
    """A figure that a table publishes.

    Attributes:
        name: ours.
        title: for people.
        unit: of the value.
        kind: counts are added; means are weighted.
        weight: the count that a mean is weighted with; None for a count.
        source_title: the measure's title in the table: a code may be given another meaning, a title less quietly.
        source_group: the title of the group that it stands in, where the title alone stands for several.
        decimals: of a mean.
    """

    name: str
    title: Label
    unit: str
    kind: PublicKind
    weight: str | None
    source_title: str
    source_group: str | None
    decimals: int


@dataclass(frozen=True, slots=True)
class PublicDimension:
    """A column of a table and which of its codes make up each of ours; `total` is the table's code for all of them."""

    name: str
    column: str
    total: str
    codes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PublicTable:
    """One table of the publisher, and for which years it is asked.

    Attributes:
        table: its identifier.
        first_year: the first year that is taken from this table.
        last_year: the last one.
        borders: the day whose municipalities it has for every year; None when each year has its own, of 1 January.
        region: the column with the municipality.
        period: the column with the year.
        fixed: what is asked of the other columns.
    """

    table: str
    first_year: int
    last_year: int
    borders: date | None
    region: str
    period: str
    fixed: Mapping[str, str]

    def borders_in(self, year: int) -> date:
        """The day whose municipalities the figures of a year are about."""
        return self.borders or date(year, 1, 1)


@dataclass(frozen=True, slots=True)
class PublicSource:
    """Where public figures of one subject come from.

    Attributes:
        id: names it; the same as the data set that it says the same of.
        data_set: the data set of the catalogue whose subject it is.
        title: for people.
        note: what a reader has to know of the figures.
        publisher: who publishes them.
        licence: under which conditions, as an address.
        municipalities: the atoms that municipalities are mapped to.
        as_of: the day whose municipalities those are.
        tables: by year.
        measures: what is published.
        dimensions: by what besides area and year.
    """

    id: str
    data_set: str
    title: Label
    note: Label
    publisher: str
    licence: str
    municipalities: str
    as_of: date
    tables: tuple[PublicTable, ...]
    measures: tuple[PublicMeasure, ...]
    dimensions: tuple[PublicDimension, ...] = ()

    def table_of(self, year: int) -> PublicTable:
        """The table that a year is taken from.

        Raises:
            NotFound: none.
        """
        for table in self.tables:
            if table.first_year <= year <= table.last_year:
                return table
        raise NotFound("public-period")


@dataclass(frozen=True, slots=True)
class BorderChange:
    """A municipality that ended: its area went to `new` on a day; one that was divided has several of these.

    `begins` tells whether `new` began that day; another was there before, and keeps its code (CBS).
    """

    old: str
    new: str
    on: date
    begins: bool


CANNOT_BE = "Impossible"
"""The note of a figure that cannot be (CBS's word), such as one of a municipality that is not there in that year."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One published figure of one municipality.

    `cell` has a code of each dimension of the source, in its order. A figure that is not there has no value and the
    publisher's word for why.
    """

    region: str
    cell: tuple[str, ...]
    measure: str
    value: Decimal | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publisher says of one year of a table.

    Attributes:
        source_table: the publisher's identifier.
        table_title: the publisher's title.
        table_version: the publisher's version.
        modified: when the publisher says that it changed last.
        status: what the publisher says of the year: final or provisional.
        licence: what the publisher says.
        address: where it was asked.
    """

    source_table: str
    table_title: str
    table_version: str
    modified: str
    status: str
    licence: str
    address: str


@dataclass(frozen=True, slots=True)
class Fetched(Publication):
    """What a publisher answered about one year: its own description of the table, and the figures."""

    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class PublicCopy(Publication):
    """What was fetched of one source about one year, as it is kept; a later copy stands beside it, not over it.

    Attributes:
        id: UUID version 7.
        source: of `PublicSource`.
        period: the year.
        retrieved_at: when.
        retrieved_by: the account that had it fetched.
        digest: SHA-256 of the content.
        content: the observations, as canonical JSON (`service.use_cases.public_content`).
    """

    id: str
    source: str
    period: str
    retrieved_at: datetime
    retrieved_by: str
    digest: str
    content: str
