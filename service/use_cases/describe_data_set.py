"""A data set as suppliers get it: columns with the codes they deliver in, and the checks on each row."""

from __future__ import annotations

import functools

from service.domain.catalogue import Catalogue, DataSet, Dimension
from service.domain.classification import Label
from sluis_client import wire


@functools.lru_cache(maxsize=64)
def wire_definition(data_set: DataSet, catalogue: Catalogue) -> wire.Definition:
    """What `GET /v1/data-sets/{id}` answers; one column per dimension, then one per measure.

    A row carries codes of the finest level. The validity of a period is the period itself and is left out. It is made
    once: deliveries of a data set share it, and with it the sets of codes that checks look values up in.
    """
    columns = [_coded(dimension, catalogue) for dimension in data_set.dimensions]
    columns += [
        wire.Column(
            m.name,
            _label(m.title),
            wire.Kind.INTEGER,
            minimum=m.minimum,
            maximum=m.maximum,
            unit=m.unit,
        )
        for m in data_set.measures
    ]
    return wire.Definition(
        id=data_set.id,
        version=data_set.version,
        title=_label(data_set.title),
        description=_label(data_set.description),
        columns=tuple(columns),
        key=data_set.key,
        checks=tuple(
            wire.Check(c.code, wire.Severity(c.severity), c.left, c.right, _label(c.message)) for c in data_set.checks
        ),
        max_rows=data_set.maximum_rows,
        period_column=data_set.period.name,
    )


def _coded(dimension: Dimension, catalogue: Catalogue) -> wire.Column:
    classification = catalogue.classification(dimension.classifications[0])
    codes = tuple(
        wire.Code(
            code.code,
            _label(code.label),
            None if dimension.is_period else code.valid_from,
            None if dimension.is_period else code.valid_until,
        )
        for code in classification.at(classification.finest)
    )
    return wire.Column(dimension.name, _label(dimension.title), wire.Kind.CODE, codes=codes)


def _label(label: Label) -> wire.Label:
    return wire.Label(label.nl, label.en)
