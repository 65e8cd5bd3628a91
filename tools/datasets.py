"""docs/datasets.md: the catalogue as a table, each row with the test that takes it the whole way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.adapters.bundle import bundle_directory, load_bundle
from service.domain.catalogue import Catalogue, DataSet

TEST = "tests/journey/test_every_data_set.py"
DEMONSTRATION = "tests/e2e/test_released_figures.py"
FORMS = "tests/journey/test_journey_forms.py"

TABLES = {1: "1: demand, broad", 2: "2: demand, specific", 3: "3: supply, broad", 4: "4: supply, specific"}
_INTRODUCTION = """
Every data set that may flow through the service, from `policies/datasets/`. The sixteen rows are those of the report
on a minimal data set for the cruciale ggz (October 2025); *may it be released?* is the report's own reading of the
law, and the least that a purpose has to answer to. `sluis-client describe ID` tells a supplier the same, and each
column with its definition.

*Delivered*: who delivers, for a period of which length, and how many days after its end. *Value / workable*: the
report's assessment matrix. The test delivers the data set, asks for it lawfully, holds the release against sums of
its own, and asks for it unlawfully.
"""
_FORMS = """
A form is a data set of which a delivery serves others, so that a supplier hands the same records in once. Each figure
goes as it is into one row of one data set; rows are made by the service, and by the supplier's own machine to hold the
receipts against. It serves those to which its supplier consents, in one consent, and all of them or none: what one
round refuses, no round takes. Nothing is released of the form itself ([0028](adr/0028-forms.md)).
"""
_RULES = """
**Versions.** A definition is never changed under figures that were delivered by it. A new version is a file of its
own beside the old one, such as `capacity-2.yaml`, and says in `changes` what is different. A round keeps the version
that it was planned with: it takes deliveries by that version and its figures are asked for and released by it, also
when a newer one is there. A new round gets the newest, unless the steward names another in `dataSetVersion`. Rounds
of different versions are not added up in one table.

**Notes.** Some data sets have a column of free text beside the figures. It may stay empty. It is screened on the
supplier's own machine and again on arrival: a text that is too long, or holds something that looks like a BSN (eleven
test), an AGB code, a telephone number, an e-mail address, a full date or a postcode with letters, is refused, with
what and where and never the text itself. Names are not found this way. A note is kept encrypted with the delivery, is
never counted, and is in no release.

**Public bodies.** Where only public bodies deliver (CBS, CIZ, the Ketenmonitor Wvggz), there is no competitor to
protect and one source may do. The floor of ten persons stays.
"""


def datasets_page() -> tuple[str, ...]:
    """The parts of the page."""
    catalogue = load_bundle(bundle_directory()).catalogue
    newest = [catalogue.data_set(name) for name in sorted({found.id for found in catalogue.data_sets})]
    rows = sorted(
        (d for d in newest if d.assessment is not None), key=lambda d: d.assessment.row if d.assessment else 0
    )
    others = [d for d in newest if d.assessment is None]
    return (
        "# Data sets",
        _INTRODUCTION,
        "## The sixteen rows",
        _table(("#", "data set", "table", "delivered", "available", "value / workable", "released"), map(_row, rows)),
        "## Further data sets",
        _table(("data set", "source", "delivered", "available", "released"), map(_further, others)),
        "## Forms",
        _FORMS,
        _table(("form", "serves", "filled from"), (row for found in others for row in _served(found))),
        "## What they measure",
        _table(
            ("data set", "by", "measures", "sensitivity", "profile; age; kept", "test"),
            (_measured(found, catalogue) for found in [*rows, *others]),
        ),
        "## Rules that hold for all",
        _RULES,
    )


def _row(found: DataSet) -> Sequence[str]:
    judged = found.assessment
    if judged is None:
        raise ValueError(found.id)
    return (
        str(judged.row),
        f"`{found.id}` {found.title.nl} *{found.title.en}*",
        TABLES[judged.table],
        _delivered(found),
        f"{found.availability}: {found.availability_note.en}",
        f"{judged.added_value} / {judged.workability.replace('-', ' ')}",
        f"{found.legal_default.en} By {judged.released_by.replace('-', ' ').replace('ttp', 'TTP')}.",
    )


def _further(found: DataSet) -> Sequence[str]:
    name = f"`{found.id}` {found.title.nl} *{found.title.en}*"
    available = f"{found.availability}: {found.availability_note.en}"
    return name, found.source, _delivered(found), available, found.legal_default.en


def _served(found: DataSet) -> Iterable[Sequence[str]]:
    for served in found.serves:
        rows = [
            ", ".join(f"{one.name}: {one.column}" if one.code is None else f"{one.name} = {one.code}" for one in row)
            for row in served.rows
        ]
        yield f"`{found.id}` v{found.version}", f"`{served.data_set}` v{served.version}", "; ".join(rows)


def _measured(found: DataSet, catalogue: Catalogue) -> Sequence[str]:
    by = ", ".join(
        f"{d.name} ({'/'.join(catalogue.classification(c).id for c in d.classifications)})" for d in found.dimensions
    )
    measures = "; ".join(f"{m.name} ({m.unit})" for m in found.measures)
    notes = "".join(f"; {note.name} (text)" for note in found.notes)
    kept = f"{found.disclosure_profile}; {found.minimum_age_months} months; {found.retention_months} months"
    return (
        f"`{found.id}` v{found.version}",
        by,
        measures + notes,
        ", ".join(sorted(found.sensitivity)),
        kept,
        _test(found),
    )


def _test(found: DataSet) -> str:
    if found.id in {"staffed-beds", "cancelled-operations"}:
        return f"`{DEMONSTRATION}`"
    if found.serves:
        return f"`{FORMS}`"
    return f"`{TEST}::test_delivered_and_released[{found.id}]`, `::test_asked_for_unlawfully[{found.id}]`"


def _delivered(found: DataSet) -> str:
    return f"{', '.join(found.delivered_by)}; per {found.round_level}, {found.deadline_days} days"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
