"""Pseudonyms on their way in: the one that this round counts by, made into the one that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from service.domain.catalogue import DataSet
from service.domain.pseudonyms import kept
from service.domain.round import Round
from service.use_cases.call import Services
from sluis_client.wire import FaultCode, Faults
from sluis_client.wire.faults import FaultList, fault
from sluis_client.wire.pseudonym import Pseudonym


@dataclass(frozen=True, slots=True)
class Kept:
    """The table as it is kept, or what is wrong with its pseudonyms."""

    table: pa.Table
    faults: Faults | None


def keep_pseudonyms(services: Services, data_set: DataSet, round_: Round, table: pa.Table) -> Kept:
    """Replace each pseudonym that was delivered by the one that is kept.

    1. Which key the round counts by: the newest that holds for its period. All deliveries of a round are then
       of one key, whenever they come in.
    2. While a key is being replaced each value holds the pseudonym under both; the other one is not kept.
    3. A row without a pseudonym under that key is a fault.
    """
    if data_set.person is None:
        return Kept(table, None)
    name = data_set.person.name
    column = pc.dictionary_encode(table[name].combine_chunks())
    wanted = _version(services, data_set, data_set.person.domain, round_)  # 1
    chosen = [_under(text, wanted) for text in column.dictionary.to_pylist()]  # 2
    if None in chosen:
        return Kept(table, _told(name, wanted, column, {i for i, text in enumerate(chosen) if text is None}))  # 3
    key = services.keys.pseudonym_key(data_set.person.domain)
    values = pa.array([kept(str(text), key) for text in chosen], pa.string())
    place = table.schema.get_field_index(name)
    return Kept(table.set_column(place, name, pc.take(values, column.indices)), None)


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


def _told(name: str, wanted: int | None, column: pa.DictionaryArray, wrong: Iterable[int]) -> Faults:
    faults = FaultList([name])
    rows = pc.indices_nonzero(pc.is_in(column.indices, pa.array(sorted(wrong), column.indices.type)))
    expected = str(wanted or "-")
    faults.extend((fault(FaultCode.OTHER_KEY, row + 1, name, expected=expected) for row in rows.to_pylist()), len(rows))
    return faults.freeze()
