"""The facts that tables are made of, as columns of exact numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from service.disclosure.faults import BadInput, Fault

Ints = npt.NDArray[np.int64]

LARGEST_TOTAL = 2**62


@dataclass(frozen=True)
class Coded:
    """A column of codes: `codes[index[row]]` is the code of a row."""

    codes: tuple[str, ...]
    index: Ints

    @classmethod
    def encode(cls, values: pa.Array | pa.ChunkedArray | Sequence[str]) -> Coded:
        """Encode a column of strings; codes are sorted, so that equal columns are equal values.

        Raises:
            BadInput: a code is missing (null), or stands twice in the dictionary of a dictionary column.
        """
        column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, pa.string())
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        words = [str(word) for word in encoded.dictionary.to_pylist()]
        if encoded.null_count or len(set(words)) != len(words):
            raise BadInput([Fault("codes", "een code ontbreekt of is dubbel", "a code is missing or doubled")])
        order = np.argsort(np.array(words, dtype=object)) if words else np.zeros(0, dtype=np.int64)
        rank = np.empty(len(words), dtype=np.int64)
        rank[order] = np.arange(len(words))
        places = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        return cls(tuple(words[place] for place in order), rank[places] if words else places)


@dataclass(frozen=True)
class Shared:
    """Per row, what contributors know of a value in which each person counts once, whoever delivered it.

    The value of such a row is that of one contributor only; others may have delivered the same persons. `known`,
    `there` and `elsewhere` are in units of the value.

    Attributes:
        known: of what counts in the row's cell, that of the persons whom the contributor delivered in any cell.
        there: of `known`, that of the persons whom it delivered in this very cell.
        elsewhere: persons whom it delivered in this cell, and who count in one where it did not deliver them.
        within: the column in each code of which a person counts once.
    """

    known: Ints
    there: Ints
    elsewhere: Ints
    within: str

    def in_doubt(self, contributor: Ints) -> Ints:
        """Who cannot tell from its own rows alone where all of its persons count, given each row's contributor."""
        return np.unique(contributor[(self.known != self.there) | (self.elsewhere > 0)])


@dataclass(frozen=True)
class Facts:
    """Rows at the finest level; the one source of every table that is released from them.

    Attributes:
        columns: per dimension column, the finest code of each row.
        value: per row, the non-negative value in units of 10 ** -decimals (1 per record for a plain count).
        contributor: per row, the contributor after grouping by holding; None when nobody contributes figures
            of its own.
        person: per row, the person, when N must count distinct persons.
        units: per row, the number of units behind a magnitude.
        whole_numbers: the value counts things, so attackers know that it is whole.
        decimals: digits behind the decimal point of `value`.
        shared: what contributors know of it, when each person counts once and several may have delivered it; None
            when each value is its contributor's alone.
    """

    columns: Mapping[str, Coded]
    value: Ints
    contributor: Coded | None = None
    person: Coded | None = None
    units: Ints | None = None
    whole_numbers: bool = True
    decimals: int = 0
    shared: Shared | None = None

    def __post_init__(self) -> None:
        faults = []
        lengths = {name: len(column.index) for name, column in self.columns.items()}
        lengths |= {
            name: len(column.index)
            for name, column in (("contributor", self.contributor), ("person", self.person))
            if column is not None
        }
        if self.units is not None:
            lengths["units"] = len(self.units)
        if self.shared is not None:
            lengths |= {name: len(getattr(self.shared, name)) for name in ("known", "there", "elsewhere")}
            if self.contributor is None or self.person is not None or self.units is not None:
                nl = "gedeelde personen vragen om bijdragers, en tellen niet nog eens"
                faults.append(Fault("shared", nl, "shared persons need contributors, and are not counted again"))
        for name, length in lengths.items():
            if length != len(self.value):
                faults.append(
                    Fault(
                        name, f"{length} rijen in plaats van {len(self.value)}", f"{length} rows, not {len(self.value)}"
                    )
                )
        if len(self.value) and int(self.value.min()) < 0:
            faults.append(Fault("value", "een waarde is negatief", "a value is negative"))
        if float(self.value.sum(dtype=np.float64)) >= LARGEST_TOTAL:
            faults.append(
                Fault(
                    "value", "het totaal is te groot om exact op te tellen", "the total is too large to add up exactly"
                )
            )
        if self.whole_numbers and self.decimals:
            faults.append(Fault("value", "een telling heeft geen decimalen", "a count has no decimals"))
        if faults:
            raise BadInput(faults)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.value)

    @classmethod
    def build(
        cls,
        columns: Mapping[str, pa.Array | pa.ChunkedArray | Sequence[str]],
        *,
        value: Iterable[int] | npt.NDArray[np.integer] | None = None,
        contributor: pa.Array | pa.ChunkedArray | Sequence[str] | None = None,
        holding: pa.Array | pa.ChunkedArray | Sequence[str | None] | None = None,
        person: pa.Array | pa.ChunkedArray | Sequence[str] | None = None,
        units: Iterable[int] | npt.NDArray[np.integer] | None = None,
        whole_numbers: bool = True,
        decimals: int = 0,
    ) -> Facts:
        """Facts from plain columns.

        Args:
            columns: per dimension column the finest codes, as strings.
            value: whole numbers in units of 10 ** -decimals; each row counts 1 when absent.
            contributor: who handed in the row.
            holding: the holding (concern) of the contributor; empty or null when it has none.
            person: a pseudonym per row.
            units: the number of units per row.
            whole_numbers: the value counts things.
            decimals: digits behind the decimal point.

        Raises:
            BadInput: columns of different length, a negative value, a total beyond exact arithmetic.
        """
        coded = {name: Coded.encode(column) for name, column in columns.items()}
        rows = len(next(iter(coded.values())).index) if coded else 0
        if value is None:
            values = np.ones(rows, dtype=np.int64)
        else:
            values = np.asarray(value if isinstance(value, np.ndarray) else list(value), dtype=np.int64)
        return cls(
            columns=coded,
            value=values,
            contributor=None if contributor is None else Coded.encode(_grouped(contributor, holding)),
            person=None if person is None else Coded.encode(person),
            units=None
            if units is None
            else np.asarray(units if isinstance(units, np.ndarray) else list(units), dtype=np.int64),
            whole_numbers=whole_numbers,
            decimals=decimals,
        )


def _grouped(
    contributor: pa.Array | pa.ChunkedArray | Sequence[str],
    holding: pa.Array | pa.ChunkedArray | Sequence[str | None] | None,
) -> pa.Array | pa.ChunkedArray | Sequence[str]:
    """The holding of each row, or its contributor where there is none; the two can never be confused."""
    if holding is None:
        return contributor
    groups = holding if isinstance(holding, pa.Array | pa.ChunkedArray) else pa.array(holding, pa.string())
    single = contributor if isinstance(contributor, pa.Array | pa.ChunkedArray) else pa.array(contributor, pa.string())
    has_group = pc.fill_null(pc.not_equal(groups, ""), False)
    return pc.if_else(
        has_group,
        pc.binary_join_element_wise("holding", pc.fill_null(groups, ""), ":"),
        pc.binary_join_element_wise("contributor", single, ":"),
    )
