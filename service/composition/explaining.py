"""What the policy says of a request, without a server and without a database: `sluis policy explain`.

It is the question that the service asks, to the same engine and with the same texts. What the service would look up is
supposed: a regional owner asks, of an organisation with an agreement in force that the purpose lets receive and that
stands for the regions asked for, every period that the request names has its round, and the agreements, assessment and
consents that it rests on are in force.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from service.adapters.bundle import bundle_directory, load_bundle
from service.adapters.cedar import CedarEngine
from service.api.bodies import read_model
from service.api.problems import Refused
from service.api.schemas.requests import AggregateRequestInput
from service.cli.misread import Misread
from service.cli.policy import Explained
from service.domain.agreement import AgreementKind, Grounds, InForce
from service.domain.caller import Caller
from service.domain.catalogue import Catalogue
from service.domain.errors import NotFound
from service.domain.facts import may_request_aggregate
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.principal import Person, Role
from service.domain.request import RequestSpec
from service.domain.request_facts import civil_day, regions_asked
from service.domain.round import Round, RoundState, round_id

NAMELESS = "regional-owner"
"""The organisation that asks when the purpose names none."""


def explain_request(
    content: bytes, directory: Path | None, organisation: str | None, at: datetime, regions: Collection[str] = ()
) -> Explained:
    """Decide on a request in the form of `POST /v1/aggregate-requests`.

    Args:
        content: the JSON.
        directory: the bundle; None for the one that comes with the service.
        organisation: who asks; None for the first that the purpose names.
        at: when.
        regions: those that the organisation stands for; those that the request is cut down to when there are none.

    Raises:
        BundleError: the bundle has faults.
        Misread: the request is not as described; every fault.
    """
    bundle = load_bundle(directory or bundle_directory())
    try:
        asked = read_model(AggregateRequestInput, content).spec(bundle.catalogue)
    except Refused as refused:
        raise Misread(
            [(fault.pointer or "/", fault.nl, fault.en) for fault in refused.faults]
            or [("/", "geen JSON-object", "no JSON object")]
        ) from refused
    catalogue = bundle.catalogue
    name = organisation or _recipient(asked, catalogue)
    spec, rounds = _rounds(asked, catalogue, at)
    stands_for = frozenset(regions or regions_asked(spec, catalogue))
    caller = _caller(name, stands_for, at)
    query = may_request_aggregate(caller, spec, catalogue, rounds, supposed_grounds(spec, catalogue))
    named = tuple(found.id for found in rounds)
    return Explained(CedarEngine(bundle).decide(query), name, at, named, tuple(sorted(stands_for)))


def _recipient(spec: RequestSpec, catalogue: Catalogue) -> str:
    try:
        named = catalogue.purpose(spec.purpose).recipients.organisations
    except NotFound:
        named = frozenset()
    return min(named, default=NAMELESS)


def supposed_grounds(spec: RequestSpec, catalogue: Catalogue) -> Grounds:
    """Whatever the purpose names is in force, and nobody's figures lack an agreement or consent."""
    try:
        purpose = catalogue.purpose(spec.purpose)
    except NotFound:
        return Grounds((), asks_consent=False, suppliers=frozenset())
    named = (
        (AgreementKind.PROCESSOR, purpose.processor_agreement),
        (AgreementKind.JOINT, purpose.joint_arrangement),
        (AgreementKind.DPIA, purpose.dpia.reference if purpose.dpia else None),
    )
    parties = frozenset({NAMELESS})
    in_force = (InForce(kind, reference, frozenset(), parties) for kind, reference in named if reference)
    return Grounds(tuple(in_force), asks_consent=False, suppliers=frozenset())


def _caller(name: str, regions: frozenset[str], at: datetime) -> Caller:
    today = civil_day(at)
    kinds = frozenset({OrganisationKind.REGIONAL_OWNER})
    own = Organisation(name, name, kinds, name, Agreement("supposed", today, today), regions)
    return Caller(Person("supposed", name, frozenset({Role.REGIONAL_OWNER}), name), own, at)


def _rounds(spec: RequestSpec, catalogue: Catalogue, at: datetime) -> tuple[RequestSpec, list[Round]]:
    """A closed round of the newest definition for every period that the data set can be collected over."""
    try:
        newest = catalogue.data_set(spec.data_set)
    except NotFound:
        return spec, []
    rounds = [
        Round(
            round_id(spec.data_set, period),
            spec.data_set,
            newest.version,
            period,
            frozenset(),
            at - timedelta(days=1),
            RoundState.CLOSED,
        )
        for period in spec.periods
        if catalogue.allowed_periods(newest, period)
    ]
    return replace(spec, data_set_version=newest.version), rounds
