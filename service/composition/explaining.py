"""What the policy says of a request, without a server and without a database: `sluis policy explain`.

It is the question that the service asks, to the same engine and with the same texts. What the service would look up is
taken from a file of facts, and as far as that does not say it supposed: a regional owner asks, of an organisation with
an agreement in force that the purpose lets receive and that stands for the regions asked for, every period that the
request names has its round, and the agreements, assessment and consents that it rests on are in force.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from service.adapters.bundle import BundleError, bundle_directory, load_bundle
from service.adapters.cedar import CedarEngine
from service.api.bodies import read_model
from service.api.problems import Refused
from service.api.schemas.explained import AgreementFacts, FactsInput, RoundFacts
from service.api.schemas.requests import AggregateRequestInput
from service.cli.misread import Misread
from service.cli.policy import Asked, Explained
from service.domain.agreement import AgreementKind, Grounds, InForce
from service.domain.caller import Caller
from service.domain.catalogue import Catalogue
from service.domain.errors import Invalid, NotFound
from service.domain.facts import may_request_aggregate
from service.domain.frequency import Given
from service.domain.organisation import Agreement, Organisation
from service.domain.principal import Person, Role
from service.domain.request import RequestSpec
from service.domain.request_facts import civil_day, regions_asked
from service.domain.round import Round, round_id

NAMELESS = "regional-owner"
"""The organisation that asks when neither the facts nor the purpose name one."""

_DOCUMENTS = {
    "processor-agreement": AgreementKind.PROCESSOR,
    "joint-arrangement": AgreementKind.JOINT,
    "dpia": AgreementKind.DPIA,
}
_Model = TypeVar("_Model", bound=BaseModel)


def explain_request(asked: Asked) -> Explained:
    """Decide on a request in the form of `POST /v1/aggregate-requests`.

    Args:
        asked: the files, and what the command line says beside them, which goes before the file of facts.

    Raises:
        Misread: bundle, request or facts are not as described; every fault of the first of these.
    """
    directory = asked.policies or bundle_directory()
    try:
        bundle = load_bundle(directory)
    except BundleError as error:
        raise Misread([(f"{directory}/{fault.place}", fault.nl, fault.en) for fault in error.faults]) from error
    catalogue = bundle.catalogue
    spec = _read(AggregateRequestInput, asked.request).spec(catalogue)
    said = _read(FactsInput, asked.facts) if asked.facts else FactsInput()
    facts = _completed(said, asked, spec, catalogue)
    at = facts.at or asked.now
    rounds = _rounds(spec, facts, at)
    if rounds:
        spec = replace(spec, data_set_version=rounds[0].data_set_version)
    given = [Given(replace(spec, periods=tuple(one.periods)), one.at) for one in facts.given]
    caller = _caller(facts, at, asked.facts)
    query = may_request_aggregate(caller, spec, catalogue, rounds, _grounds(spec, facts, catalogue), given=given)
    return Explained(CedarEngine(bundle).decide(query), facts.model_dump(mode="json", by_alias=True))


def supposed_grounds(spec: RequestSpec, catalogue: Catalogue) -> Grounds:
    """Whatever the purpose names is in force, and nobody's figures lack an agreement or consent."""
    return _grounds(spec, FactsInput(), catalogue)


def _read(model: type[_Model], file: Path) -> _Model:
    """The file as the model."""
    try:
        return read_model(model, file.read_bytes())
    except OSError as error:
        raise Misread([("/", "is niet te lezen", "cannot be read")], file) from error
    except Refused as refused:
        faults = [(fault.pointer or "/", fault.nl, fault.en) for fault in refused.faults]
        raise Misread(faults or [("/", "geen JSON-object", "no JSON object")], file) from refused


