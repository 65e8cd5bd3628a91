"""The facts that a reason names: which measures are outside, since when, how old the data are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from service.domain.obligations import COMPETITION_MINIMUM_AGE_MONTHS
from service.domain.policy import Query, Value
from service.domain.reason import Reason

Data = Mapping[str, str | int | float]

_EPOCH = date(1970, 1, 1).toordinal()


def explain(code: str, query: Query) -> Reason:
    """The reason with the facts of the query that its text names; facts that are missing are shown as a dash."""
    data = _DATA.get(code)
    return Reason(code, data(query) if data is not None else {})


def _set(values: Mapping[str, Value], key: str) -> frozenset[str]:
    found = values.get(key)
    return frozenset(found) if isinstance(found, tuple) else frozenset()


def _number(values: Mapping[str, Value], key: str) -> int | None:
    found = values.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _day(values: Mapping[str, Value], key: str) -> str:
    found = _number(values, key)
    return date.fromordinal(found + _EPOCH).isoformat() if found is not None else "-"


def _outside(asked: str, covered: str) -> Callable[[Query], Data]:
    def data(query: Query) -> Data:
        outside = _set(query.context, asked) - _set(query.context, covered)
        inside = _set(query.context, covered)
        return {"outside": ", ".join(sorted(outside)) or "-", "covered": ", ".join(sorted(inside)) or "-"}

    return data


def _listed(query: Query, key: str) -> str:
    return ", ".join(sorted(_set(query.context, key))) or "-"


def _purpose_day(attribute: str) -> Callable[[Query], Data]:
    return lambda query: {"purpose": query.resource.id, "day": _day(query.resource.attributes, attribute)}


def _purpose(query: Query) -> Data:
    return {"purpose": query.resource.id}


def _named(reference: str) -> Callable[[Query], Data]:
    return lambda q: {"purpose": q.resource.id, "reference": str(q.resource.attributes.get(reference, "-"))}


def _counted(suppliers: str) -> Callable[[Query], Data]:
    return lambda query: {"suppliers": _number(query.context, suppliers) or 0}


def _data_set(query: Query) -> Data:
    return {"dataSet": str(query.context.get("dataSet", "-"))}


def _round(query: Query) -> Data:
    return {"round": query.resource.id}


def _age(query: Query) -> Data:
    minimum = max(
        _number(query.context, "dataSetMinimumAgeMonths") or 0,
        _number(query.resource.attributes, "minimumAgeMonths") or 0,
        COMPETITION_MINIMUM_AGE_MONTHS if "competition-sensitive" in _set(query.context, "sensitivity") else 0,
    )
    return {"age": max(0, _number(query.context, "ageMonths") or 0), "minimum": minimum}


_DATA: Mapping[str, Callable[[Query], Data]] = {
    "role-not-allowed": lambda query: {"action": query.action},
    "not-expected": _round,
    "data-set-mismatch": lambda q: {"round": q.resource.id, "dataSet": str(q.resource.attributes.get("dataSet", "-"))},
    "data-set-version-mismatch": lambda q: {
        "round": q.resource.id,
        "version": _number(q.resource.attributes, "dataSetVersion") or 0,
    },
    "data-set-not-in-agreement": _data_set,
    "consent-missing": _data_set,
    "processor-agreement-not-in-force": _named("processorAgreement"),
    "joint-arrangement-not-in-force": _named("jointArrangement"),
    "dpia-not-in-force": _purpose,
    "suppliers-without-agreement": _counted("suppliersWithoutAgreement"),
    "suppliers-without-consent": _counted("suppliersWithoutConsent"),
    "purpose-unknown": _purpose,
    "purpose-not-approved": _purpose,
    "purpose-approvers": _purpose,
    "purpose-not-yet-valid": _purpose_day("validFrom"),
    "purpose-expired": _purpose_day("validUntil"),
    "purpose-review-overdue": _purpose_day("reviewOn"),
    "purpose-without-legal-basis": _purpose,
    "purpose-without-exception": _purpose,
    "purpose-without-processor-agreement": _purpose,
    "purpose-without-uavg-evidence": _purpose,
    "purpose-without-consent-scope": _purpose,
    "purpose-without-joint-arrangement": _purpose,
    "purpose-without-dpia": _purpose,
    "dpia-review-overdue": _purpose_day("dpiaReviewOn"),
    "purpose-changed": _purpose,
    "not-a-recipient": _purpose,
    "data-set-unknown": _data_set,
    "data-set-not-covered": _data_set,
    "measure-not-covered": _outside("measures", "coveredMeasures"),
    "dimension-not-covered": _outside("dimensions", "coveredDimensions"),
    "classification-not-covered": _outside("classifications", "coveredClassifications"),
    "level-too-fine": _outside("levels", "coveredLevels"),
    "own-region-only": lambda query: {
        "asked": _listed(query, "regionsAsked"),
        "own": _listed(query, "recipientRegions"),
    },
    "region-no-longer-yours": lambda query: {
        "regions": ", ".join(sorted(_set(query.resource.attributes, "regions") - _set(query.context, "readerRegions")))
        or "-"
    },
    "code-unknown": _outside("codes", "codesKnown"),
    "round-unknown": lambda query: {
        "periods": ", ".join(sorted(_set(query.context, "periods") - _set(query.context, "periodsWithRound"))) or "-"
    },
    "data-too-young": _age,
    "sooner-than-frequency": lambda query: {"purpose": query.resource.id, "day": _day(query.context, "newerFrom")},
}
