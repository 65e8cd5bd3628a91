"""What the law and the catalogue ask of one purpose: all its faults at once, each with its article (policy.md).

What is required depends on how sensitive the data sets are and on which basis the purpose rests. The same checks hold
for purposes in the bundle and for those that people propose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.domain.catalogue import Catalogue, DataSet, Sensitivity
from service.domain.method import Noise
from service.domain.obligations import tightens
from service.domain.purpose import STATISTICS, Purpose, PurposeScope, Reach

LEGAL_BASES = ("6(1)(a)", "6(1)(b)", "6(1)(c)", "6(1)(d)", "6(1)(e)", "6(1)(f)")
BY_STATUTE = ("6(1)(c)", "6(1)(e)")
EXCEPTIONS = tuple(f"9(2)({letter})" for letter in "abcdefghij")
MINIMUM_APPROVERS = 2


@dataclass(frozen=True, slots=True)
class PurposeFault:
    """A fault at `path` of the document, with the data that its text names."""

    path: str
    code: str
    data: Mapping[str, str | int] = field(default_factory=dict)


class PurposeChecks:
    """Holds purposes against one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._classifications = {c.id: c for c in catalogue.classifications}
        self._profiles = {p.id: p for p in catalogue.profiles}
        self._data_sets = {name: catalogue.versions(name) for name in {d.id for d in catalogue.data_sets}}

    def of(self, purpose: Purpose) -> tuple[PurposeFault, ...]:
        """Every fault of the purpose, in the order of the document."""
        return tuple({repr(fault): fault for fault in self._found(purpose)}.values())

    def _found(self, purpose: Purpose) -> Iterator[PurposeFault]:
        used = [version for scope in purpose.scopes for version in self._data_sets.get(scope.data_set, ())]
        special = sorted({d.id for d in used if Sensitivity.SPECIAL_CATEGORY in d.sensitivity})
        if purpose.version > 1 and purpose.changes is None:
            yield PurposeFault("changes", "changes-missing")
        yield from _parties(purpose)
        yield from _basis(purpose)
        yield from _special(purpose, special)
        yield from _assessed(purpose, special)
        if purpose.valid_until < purpose.valid_from:
            yield PurposeFault("valid_until", "validity-reversed")
        if purpose.review_on < purpose.valid_from:
            yield PurposeFault("review_on", "review-before-start")
        yield from _received(purpose)
        yield from _terms(purpose)
        yield from self._profiled(purpose)
        yield from self._scopes(purpose)

    def _profiled(self, purpose: Purpose) -> Iterator[PurposeFault]:
        if purpose.disclosure_profile is None:
            return
        name = purpose.disclosure_profile
        yield from _known("disclosure_profile", "disclosure profile", name, self._profiles)
        profile = self._profiles.get(name)
        if profile is not None and isinstance(profile.method, Noise) and not purpose.recipients.public:
            yield PurposeFault("recipients.reach", "noise-not-public", {"name": name})

    def _scopes(self, purpose: Purpose) -> Iterator[PurposeFault]:
        seen: set[str] = set()
        for number, scope in enumerate(purpose.scopes):
            path = f"scopes.{number}"
            if scope.data_set in seen:
                yield PurposeFault(f"{path}.data_set", "double", {"name": scope.data_set, "other": "scopes"})
            seen.add(scope.data_set)
            yield from _known(f"{path}.data_set", "data set", scope.data_set, self._data_sets)
            if scope.data_set in self._data_sets:
                yield from self._scope(path, scope, self._data_sets[scope.data_set])
                for version in self._data_sets[scope.data_set]:
                    yield from self._tightens(purpose, version)
                if any(version.serves for version in self._data_sets[scope.data_set]):
                    yield PurposeFault(f"{path}.data_set", "released-form", {"name": scope.data_set})
                yield from self._one_budget(purpose, scope.data_set)
            if purpose.recipients.own_region_only and not self._has_region(scope):
                yield PurposeFault(f"{path}.dimensions", "own-region", {"dataset": scope.data_set})

    def _has_region(self, scope: PurposeScope) -> bool:
        """Whether some dimension can be cut down to a region."""
        allowed = {classification for finest in scope.finest_levels.values() for classification, _ in finest}
        return any(self._classifications[name].regions for name in allowed & self._classifications.keys())

    def _scope(self, path: str, scope: PurposeScope, versions: Sequence[DataSet]) -> Iterator[PurposeFault]:
        """A name that some version has will do: rounds of that version are asked for under the same purpose."""
        for measure in sorted(scope.measures):
            yield from _known(f"{path}.measures", "measure", measure, {m.name for d in versions for m in d.measures})
        dimensions: dict[str, set[str]] = {}
        for dimension in (found for version in versions for found in version.dimensions):
            dimensions.setdefault(dimension.name, set()).update(dimension.classifications)
        for name, finest in scope.finest_levels.items():
            where = f"{path}.dimensions.{name}"
            if name not in dimensions:
                yield from _known(where, "dimension", name, dimensions)
                continue
            for classification, level in finest:
                if classification not in dimensions[name]:
                    yield from _known(where, "classification", classification, dimensions[name])
                    continue
                yield from _known(f"{where}.{classification}", "level", level, self._levels(classification))

    def _levels(self, classification: str) -> tuple[str, ...]:
        found = self._classifications.get(classification)
        return found.levels if found is not None else ()

    def _tightens(self, purpose: Purpose, data_set: DataSet) -> Iterator[PurposeFault]:
        own = self._profiles.get(purpose.disclosure_profile or "")
        base = self._profiles.get(data_set.disclosure_profile)
        if own is not None and base is not None and not tightens(own, base):
            names = {"name": own.id, "base": base.id, "dataset": data_set.id}
            yield PurposeFault("disclosure_profile", "looser-profile", names)
        if purpose.minimum_age_months < data_set.minimum_age_months:
            values = {"value": purpose.minimum_age_months, "base": data_set.minimum_age_months}
            yield PurposeFault("minimum_age_months", "looser", {**values, "dataset": data_set.id})
        if purpose.retention["inputs"] > data_set.retention_months:
            values = {"value": purpose.retention["inputs"], "base": data_set.retention_months}
            yield PurposeFault("retention.inputs", "looser", {**values, "dataset": data_set.id})

    def _one_budget(self, purpose: Purpose, data_set: str) -> Iterator[PurposeFault]:
        """Noisy tables over the same facts draw on one budget, so they count in one measure and name one amount."""
        own = self._noise(purpose)
        if own is None:
            return
        for other in self._catalogue.purposes:
            if other is purpose:
                return
            noise = self._noise(other) if other.id != purpose.id and other.scope(data_set) else None
            if noise is not None and (noise.mechanism, noise.budget) != (own.mechanism, own.budget):
                names = {"name": purpose.disclosure_profile or "", "other": other.disclosure_profile or ""}
                yield PurposeFault("disclosure_profile", "noise-differs", {**names, "dataset": data_set})
                return

    def _noise(self, purpose: Purpose) -> Noise | None:
        profile = self._profiles.get(purpose.disclosure_profile or "")
        return profile.method if profile is not None and isinstance(profile.method, Noise) else None