def _completed(said: FactsInput, asked: Asked, spec: RequestSpec, catalogue: Catalogue) -> FactsInput:
    """The facts with everything that was left out, as it is supposed."""
    at = asked.at or said.at or asked.now
    today = civil_day(at).isoformat()
    newest = _newest(spec, catalogue)
    rounds = said.rounds
    if rounds is None:
        collected = [p for p in spec.periods if _collected(spec, newest, p, catalogue)]
        rounds = [RoundFacts(period=period) for period in collected]
    rounds = [one.model_copy(update={"data_set_version": one.data_set_version or newest}) for one in rounds]
    regions = list(asked.regions) or said.regions
    return said.model_copy(
        update={
            "at": at,
            "organisation": asked.organisation or said.organisation or _recipient(spec, catalogue),
            "regions": sorted(regions_asked(spec, catalogue) if regions is None else regions),
            "agreement": said.agreement or AgreementFacts.model_validate({"validFrom": today, "validUntil": today}),
            "rounds": rounds,
        }
    )


def _recipient(spec: RequestSpec, catalogue: Catalogue) -> str:
    try:
        named = catalogue.purpose(spec.purpose).recipients.organisations
    except NotFound:
        named = frozenset()
    return min(named, default=NAMELESS)


def _grounds(spec: RequestSpec, facts: FactsInput, catalogue: Catalogue) -> Grounds:
    """What the purpose names is in force, but for what the facts say is not; and as many suppliers as they say lack."""
    try:
        purpose = catalogue.purpose(spec.purpose)
    except NotFound:
        return Grounds((), asks_consent=False, suppliers=frozenset())
    named = {
        "processor-agreement": purpose.processor_agreement,
        "joint-arrangement": purpose.joint_arrangement,
        "dpia": purpose.dpia.reference if purpose.dpia else None,
    }
    silent = frozenset(f"without-consent-{n}" for n in range(facts.suppliers_without_consent))
    lost = frozenset(f"without-agreement-{n}" for n in range(facts.suppliers_without_agreement))
    in_force = [
        InForce(_DOCUMENTS[kind], reference, frozenset(), frozenset({NAMELESS}))
        for kind, reference in named.items()
        if reference and kind not in facts.not_in_force
    ]
    # suppliers without consent are under an agreement of their own, and those without agreement have consented
    in_force.append(InForce(AgreementKind.JOINT, "supposed", frozenset(), silent))
    in_force.append(InForce(AgreementKind.CONSENT, "supposed", frozenset(), lost))
    return Grounds(tuple(in_force), asks_consent=True, suppliers=silent | lost)


def _caller(facts: FactsInput, at: datetime, file: Path | None) -> Caller:
    name, said = facts.organisation or NAMELESS, facts.agreement
    if said is None:
        raise ValueError("the facts are not complete")
    try:
        agreement = Agreement("supposed", said.valid_from, said.valid_until)
    except Invalid as error:
        text = "eindigt voor het begint", "ends before it starts"
        raise Misread([("/agreement/validUntil", *text)], file) from error
    own = Organisation(
        id=name,
        name=name,
        kinds=frozenset(facts.kinds),
        holding=name,
        agreement=agreement,
        regions=frozenset(facts.regions or ()),
        suspended=facts.suspended,
    )
    return Caller(Person("supposed", name, frozenset({Role(facts.role)}), name), own, at)


def _newest(spec: RequestSpec, catalogue: Catalogue) -> int | None:
    try:
        return catalogue.data_set(spec.data_set).version
    except NotFound:
        return None


def _collected(spec: RequestSpec, version: int | None, period: str, catalogue: Catalogue) -> bool:
    return version is not None and bool(catalogue.allowed_periods(catalogue.data_set(spec.data_set, version), period))


def _rounds(spec: RequestSpec, facts: FactsInput, at: datetime) -> list[Round]:
    """The rounds of the facts; of a data set that is not known there are none."""
    return [
        Round(
            round_id(spec.data_set, one.period),
            spec.data_set,
            one.data_set_version,
            one.period,
            frozenset(),
            at - timedelta(days=1),
            one.state,
        )
        for one in facts.rounds or ()
        if one.data_set_version is not None
    ]
