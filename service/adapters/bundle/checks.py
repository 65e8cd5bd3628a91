"""Checks across the files of a bundle: every name leads somewhere, and a purpose only tightens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from service.adapters.bundle.purpose_checks import PurposeChecks
from service.adapters.bundle.reading import BundleFiles
from service.adapters.bundle.serves_checks import serves_faults
from service.domain.catalogue import Catalogue, DataSet, DisclosureProfile, Figure, MeasureKind, Sensitivity
from service.domain.method import Noise
from service.domain.obligations import (
    COMPETITION_MINIMUM_AGE_MONTHS,
    MINIMUM_COUNT_FLOOR,
    PROVIDER_LEVEL_MINIMUM_AGE_MONTHS,
    contributors_floor,
)


class CrossChecks:
    """Holds each part of a catalogue against the others; `origin` is the file that a part was read from."""

    def __init__(self, files: BundleFiles, catalogue: Catalogue, origin: Mapping[int, str]) -> None:
        self._files = files
        self._catalogue = catalogue
        self._origin = origin
        self._classifications = {c.id: c for c in catalogue.classifications}
        self._profiles = {p.id: p for p in catalogue.profiles}

    def run(self) -> None:
        """Note every fault."""
        self._doubles((c, c.id) for c in self._catalogue.classifications)
        self._doubles((p, p.id) for p in self._catalogue.profiles)
        self._doubles((d, f"{d.id} {d.version}") for d in self._catalogue.data_sets)
        self._doubles((p, f"{p.id} {p.version}") for p in self._catalogue.purposes)
        for profile in self._catalogue.profiles:
            self._profile(profile)
        self._doubles((d, f"row {d.assessment.row}") for d in self._newest() if d.assessment is not None)
        for data_set in self._catalogue.data_sets:
            self._data_set(data_set)
        purposes = PurposeChecks(self._catalogue)
        for purpose in self._catalogue.purposes:
            for fault in purposes.of(purpose):
                self._fault(purpose, fault.path, fault.code, **fault.data)

    def _fault(self, part: object, path: str, code: str, **data: str | int) -> None:
        self._files.fault(self._origin[id(part)], path, code, **data)

    def _doubles(self, parts: Iterable[tuple[object, str]]) -> None:
        seen: dict[str, str] = {}
        for part, name in parts:
            if name in seen:
                self._fault(part, "id", "double", name=name, other=seen[name])
            seen.setdefault(name, self._origin[id(part)])

    def _known(self, part: object, path: str, kind: str, name: str, known: Iterable[str]) -> bool:
        names = sorted(known)
        if name in names:
            return True
        self._fault(part, path, "unknown-name", name=name, kind=kind, known=", ".join(names) or "-")
        return False

    def _profile(self, profile: DisclosureProfile) -> None:
        if profile.minimum_count < MINIMUM_COUNT_FLOOR:
            values = {"value": profile.minimum_count, "floor": MINIMUM_COUNT_FLOOR}
            self._fault(profile, "minimum_count", "below-floor", **values)
        users = (d for d in self._catalogue.data_sets if d.disclosure_profile == profile.id)
        floor = max(map(contributors_floor, users), default=1)
        if profile.minimum_contributors < floor:
            values = {"value": profile.minimum_contributors, "floor": floor}
            self._fault(profile, "minimum_contributors", "below-floor", **values)

    # --- data sets ---------------------------------------------------------------------------------------------------

    def _data_set(self, data_set: DataSet) -> None:
        self._known(data_set, "disclosure_profile", "disclosure profile", data_set.disclosure_profile, self._profiles)
        for dimension in data_set.dimensions:
            path = f"dimensions.{dimension.name}.classifications"
            known = [
                self._classifications[name]
                for name in dimension.classifications
                if self._known(data_set, path, "classification", name, self._classifications)
            ]
            if any(one.atoms != other.atoms for one, other in pairwise(known)):
                self._fault(data_set, path, "different-atoms")
        profile = self._profiles.get(data_set.disclosure_profile)
        if profile is not None and isinstance(profile.method, Noise):
            self._fault(data_set, "disclosure_profile", "noise-for-all", name=profile.id)
        self._period(data_set)
        self._columns(data_set)
        self._version(data_set)
        self._sensitivity(data_set)
        for fault in serves_faults(self._catalogue, data_set):
            self._fault(data_set, fault.path, fault.code, **fault.data)

    def _newest(self) -> list[DataSet]:
        names = dict.fromkeys(d.id for d in self._catalogue.data_sets)
        return [self._catalogue.data_set(name) for name in names]

    def _version(self, data_set: DataSet) -> None:
        """Versions count up from 1, and each after the first says what it changed."""
        if data_set.version > 1 and data_set.changes is None:
            self._fault(data_set, "changes", "changes-missing")
        if data_set.version == 1 and data_set.changes is not None:
            self._fault(data_set, "changes", "changes-unexpected")
        if data_set.version - 1 not in {0, *(d.version for d in self._catalogue.versions(data_set.id))}:
            self._fault(data_set, "version", "version-gap", name=data_set.id, value=data_set.version - 1)

    def _sensitivity(self, data_set: DataSet) -> None:
        kinds = data_set.sensitivity
        if Sensitivity.PUBLIC in kinds and len(kinds) > 1:
            self._fault(data_set, "sensitivity", "public-and-sensitive")
        if Sensitivity.SPECIAL_CATEGORY in kinds and Sensitivity.PERSONAL not in kinds:
            self._fault(data_set, "sensitivity", "special-without-personal")
        for measure in data_set.measures:
            if measure.once_per_person and (data_set.person is None or measure.kind is not MeasureKind.COUNT):
                self._fault(data_set, f"measures.{measure.name}.once_per_person", "once-without-person")
        if Sensitivity.COMPETITION in kinds and data_set.minimum_age_months < COMPETITION_MINIMUM_AGE_MONTHS:
            values = {"value": data_set.minimum_age_months, "base": COMPETITION_MINIMUM_AGE_MONTHS}
            self._fault(data_set, "minimum_age_months", "too-young", **values)
        self._competition(data_set)

    def _competition(self, data_set: DataSet) -> None:
        """No plans, no tariffs, and nothing of one provider before it is a year old (policy.md, competition rules)."""
        for measure in data_set.measures:
            if measure.figure is not Figure.OBSERVED:
                self._fault(data_set, f"measures.{measure.name}.figure", f"{measure.figure}-never", name=measure.name)
        if data_set.minimum_age_months < PROVIDER_LEVEL_MINIMUM_AGE_MONTHS:
            values = {"value": data_set.minimum_age_months, "base": PROVIDER_LEVEL_MINIMUM_AGE_MONTHS}
            for name in (d.name for d in data_set.dimensions if d.provider_level):
                self._fault(data_set, "minimum_age_months", "provider-level-too-young", name=name, **values)

    def _period(self, data_set: DataSet) -> None:
        if len([d for d in data_set.dimensions if d.is_period]) != 1:
            self._fault(data_set, "dimensions", "one-period")
            return
        calendar = self._classifications.get(data_set.period.classifications[0])
        if calendar is None:
            return
        if any(c.valid_from is None or c.valid_until is None for c in calendar.codes):
            self._fault(data_set, f"dimensions.{data_set.period.name}", "not-a-calendar", name=calendar.id)
        self._known(data_set, "round_level", "level", data_set.round_level, calendar.levels)

    def _columns(self, data_set: DataSet) -> None:
        measures = {m.name for m in data_set.measures}
        for name in sorted(measures.intersection(data_set.key)):
            self._fault(data_set, f"measures.{name}", "same-name", name=name)
        for name in sorted({n.name for n in data_set.notes}.intersection({*measures, *data_set.key})):
            self._fault(data_set, f"notes.{name}", "same-name", name=name)
        for number, target in enumerate(data_set.targets):
            self._known(data_set, f"targets.{number}.measure", "measure", target.measure, measures)
        for measure in data_set.measures:
            if measure.maximum < measure.minimum:
                self._fault(data_set, f"measures.{measure.name}", "range-reversed")
        for number, check in enumerate(data_set.checks):
            self._known(data_set, f"checks.{number}.left", "measure", check.left, measures)
            self._known(data_set, f"checks.{number}.right", "measure", check.right, measures)
