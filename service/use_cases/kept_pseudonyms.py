"""Pseudonyms on their way in: the one that this round counts by, made into the one that is kept."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from service.domain.catalogue import DataSet
from service.domain.pseudonyms import kept
from service.domain.round import Round
from service.use_cases.call import Services
from sluis_client.wire import FaultCode, Faults
from sluis_client.wire.faults import SHOWN_FAULTS, FaultList, fault
from sluis_client.wire.pseudonym import Pseudonym


class PseudonymKeeper:
    """Replaces each pseudonym that was delivered by the one that is kept, some rows at a time.

    1. Which key the round counts by: the newest that holds for its period. All deliveries of a round are then
       of one key, whenever they come in.
    2. While a key is being replaced each value holds the pseudonym under both; the other one is not kept.
    3. A row without a pseudonym under that key is a fault.
    """

    def __init__(self, services: Services, data_set: DataSet, round_: Round) -> None:
        person = data_set.person
        self._name = "" if person is None else person.name
        self._wanted = None if person is None else _version(services, data_set, person.domain, round_)  # 1
        self._key = b"" if person is None else services.keys.pseudonym_key(person.domain)
        self._faults = FaultList([self._name])
        self._rows = 0

    @property
    def faults(self) -> Faults:
        """What is wrong with the pseudonyms so far."""
        return self._faults.freeze()

    def keep(self, table: pa.Table) -> pa.Table:
        """The next rows as they are kept; once there is a fault, some without a pseudonym, to be thrown away."""
        if not self._name:
            return table
        column = pc.dictionary_encode(table[self._name].combine_chunks())
        chosen = [_under(text, self._wanted) for text in column.dictionary.to_pylist()]  # 2
        if None in chosen:
            self._tell(column, {i for i, text in enumerate(chosen) if text is None})  # 3
        self._rows += table.num_rows
        values = pa.array([None if text is None else kept(text, self._key) for text in chosen], pa.string())
        place = table.schema.get_field_index(self._name)
        return table.set_column(place, self._name, pc.take(values, column.indices))

    def _tell(self, column: pa.DictionaryArray, wrong: Iterable[int]) -> None:
        rows = pc.indices_nonzero(pc.is_in(column.indices, pa.array(sorted(wrong), column.indices.type)))
        expected, faults = str(self._wanted or "-"), self._faults.below(self._rows)
        first = rows.slice(0, SHOWN_FAULTS).to_pylist()
        told = (fault(FaultCode.OTHER_KEY, row + 1, self._name, expected=expected) for row in first)
        faults.extend(told, len(rows))


def kept_for(services: Services, pseudonym: str) -> str:
    """The pseudonym that is kept of one that somebody gave.

    Raises:
        ValueError: it is no pseudonym.
    """
    found = Pseudonym.read(pseudonym)
    if found is None:
        raise ValueError("not a pseudonym")
    return kept(pseudonym, services.keys.pseudonym_key(found.domain))


_NO_KEY = 0
"""The version of a domain without a key for the period: no pseudonym has it."""


def _version(services: Services, data_set: DataSet, domain: str, round_: Round) -> int | None:
    """The key that the round counts by; None where no key holder is known, and whatever was delivered counts."""
    announced = services.pseudonyms.announced()
    days = services.catalogue.period_days(data_set, round_.period)
    if announced is None or days is None:
        return None
    return announced.version_for(domain, days[1]) or _NO_KEY


def _under(value: str, wanted: int | None) -> str | None:
    """Of the pseudonyms in a value the one under the wanted key; without a key holder the newest."""
    found = [one for one in map(Pseudonym.read, value.split(" ")) if one is not None]
    under = [one for one in found if wanted in {None, one.version}]
    return str(max(under, key=lambda one: one.version)) if under else None
