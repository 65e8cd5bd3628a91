"""A data set as suppliers get it: columns with the codes they deliver in, and the checks on each row."""

from __future__ import annotations

import functools

from service.domain.catalogue import Catalogue, DataSet, Dimension
from service.domain.classification import Label
from sluis_client import wire


@functools.lru_cache(maxsize=64)
def wire_definition(data_set: DataSet, catalogue: Catalogue) -> wire.Definition:
    """What `GET /v1/data-sets/{id}` answers; one column per dimension, measure and note, and for a person.

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
            description=_label(m.definition),
        )
        for m in data_set.measures
    ]
    if data_set.person is not None:
        title, definition = _label(data_set.person.title), _label(data_set.person.definition)
        domain = data_set.person.domain
        person = wire.Column(data_set.person.name, title, wire.Kind.PSEUDONYM, description=definition, domain=domain)
        columns.append(person)
    columns += [
        wire.Column(
            n.name,
            _label(n.title),
            wire.Kind.TEXT,
            required=False,
            max_length=n.maximum_length,
            description=_label(n.definition),
        )
        for n in data_set.notes
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
        about=_about(data_set),
        serves=data_set.serves,
    )


def _about(data_set: DataSet) -> wire.About:
    judged = data_set.assessment
    return wire.About(
        delivered_by=tuple(str(kind) for kind in data_set.delivered_by),
        cadence=data_set.round_level,
        deadline_days=data_set.deadline_days,
        sensitivity=tuple(sorted(str(kind) for kind in data_set.sensitivity)),
        legal_default=_label(data_set.legal_default),
        disclosure_profile=data_set.disclosure_profile,
        minimum_age_months=data_set.minimum_age_months,
        retention_months=data_set.retention_months,
        source=data_set.source,
        availability=str(data_set.availability),
        availability_note=_label(data_set.availability_note),
        nature=str(data_set.nature),
        care_forms=data_set.care_forms,
        assessment=wire.Assessment(
            judged.row, judged.table, str(judged.added_value), str(judged.workability), str(judged.released_by)
        )
        if judged is not None
        else None,
        targets=tuple(
            wire.Target(target.measure, target.valid_from, target.at_most, _label(target.definition))
            for target in data_set.targets
        ),
        changes=_label(data_set.changes) if data_set.changes is not None else None,
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