def _parties(purpose: Purpose) -> Iterator[PurposeFault]:
    if len(purpose.controllers) > 1 and purpose.joint_arrangement is None:
        yield PurposeFault("joint_arrangement", "joint-arrangement")
    if purpose.status == "approved" and len(set(purpose.approvers)) < MINIMUM_APPROVERS:
        yield PurposeFault("approvers", "approvers")


def _basis(purpose: Purpose) -> Iterator[PurposeFault]:
    if purpose.legal_basis not in LEGAL_BASES:
        values = {"value": purpose.legal_basis, "known": ", ".join(LEGAL_BASES)}
        yield PurposeFault("legal_basis", "legal-basis", values)
    if purpose.legal_basis in BY_STATUTE and purpose.statute is None:
        yield PurposeFault("statute", "statute", {"basis": purpose.legal_basis})
    if purpose.rests_on_consent and purpose.consent_scope is None:
        yield PurposeFault("consent_scope", "consent-scope")
    if not purpose.rests_on_consent and purpose.consent_scope is not None:
        yield PurposeFault("consent_scope", "consent-without-basis")


def _special(purpose: Purpose, special: list[str]) -> Iterator[PurposeFault]:
    exception = purpose.special_category_exception
    if exception is not None and exception not in EXCEPTIONS:
        values = {"value": exception, "known": ", ".join(EXCEPTIONS)}
        yield PurposeFault("special_category_exception", "exception", values)
    if special and exception is None:
        yield PurposeFault("special_category_exception", "special-category", {"dataset": ", ".join(special)})
    if exception == STATISTICS and purpose.uavg_evidence is None:
        yield PurposeFault("uavg_evidence", "uavg-evidence")


def _assessed(purpose: Purpose, special: list[str]) -> Iterator[PurposeFault]:
    if special and purpose.dpia is None:
        yield PurposeFault("dpia", "dpia-missing", {"dataset": ", ".join(special)})
    if purpose.dpia is not None and purpose.fg_advice is None:
        yield PurposeFault("fg_advice", "fg-advice")
    if purpose.dpia is not None and purpose.dpia.outcome != "approved" and purpose.status == "approved":
        yield PurposeFault("dpia.outcome", "dpia")


def _received(purpose: Purpose) -> Iterator[PurposeFault]:
    found = purpose.recipients
    named, roles = len(found.organisations), len(found.roles)
    match found.reach:
        case Reach.ALL_REGIONS if not roles:
            yield PurposeFault("recipients.roles", "reach-roles", {"reach": found.reach.value})
        case Reach.ONE_ORGANISATION if named != 1 or roles:
            yield PurposeFault("recipients.organisations", "reach-one")
        case Reach.NATIONAL_PARTY if not named or roles:
            yield PurposeFault("recipients.organisations", "reach-national")
        case Reach.PUBLIC | Reach.OWN_REGION if not named and not roles:
            yield PurposeFault("recipients", "no-recipients")
        case _:
            return


def _terms(purpose: Purpose) -> Iterator[PurposeFault]:
    """The vocabulary says the same as the fields: `eu-gdpr:A6-1-e` for 6(1)(e), `eu-gdpr:A9-2-j` for 9(2)(j)."""
    stated = {"6": purpose.legal_basis, "9": purpose.special_category_exception}
    expected = {
        f"eu-gdpr:A{value.replace(')(', '-').replace('(', '-').replace(')', '')}": value
        for value in stated.values()
        if value in {*LEGAL_BASES, *EXCEPTIONS}
    }
    for term, value in expected.items():
        if term not in purpose.dpv:
            yield PurposeFault("dpv", "dpv-missing", {"term": term, "value": value})
    for term in purpose.dpv:
        if term.startswith(("eu-gdpr:A6-", "eu-gdpr:A9-")) and term not in expected:
            yield PurposeFault("dpv", "dpv-differs", {"term": term})
    if not any(term.startswith("dpv:") for term in purpose.dpv):
        yield PurposeFault("dpv", "dpv-purpose")


def _known(path: str, kind: str, name: str, known: Iterable[str]) -> Iterator[PurposeFault]:
    names = sorted(known)
    if name not in names:
        yield PurposeFault(path, "unknown-name", {"name": name, "kind": kind, "known": ", ".join(names) or "-"})
