"""Which requests of the past another bundle would decide differently: `sluis policy diff OLD NEW`.

Each request is put to both engines with the same facts, at the moment at which it was made; what had to be assumed is
told. Catalogues and engines are made once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from service.adapters.bundle import Bundle, BundleError, load_bundle
from service.adapters.cedar import CedarEngine
from service.api.bodies import read_model
from service.api.problems import Refused
from service.api.schemas.past_requests import PastRequestInput
from service.cli.misread import Misread
from service.cli.policy_diff import Compared, Comparison, Stored
from service.composition.explaining import supposed_grounds
from service.domain.caller import Caller
from service.domain.catalogue import Catalogue
from service.domain.errors import NotFound
from service.domain.facts import may_request_aggregate
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.policy import Decision
from service.domain.principal import Person, Role
from service.domain.redecision import FROM_FILE, FROM_SERVICE, PastRequest, change_between
from service.domain.request import AggregateRequest, RequestSpec, RequestState
from service.domain.request_facts import regions_asked
from service.domain.round import Round, RoundState, round_id
from service.use_cases.call import Call
from service.use_cases.read_past_requests import Past, read_past_requests

OpenDatabase = Callable[[], AbstractContextManager[Call] | None]
"""A call by the operator; None where there is no database."""


def compare_bundles(old: Path, new: Path, requests: Path | None, open_database: OpenDatabase) -> Comparison:
    """Decide every request of the past under both bundles.

    Args:
        old: the directory of a bundle.
        new: of another.
        requests: NDJSON with the requests; None for those in the database.
        open_database: looked at when no file is given.

    Raises:
        Misread: faults of bundles or file, all of them, or there is no database.
        Denied: the caller is no operator.
    """
    before, after = _bundles(old, new)
    if requests is not None:
        past = Past(tuple(_read(requests, before.catalogue, after.catalogue)), before.catalogue, after.catalogue)
        assumed = FROM_FILE
    else:
        opened = open_database()
        if opened is None:
            raise Misread([("--requests", "hier is geen database; geef een bestand", "no database here; give a file")])
        with opened as call:
            past = read_past_requests(call, before.catalogue, after.catalogue)
        assumed = FROM_SERVICE
    judges = _Judge(CedarEngine(before), past.old), _Judge(CedarEngine(after), past.new)
    compared = tuple(_compared(one, *judges) for one in past.requests)
    return Comparison(before.policy_hash, after.policy_hash, compared, assumed)


@dataclass(frozen=True, slots=True)
class _Judge:
    engine: CedarEngine
    catalogue: Catalogue

    def decide(self, past: PastRequest) -> Decision:
        """The question that `request_aggregate` asked, as far as it can be asked again."""
        request = past.request
        asker = Person("stored", request.id, frozenset({Role.REGIONAL_OWNER}), request.organisation)
        caller = Caller(asker, past.organisation, request.created_at)
        grounds = supposed_grounds(request.spec, self.catalogue)
        query = may_request_aggregate(caller, request.spec, self.catalogue, past.rounds, grounds)
        return self.engine.decide(query)


def _compared(past: PastRequest, old: _Judge, new: _Judge) -> Compared:
    before, after = old.decide(past), new.decide(past)
    return Compared(past.request, before, after, change_between(before, after), _stored(past))


def _stored(past: PastRequest) -> Stored | None:
    if not past.request.decision:
        return None
    kept = json.loads(past.request.decision)
    codes = tuple(sorted(reason["code"] for reason in kept.get("reasons", ())))
    return Stored(kept["outcome"], codes, kept["policyHash"], past.stopped)


def _bundles(old: Path, new: Path) -> tuple[Bundle, Bundle]:
    """Both, or the faults of both."""
    found: list[Bundle] = []
    faults: list[tuple[str, str, str]] = []
    for directory in (old, new):
        try:
            found.append(load_bundle(directory))
        except BundleError as error:
            faults += [(f"{directory}/{fault.place}", fault.nl, fault.en) for fault in error.faults]
    if faults:
        raise Misread(faults)
    before, after = found
    return before, after


# --- a file of requests ----------------------------------------------------------------------------------------------


def _read(file: Path, old: Catalogue, new: Catalogue) -> Iterator[PastRequest]:
    read: list[PastRequestInput] = []
    faults: list[tuple[str, str, str]] = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            read += [read_model(PastRequestInput, line)] if line.strip() else []
        except Refused as refused:
            faults += [(f"{file}:{number} {fault.pointer or '/'}", fault.nl, fault.en) for fault in refused.faults]
    if faults:
        raise Misread(faults)
    return (_past(one, old, new) for one in read)


def _past(line: PastRequestInput, old: Catalogue, new: Catalogue) -> PastRequest:
    asked = line.spec(old)
    version = line.data_set_version or _newest(asked.data_set, old) or _newest(asked.data_set, new)
    spec = replace(asked, data_set_version=version)
    request = AggregateRequest(
        id=line.id,
        requester="",
        organisation=line.organisation,
        spec=spec,
        state=RequestState.PERMITTED,
        created_at=line.created_at,
        decision=line.decision.model_dump_json(by_alias=True) if line.decision else "",
        policy_hash=line.decision.policy_hash if line.decision else "",
        purpose_version=line.purpose_version,
    )
    agreement = Agreement("supposed", date.min, None)
    kinds = frozenset({OrganisationKind.REGIONAL_OWNER})
    regions = frozenset({*regions_asked(spec, old), *regions_asked(spec, new)})
    owner = Organisation(line.organisation, line.organisation, kinds, line.organisation, agreement, regions)
    return PastRequest(request, owner, tuple(_rounds(request, spec, (old, new))), stopped=None)


def _newest(data_set: str, catalogue: Catalogue) -> int | None:
    versions = catalogue.versions(data_set)
    return versions[-1].version if versions else None


def _rounds(request: AggregateRequest, spec: RequestSpec, catalogues: tuple[Catalogue, Catalogue]) -> Iterator[Round]:
    """A closed round for every period that one of the bundles lets the data set be collected over."""
    version, deadline = spec.data_set_version, request.created_at - timedelta(days=1)
    for period in spec.periods:
        if version is not None and any(_collected(spec.data_set, version, period, one) for one in catalogues):
            name = round_id(spec.data_set, period)
            yield Round(name, spec.data_set, version, period, frozenset(), deadline, RoundState.CLOSED)


def _collected(data_set: str, version: int, period: str, catalogue: Catalogue) -> bool:
    try:
        return bool(catalogue.allowed_periods(catalogue.data_set(data_set, version), period))
    except NotFound:
        return False
