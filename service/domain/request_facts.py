"""What the policy looks at in a request: the purpose as it stands, and the table held against its scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from service.domain.agreement import AgreementKind, Grounds
from service.domain.catalogue import Catalogue, DataSet
from service.domain.errors import NotFound
from service.domain.obligations import obligations
from service.domain.organisation import Organisation, OrganisationKind
from service.domain.policy import Obligation, Resource, Value
from service.domain.purpose import PurposeScope
from service.domain.request import RequestSpec
from service.domain.round import Round

CIVIL_TIME = ZoneInfo("Europe/Amsterdam")
_EPOCH = date(1970, 1, 1).toordinal()


def civil_day(at: datetime) -> date:
    """The day on which an (aware) instant falls in the Netherlands: that is where the agreements hold."""
    if at.tzinfo is None:
        raise ValueError("a naive time names no instant")
    return at.astimezone(CIVIL_TIME).date()


def epoch_day(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def whole_months(ended: date, today: date) -> int:
    """Whole months since the day after the last day `ended`; below 0 while the period has not ended.

    A quarter that ended on 31 March is three whole months old on 1 July and not on 30 June.
    """
    start = date.fromordinal(ended.toordinal() + 1)
    months = (today.year - start.year) * 12 + today.month - start.month
    return months - 1 if today.day < start.day else months


def standing(organisation: Organisation | None) -> str:
    """Whether the organisation may act: `active`, `suspended` or `unknown`."""
    if organisation is None:
        return "unknown"
    return "suspended" if organisation.suspended else "active"


def agreement_facts(prefix: str, organisation: Organisation | None) -> dict[str, Value]:
    """First and last day of the agreement, `<prefix>From` and, unless it is open-ended, `<prefix>Until`."""
    if organisation is None:
        return {}
    agreement = organisation.agreement
    facts: dict[str, Value] = {f"{prefix}From": epoch_day(agreement.valid_from)}
    if agreement.valid_until is not None:
        facts[f"{prefix}Until"] = epoch_day(agreement.valid_until)
    return facts


def recipient_facts(organisation: Organisation | None, named: str | None, today: date) -> dict[str, Value]:
    """The organisation that would receive the table; one that is not the `named` one counts as unknown."""
    own = organisation if organisation is not None and organisation.id == named else None
    return {
        "recipient": named or "",
        "recipientIsRegionalOwner": own is not None and OrganisationKind.REGIONAL_OWNER in own.kinds,
        "recipientRegions": _names(own.regions_on(today)) if own is not None else (),
        "recipientStatus": standing(own),
        **agreement_facts("recipientAgreement", own),
    }


def data_sets_known(organisation: Organisation | None, catalogue: Catalogue, today: date) -> frozenset[str]:
    """The data sets of which some purpose lets an organisation know that they, and rounds of them, are there.

    A purpose for the own region only says nothing to who stands for none.
    """
    newest = {purpose.id: catalogue.purpose(purpose.id) for purpose in catalogue.purposes}
    return frozenset(
        scope.data_set
        for purpose in newest.values()
        for scope in purpose.scopes
        if purpose.holds(today)
        and organisation is not None
        and (organisation.regions_on(today) or not purpose.recipients.own_region_only)
        and receives(organisation, purpose.id, catalogue)
    )


def receives(organisation: Organisation | None, purpose: str, catalogue: Catalogue) -> bool:
    """Whether there is such a purpose with the organisation among its recipients; of any other it may not know."""
    try:
        recipients = catalogue.purpose(purpose).recipients
    except NotFound:
        return False
    return organisation is not None and recipients.include(
        organisation.id, is_regional_owner=OrganisationKind.REGIONAL_OWNER in organisation.kinds
    )


def purpose_resource(purpose: str, catalogue: Catalogue) -> Resource:
    """The newest version of the purpose as the resource, or an UnknownPurpose."""
    try:
        found = catalogue.purpose(purpose)
    except NotFound:
        return Resource("UnknownPurpose", purpose)
    facts: dict[str, Value] = {
        "version": found.version,
        "status": found.status,
        "approverCount": len(set(found.approvers)),
        "validFrom": epoch_day(found.valid_from),
        "validUntil": epoch_day(found.valid_until),
        "reviewOn": epoch_day(found.review_on),
        "recipients": tuple(sorted(found.recipients.organisations)),
        "allRegionalOwners": found.recipients.all_regional_owners,
        "ownRegionOnly": found.recipients.own_region_only,
        "legalBasis": found.legal_basis,
        "specialCategoryException": found.special_category_exception or "",
        "uavgEvidence": found.uavg_evidence is not None,
        "consentScope": found.consent_scope is not None,
        "controllerCount": len(found.controllers),
        "jointArrangement": found.joint_arrangement or "",
        "processorAgreement": found.processor_agreement,
        "dpiaOutcome": found.dpia.outcome if found.dpia else "none",
        "minimumAgeMonths": found.minimum_age_months,
    }
    if found.dpia is not None:
        facts["dpiaReviewOn"] = epoch_day(found.dpia.review_on)
    return Resource("Purpose", found.id, facts)


def subject_facts(spec: RequestSpec, catalogue: Catalogue) -> dict[str, Value]:
    """The data set asked for, whether the purpose covers it, and why its figures need care."""
    data_set = _data_set(spec, catalogue)
    return {
        "dataSet": spec.data_set,
        "dataSetKnown": data_set is not None,
        "dataSetCovered": _scope(spec, catalogue) is not None,
        "sensitivity": tuple(sorted(s.value for s in data_set.sensitivity)) if data_set else (),
        "regionsAsked": regions_asked(spec, catalogue),
    }


def regions_asked(spec: RequestSpec, catalogue: Catalogue) -> tuple[str, ...]:
    """The regions that the table is cut down to, as `classification/code`; none when it is about all of them.

    A table with two regions in it (where people live, where the care is) is cut along either.
    """
    trees = {tree.id: tree for tree in catalogue.classifications if tree.regions}
    cut = [asked for asked in spec.dimensions if asked.classification in trees]
    return _names(trees[asked.classification].named(code) for asked in cut for code in asked.only)


def request_context(spec: RequestSpec, catalogue: Catalogue, rounds: Sequence[Round], today: date) -> dict[str, Value]:
    """The table held against the purpose's scope, the rounds and the age of the newest period.

    What is asked stands beside what is covered. Classifications are listed for covered dimensions and levels for
    covered classifications, so that one thing too much gives one reason. `ageMonths` is below 0 when a period has
    not ended or is not known. Where no purpose covers the data set nothing is said of its rounds.
    """
    data_set = _data_set(spec, catalogue)
    scope = _scope(spec, catalogue)
    found = [r for r in rounds if r.data_set == spec.data_set and r.period in spec.periods and scope is not None]
    versions = _names(str(r.data_set_version) for r in found)
    return {
        **subject_facts(spec, catalogue),
        "dataSetVersion": versions[0] if versions else "",
        "dataSetMinimumAgeMonths": data_set.minimum_age_months if data_set else 0,
        **_asked_and_covered(spec, scope, catalogue),
        **_asked_and_known(spec, data_set, catalogue),
        "periods": _names(spec.periods),
        "periodsWithRound": _names(r.period for r in found) if scope is not None else _names(spec.periods),
        "roundStates": _names(r.state.value for r in found),
        "roundVersions": versions,
        "ageMonths": _age(spec, data_set, catalogue, today),
        "bottleneckLength": _length(spec.bottleneck),
        "necessityLength": _length(spec.necessity),
        "whyNothingLessLength": _length(spec.why_nothing_less),
    }


def request_terms(spec: RequestSpec, catalogue: Catalogue, rounds: Sequence[Round]) -> tuple[Obligation, ...]:
    """What a permit would oblige to; nothing where there is no such purpose, data set or profile to permit by."""
    versions = {r.data_set_version for r in rounds if r.data_set == spec.data_set and r.period in spec.periods}
    if len(versions) != 1:
        return ()
    try:
        return obligations(catalogue.data_set(spec.data_set, *versions), catalogue.purpose(spec.purpose), catalogue)
    except NotFound:
        return ()


def grounds_facts(grounds: Grounds, spec: RequestSpec, catalogue: Catalogue) -> dict[str, Value]:
    """Whether what the purpose names is in force, and how many suppliers are under no agreement or consent."""
    try:
        purpose = catalogue.purpose(spec.purpose)
    except NotFound:
        named: tuple[tuple[str, AgreementKind, str | None], ...] = ()
    else:
        named = (
            ("processorAgreementInForce", AgreementKind.PROCESSOR, purpose.processor_agreement),
            ("jointArrangementInForce", AgreementKind.JOINT, purpose.joint_arrangement),
            ("dpiaInForce", AgreementKind.DPIA, purpose.dpia.reference if purpose.dpia else None),
        )
    return {
        "processorAgreementInForce": False,
        "jointArrangementInForce": False,
        "dpiaInForce": False,
        **{fact: grounds.has(kind, reference, spec.purpose) for fact, kind, reference in named},
        "suppliersWithoutAgreement": len(grounds.without_agreement(spec.purpose)),
        "suppliersWithoutConsent": len(grounds.without_consent(spec.purpose)),
    }


def _data_set(spec: RequestSpec, catalogue: Catalogue) -> DataSet | None:
    try:
        return catalogue.data_set(spec.data_set, spec.data_set_version)
    except NotFound:
        return None


def _scope(spec: RequestSpec, catalogue: Catalogue) -> PurposeScope | None:
    try:
        return catalogue.purpose(spec.purpose).scope(spec.data_set)
    except NotFound:
        return None


def _asked_and_covered(spec: RequestSpec, scope: PurposeScope | None, catalogue: Catalogue) -> dict[str, Value]:
    if scope is None:
        nothing: tuple[str, ...] = ()
        return {
            "measures": _names(spec.measures),
            "coveredMeasures": nothing,
            "dimensions": _names(d.dimension for d in spec.dimensions),
            "coveredDimensions": nothing,
            "classifications": nothing,
            "coveredClassifications": nothing,
            "levels": nothing,
            "coveredLevels": nothing,
        }
    covered = {f"{d}/{c}" for d, finest in scope.finest_levels.items() for c, _ in finest}
    asked = [(f"{d.dimension}/{d.classification}", d) for d in spec.dimensions if d.dimension in scope.finest_levels]
    return {
        "measures": _names(spec.measures),
        "coveredMeasures": _names(scope.measures),
        "dimensions": _names(d.dimension for d in spec.dimensions),
        "coveredDimensions": _names(scope.finest_levels),
        "classifications": _names(name for name, _ in asked),
        "coveredClassifications": _names(covered),
        "levels": _names(f"{name}/{d.level}" for name, d in asked if name in covered),
        "coveredLevels": _names(_covered_levels(scope, catalogue)),
    }


def _asked_and_known(spec: RequestSpec, data_set: DataSet | None, catalogue: Catalogue) -> dict[str, Value]:
    """The codes that the table is cut down to, and those of them that stand at the level asked for or above it.

    A period is known when it is one of those asked for.
    """
    trees = {tree.id: tree for tree in catalogue.classifications}
    period = data_set.period.name if data_set else ""
    days = {day for one in spec.periods for day in catalogue.allowed_periods(data_set, one)} if data_set else set()
    asked: list[str] = []
    known: list[str] = []
    for one in spec.dimensions:
        tree = trees.get(one.classification)
        if tree is None or one.level not in tree.levels:
            continue
        names = {code: f"{one.dimension}/{tree.named(code)}" for code in one.only}
        asked += names.values()
        shown = tree.parents_down_to(one.level)
        known += [
            name
            for code, name in names.items()
            if code in shown and (one.dimension != period or days & tree.below([code]))
        ]
    return {"codes": _names(asked), "codesKnown": _names(known)}


def _covered_levels(scope: PurposeScope, catalogue: Catalogue) -> Iterator[str]:
    """Every level at or above the finest that the purpose allows."""
    for dimension, finest in scope.finest_levels.items():
        for classification, level in finest:
            levels = catalogue.classification(classification).levels
            for coarser in levels[: levels.index(level) + 1]:
                yield f"{dimension}/{classification}/{coarser}"


def _age(spec: RequestSpec, data_set: DataSet | None, catalogue: Catalogue, today: date) -> int:
    """Whole months since the newest period ended."""
    if data_set is None:
        return -1
    ends = [catalogue.period_days(data_set, period) for period in spec.periods]
    known = [days[1] for days in ends if days is not None]
    if not known or len(known) < len(ends):
        return -1
    return max(-1, whole_months(max(known), today))


def _length(text: str) -> int:
    """Characters that can be seen; runs of white space count once, at the ends not at all."""
    visible = "".join(character for character in text if character.isprintable() or character.isspace())
    return len(" ".join(visible.split()))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
