"""From the models of the files to the frozen values of the domain."""

from __future__ import annotations

from typing import Literal

from service.adapters.bundle.calendars import calendar
from service.adapters.bundle.models import (
    ClassificationModel,
    DataSetModel,
    MethodModel,
    NoiseModel,
    ProfileModel,
    ServesModel,
)
from service.adapters.bundle.reading import BundleFiles
from service.domain.catalogue import (
    Assessment,
    Check,
    DataSet,
    Dimension,
    DisclosureProfile,
    Measure,
    Note,
    PersonColumn,
    Target,
)
from service.domain.classification import Classification, Code, Label
from service.domain.errors import Invalid
from service.domain.method import Method, Noise, Rounding, Suppression
from sluis_client.wire import Filled, Served

_PROBLEMS = {
    "double": "dubbel / double",
    "reserved": "voorbehouden / reserved",
    "unknown-level": "onbekend niveau / unknown level",
    "unknown-parent": "onbekende bovenliggende code / unknown parent",
    "parent-not-coarser": "bovenliggende code is niet grover / the parent is not coarser",
}


def classification(files: BundleFiles, file: str, model: ClassificationModel) -> Classification | None:
    """The classification with its codes; None, with faults noted, when the code list is not a tree."""
    listed = f"classifications/{model.file}"
    codes: tuple[Code, ...]
    if model.calendar is not None:
        codes = calendar(model.calendar.first_year, model.calendar.last_year, model.levels)
    else:
        codes = _listed_codes(files, listed)
        if not codes:
            return None
    try:
        return Classification(
            model.id,
            model.version,
            model.title.label(),
            model.atoms,
            model.levels,
            codes,
            " ".join(model.source.split()),
            model.regions,
        )
    except Invalid as invalid:
        for code, problem in invalid.faults:
            where = file if model.calendar is not None else listed
            files.fault(where, code, "classification", name=code, detail=_PROBLEMS[problem])
        return None


def _listed_codes(files: BundleFiles, listed: str) -> tuple[Code, ...]:
    rows = files.codes(listed)
    for row in rows:
        if row.valid_from is not None and row.valid_until is not None and row.valid_until < row.valid_from:
            files.fault(listed, f"row {row.row}", "validity-reversed")
    return tuple(
        Code(r.code, Label(r.label_nl, r.label_en), r.level, r.parent, r.valid_from, r.valid_until) for r in rows
    )


def data_set(model: DataSetModel) -> DataSet:
    """The definition of a data set."""
    return DataSet(
        id=model.id,
        version=model.version,
        title=model.title.label(),
        description=model.description.label(),
        nature=model.nature,
        dimensions=tuple(
            Dimension(name, d.title.label(), d.classifications, d.period, d.total, d.sensitive, d.provider_level)
            for name, d in model.dimensions.items()
        ),
        measures=tuple(
            Measure(
                name,
                m.title.label(),
                m.definition.label(),
                m.unit,
                m.kind,
                m.minimum,
                m.maximum,
                m.figure,
                m.once_per_person,
            )
            for name, m in model.measures.items()
        ),
        checks=tuple(Check(c.code, c.left, c.right, c.severity, c.message.label()) for c in model.checks),
        round_level=model.round_level,
        sensitivity=model.sensitivity,
        legal_default=model.legal_default.label(),
        disclosure_profile=model.disclosure_profile,
        minimum_age_months=model.minimum_age_months,
        maximum_rows=model.maximum_rows,
        retention_months=model.retention_months,
        source=" ".join(model.source.split()),
        delivered_by=model.delivered_by,
        deadline_days=model.deadline_days,
        availability=model.availability.level,
        availability_note=model.availability.note.label(),
        notes=tuple(
            Note(name, n.title.label(), n.definition.label(), n.maximum_length) for name, n in model.notes.items()
        ),
        person=PersonColumn(
            model.person.name, model.person.title.label(), model.person.definition.label(), model.person.domain
        )
        if model.person is not None
        else None,
        targets=tuple(Target(t.measure, t.valid_from, t.at_most, t.definition.label()) for t in model.targets),
        care_forms=model.care_forms,
        assessment=Assessment(**model.assessment.model_dump()) if model.assessment is not None else None,
        changes=model.changes.label() if model.changes is not None else None,
        supplier_consent=model.supplier_consent,
        serves=tuple(_served(served) for served in model.serves),
    )


def _served(model: ServesModel) -> Served:
    rows = tuple(
        tuple(
            Filled(name, column=source) if isinstance(source, str) else Filled(name, code=source.code)
            for name, source in {**model.columns, **row}.items()
        )
        for row in model.rows
    )
    return Served(model.data_set, model.version, rows)


def profile(model: ProfileModel) -> DisclosureProfile:
    """The rules of a profile."""
    rules = model.model_dump(exclude={"method"})
    return DisclosureProfile(**rules, method=_method(model.method))


def _method(model: MethodModel | Literal["suppression"]) -> Method:
    match model:
        case MethodModel(noise=NoiseModel() as noise):
            loss = noise.loss or noise.budget  # the model has seen to it that there is one
            return Noise(noise.mechanism, loss, noise.budget, noise.unit, noise.cells, noise.largest)
        case MethodModel(rounding=int(base)):
            return Rounding(base)
        case _:
            return Suppression()
