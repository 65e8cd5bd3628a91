"""Checks across the files of a bundle: every name leads somewhere, and a purpose only tightens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from service.adapters.bundle.reading import BundleFiles
from service.domain.catalogue import Catalogue, DataSet, DisclosureProfile, Sensitivity
from service.domain.method import Noise
from service.domain.obligations import (
    COMPETITION_MINIMUM_AGE_MONTHS,
    MINIMUM_COUNT_FLOOR,
    contributors_floor,
    tightens,
)
from service.domain.purpose import Purpose, PurposeScope

LEGAL_BASES = ("6(1)(a)", "6(1)(b)", "6(1)(c)", "6(1)(d)", "6(1)(e)", "6(1)(f)")
EXCEPTIONS = tuple(f"9(2)({letter})" for letter in "abcdefghij")
MINIMUM_APPROVERS = 2


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
            self._one_budget(data_set)
        for purpose in self._catalogue.purposes:
            self._purpose(purpose)

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
        if Sensitivity.COMPETITION in kinds and data_set.minimum_age_months < COMPETITION_MINIMUM_AGE_MONTHS:
            values = {"value": data_set.minimum_age_months, "base": COMPETITION_MINIMUM_AGE_MONTHS}
            self._fault(data_set, "minimum_age_months", "too-young", **values)

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

    def _one_budget(self, data_set: DataSet) -> None:
        """Noisy tables over the same facts draw on one budget, so they count in one measure and name one amount."""
        first: tuple[str, Noise] | None = None
        for purpose in self._catalogue.purposes:
            profile = self._profiles.get(purpose.disclosure_profile or "")
            if profile is None or not isinstance(profile.method, Noise) or purpose.scope(data_set.id) is None:
                continue
            noise = profile.method
            if first is None:
                first = profile.id, noise
            elif (noise.mechanism, noise.budget) != (first[1].mechanism, first[1].budget):
                names = {"name": profile.id, "other": first[0], "dataset": data_set.id}
                self._fault(purpose, "disclosure_profile", "noise-differs", **names)

    # --- purposes ----------------------------------------------------------------------------------------------------

    def _purpose(self, purpose: Purpose) -> None:
        self._lawful(purpose)
        if purpose.valid_until < purpose.valid_from:
            self._fault(purpose, "valid_until", "validity-reversed")
        if not purpose.recipients.organisations and not purpose.recipients.all_regional_owners:
            self._fault(purpose, "recipients", "no-recipients")
        if purpose.disclosure_profile is not None:
            name = purpose.disclosure_profile
            self._known(purpose, "disclosure_profile", "disclosure profile", name, self._profiles)
            profile = self._profiles.get(name)
            if profile is not None and isinstance(profile.method, Noise) and not purpose.recipients.public:
                self._fault(purpose, "recipients.public", "noise-not-public", name=name)
        data_sets = {d.id for d in self._catalogue.data_sets}
        seen: set[str] = set()
        for number, scope in enumerate(purpose.scopes):
            path = f"scopes.{number}"
            if scope.data_set in seen:
                self._fault(purpose, f"{path}.data_set", "double", name=scope.data_set, other="scopes")
            seen.add(scope.data_set)
            if self._known(purpose, f"{path}.data_set", "data set", scope.data_set, data_sets):
                self._scope(purpose, path, scope)

    def _lawful(self, purpose: Purpose) -> None:
        if purpose.legal_basis not in LEGAL_BASES:
            known = ", ".join(LEGAL_BASES)
            self._fault(purpose, "legal_basis", "legal-basis", value=purpose.legal_basis, known=known)
        exception = purpose.special_category_exception
        if exception is not None and exception not in EXCEPTIONS:
            known = ", ".join(EXCEPTIONS)
            self._fault(purpose, "special_category_exception", "exception", value=exception, known=known)
        if len(purpose.controllers) > 1 and purpose.joint_arrangement is None:
            self._fault(purpose, "joint_arrangement", "joint-arrangement")
        if purpose.status == "approved":
            if len(set(purpose.approvers)) < MINIMUM_APPROVERS:
                self._fault(purpose, "approvers", "approvers")
            if purpose.dpia_outcome != "approved":
                self._fault(purpose, "dpia.outcome", "dpia")

    def _scope(self, purpose: Purpose, path: str, scope: PurposeScope) -> None:
        """A name that some version has will do: rounds of that version are asked for under the same purpose."""
        versions = self._catalogue.versions(scope.data_set)
        for measure in sorted(scope.measures):
            self._known(purpose, f"{path}.measures", "measure", measure, {m.name for d in versions for m in d.measures})
        dimensions: dict[str, set[str]] = {}
        for dimension in (found for version in versions for found in version.dimensions):
            dimensions.setdefault(dimension.name, set()).update(dimension.classifications)
        for name, finest in scope.finest_levels.items():
            where = f"{path}.dimensions.{name}"
            if not self._known(purpose, where, "dimension", name, dimensions):
                continue
            for classification, level in finest:
                if self._known(purpose, where, "classification", classification, dimensions[name]):
                    levels = self._levels(classification)
                    self._known(purpose, f"{where}.{classification}", "level", level, levels)
        for version in versions:
            self._tightens(purpose, version)

    def _levels(self, classification: str) -> tuple[str, ...]:
        found = self._classifications.get(classification)
        return found.levels if found is not None else ()

    def _tightens(self, purpose: Purpose, data_set: DataSet) -> None:
        own = self._profiles.get(purpose.disclosure_profile or "")
        base = self._profiles.get(data_set.disclosure_profile)
        if own is not None and base is not None and not tightens(own, base):
            self._fault(purpose, "disclosure_profile", "looser-profile", name=own.id, base=base.id, dataset=data_set.id)
        if purpose.minimum_age_months < data_set.minimum_age_months:
            self._looser(
                purpose, "minimum_age_months", purpose.minimum_age_months, data_set.minimum_age_months, data_set
            )
        for what, months in purpose.retention.items():
            if what == "inputs" and months > data_set.retention_months:
                self._looser(purpose, f"retention.{what}", months, data_set.retention_months, data_set)
        if Sensitivity.SPECIAL_CATEGORY in data_set.sensitivity and purpose.special_category_exception is None:
            self._fault(purpose, "special_category_exception", "special-category", dataset=data_set.id)

    def _looser(self, purpose: Purpose, path: str, value: int, base: int, data_set: DataSet) -> None:
        self._fault(purpose, path, "looser", value=value, base=base, dataset=data_set.id)
