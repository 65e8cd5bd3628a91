"""The questions to the policy: one function per action makes the `Query`; nobody else builds the mappings.

Attributes and context hold facts, the rules stand in `policies/authorisation/`. Days are civil days in
Europe/Amsterdam as epoch days. An object that a caller may not know of is passed as None when it does not exist, so
that its absence and another organisation's ownership get the same answer (`not-yours`, `not-expected`).

    every action         context: today, organisationStatus (active, suspended, unknown, none),
                         agreementFrom?, agreementUntil? (of the caller's organisation)
    registerKey          Organisation {name (its id), status}
    issueToken           Organisation {name (its id), status}; + keyOrganisation, keyRevoked
    inviteOrganisation, suspendOrganisation, revokeKey, changeOwnKeys, readOwnOrganisation
                         Organisation {name (its id), status}
    listOrganisations, administer, readMetadata, readPublicFigures, fetchPublicFigures, listRounds, listSubmissions,
    listRequests, listReleases, readAuditLog, searchPersons, readOwnUses, runService
                         Service {}
    readDataSet          Service; + purposeLets (some purpose in force names the organisation and covers the data set)
    createRound, changeRoundState, readDeliveries
                         Round {dataSet, dataSetVersion, expected}
    readRound            Round; + purposeLets
    submit               Round; + organisation, dataSet, dataSetVersion (of the manifest), keyOrganisation, keyRevoked,
                         agreementCovers, consentMissing
    continueSubmission, withdrawSubmission, readSubmission
                         Submission {organisation}
    requestAggregate     Purpose (see `request_facts.purpose_resource`) or UnknownPurpose {}; + the facts of
                         `request_facts.request_context` and of `request_facts.grounds_facts`; newerFrom? (see
                         `frequency.newer_from`)
    listRequests, readRequest, retractRequest, prepareRequest, readEvidence
                         AggregateRequest {organisation, requester}
    reviewRequest        AggregateRequest; + reviewers (of the evidence at hand)
    readRelease, withdrawRelease
                         Release {recipients, public, withdrawn}

Those about purposes and agreements stand in `purpose_facts`, those about objections in `objection_facts`, those about
the calendar and reminders in `reminder_facts`, and what lets a table go out, at an approval and at the release, in
`release_facts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from service.domain.agreement import Grounds
from service.domain.caller import Caller
from service.domain.catalogue import Catalogue
from service.domain.frequency import Given, newer_from
from service.domain.organisation import ClientKey, Organisation
from service.domain.policy import Query, Resource, Value
from service.domain.release import Release
from service.domain.request import AggregateRequest, Evidence, RequestSpec, Review
from service.domain.request_facts import (
    civil_day,
    data_sets_known,
    epoch_day,
    grounds_facts,
    purpose_resource,
    receives,
    recipient_facts,
    request_context,
    request_terms,
    standing,
)
from service.domain.round import Round
from service.domain.submission import Submission

NOBODY = "unknown"


@dataclass(frozen=True, slots=True)
class ManifestClaims:
    """What a manifest says of itself; compared with what the service knows, never believed."""

    organisation: str
    data_set: str
    data_set_version: int


def _organisation(organisation: Organisation | None, organisation_id: str | None = None) -> Resource:
    known = organisation.id if organisation is not None else organisation_id or NOBODY
    return Resource("Organisation", known, {"name": known, "status": standing(organisation)})


def _round(round_: Round | None) -> Resource:
    if round_ is None:
        return Resource("Round", NOBODY, {"dataSet": "", "dataSetVersion": 0, "expected": ()})
    facts: dict[str, Value] = {
        "dataSet": round_.data_set,
        "dataSetVersion": round_.data_set_version,
        "expected": tuple(sorted(round_.expected)),
    }
    return Resource("Round", round_.id, facts)


def _key(key: ClientKey | None) -> dict[str, Value]:
    """A key that is not known belongs to nobody."""
    if key is None:
        return {"keyOrganisation": "", "keyRevoked": False}
    return {"keyOrganisation": key.organisation, "keyRevoked": key.revoked_at is not None}


def _submission(submission: Submission | None) -> Resource:
    if submission is None:
        return Resource("Submission", NOBODY, {"organisation": ""})
    return Resource("Submission", submission.id, {"organisation": submission.organisation})


def _request(request: AggregateRequest | None) -> Resource:
    if request is None:
        return Resource("AggregateRequest", NOBODY, {"organisation": "", "requester": ""})
    facts: dict[str, Value] = {"organisation": request.organisation, "requester": request.requester}
    return Resource("AggregateRequest", request.id, facts)


def _release(release: Release | None) -> Resource:
    if release is None:
        return Resource("Release", NOBODY, {"recipients": (), "public": False, "withdrawn": False})
    facts: dict[str, Value] = {
        "recipients": tuple(sorted(release.recipients)),
        "public": release.public,
        "withdrawn": release.withdrawn_at is not None,
    }
    return Resource("Release", release.id, facts)


# --- organisations and keys ------------------------------------------------------------------------------------------


def may_register_key(caller: Caller, organisation: Organisation | None) -> Query:
    """A stranger with a one-time code (checked by the use case) registers a key for `organisation`."""
    return caller.question("registerKey", _organisation(organisation))


def may_issue_token(caller: Caller, organisation: Organisation | None, key: ClientKey | None) -> Query:
    """A stranger whose assertion was signed with `key` asks for a token for `organisation`."""
    return caller.question("issueToken", _organisation(organisation), _key(key))


def may_invite_organisation(caller: Caller, organisation_id: str) -> Query:
    """An operator lets an organisation in; it may not exist yet."""
    return caller.question("inviteOrganisation", _organisation(None, organisation_id))


def may_suspend_organisation(caller: Caller, organisation: Organisation | None) -> Query:
    """An operator suspends an organisation or lets it in again."""
    return caller.question("suspendOrganisation", _organisation(organisation))


def may_revoke_key(caller: Caller, organisation: Organisation | None) -> Query:
    """An operator revokes a key of an organisation."""
    return caller.question("revokeKey", _organisation(organisation))


def may_change_own_keys(caller: Caller) -> Query:
    """A supplier adds a key to its own, or revokes one."""
    return caller.question("changeOwnKeys", _organisation(caller.organisation))


def may_list_organisations(caller: Caller) -> Query:
    """An operator sees all organisations."""
    return caller.of_service("listOrganisations")


def may_read_own_organisation(caller: Caller) -> Query:
    """Anyone with an organisation reads what is kept of it."""
    return caller.question("readOwnOrganisation", _organisation(caller.organisation))


def may_administer(caller: Caller) -> Query:
    """An operator installs, migrates, sweeps and rotates."""
    return caller.of_service("administer")


# --- catalogue and rounds --------------------------------------------------------------------------------------------


def may_read_metadata(caller: Caller) -> Query:
    """The code lists, for everyone who is known, and the data sets; the use case shows a consumer those it may know."""
    return caller.of_service("readMetadata")


def may_read_public_figures(caller: Caller) -> Query:
    """Public figures, for everyone who is known."""
    return caller.of_service("readPublicFigures")


def may_fetch_public_figures(caller: Caller) -> Query:
    """An operator has public figures fetched from their publisher."""
    return caller.of_service("fetchPublicFigures")


def may_read_data_set(caller: Caller, data_set: str, catalogue: Catalogue) -> Query:
    """The definition of a data set; for a consumer without a purpose for it, it does not exist (`not-yours`)."""
    return caller.question("readDataSet", Resource("Service", "sluis"), _lets(caller, data_set, catalogue))


def _lets(caller: Caller, data_set: str, catalogue: Catalogue) -> Mapping[str, Value]:
    known = data_sets_known(caller.organisation, catalogue, civil_day(caller.at))
    return {"purposeLets": data_set in known}


def may_list_rounds(caller: Caller) -> Query:
    """The rounds; the use case shows a supplier those where it is expected, a consumer those it has a purpose for."""
    return caller.of_service("listRounds")


def may_read_round(caller: Caller, round_: Round | None, catalogue: Catalogue) -> Query:
    """One round; it does not exist for a supplier that is not expected, nor for a consumer without a purpose for it."""
    return caller.question("readRound", _round(round_), _lets(caller, round_.data_set if round_ else "", catalogue))


def may_create_round(caller: Caller, round_: Round) -> Query:
    """A steward plans a round."""
    return caller.question("createRound", _round(round_))


def may_change_round_state(caller: Caller, round_: Round | None) -> Query:
    """A steward opens, closes, reopens or cancels a round."""
    return caller.question("changeRoundState", _round(round_))


def may_read_deliveries(caller: Caller, round_: Round | None) -> Query:
    """A steward sees who delivered."""
    return caller.question("readDeliveries", _round(round_))


# --- submissions -----------------------------------------------------------------------------------------------------


def may_submit(
    caller: Caller, round_: Round | None, manifest: ManifestClaims, key: ClientKey | None, grounds: Grounds
) -> Query:
    """A supplier hands in under a manifest signed with `key`; `grounds` are those of its own figures.

    A round in which it is not expected is to it as one that does not exist, in every fact: `not-expected` says all.
    """
    own = round_ if round_ is not None and caller.principal.organisation in round_.expected else None
    nothing: dict[str, Value] = {
        "dataSet": manifest.data_set,
        "dataSetVersion": manifest.data_set_version,
        "expected": (),
    }
    context: dict[str, Value] = {
        "organisation": manifest.organisation,
        "dataSet": manifest.data_set,
        "dataSetVersion": manifest.data_set_version,
        **_key(key),
        "agreementCovers": own is None or not grounds.without_agreement(),
        "consentMissing": own is not None and bool(grounds.without_consent()),
    }
    return caller.question("submit", _round(own) if own else Resource("Round", NOBODY, nothing), context)


def may_continue_submission(caller: Caller, submission: Submission | None) -> Query:
    """A supplier sends a part, completes or abandons."""
    return caller.question("continueSubmission", _submission(submission))


def may_withdraw_submission(caller: Caller, submission: Submission | None) -> Query:
    """A supplier withdraws a delivery of its own; no agreement is needed to stop delivering."""
    return caller.question("withdrawSubmission", _submission(submission))


def may_list_submissions(caller: Caller) -> Query:
    """A supplier's own submissions, or all for a steward."""
    return caller.of_service("listSubmissions")


def may_read_submission(caller: Caller, submission: Submission | None) -> Query:
    """A supplier's own submission, or its metadata for a steward."""
    return caller.question("readSubmission", _submission(submission))


# --- requests --------------------------------------------------------------------------------------------------------


def may_request_aggregate(
    caller: Caller,
    spec: RequestSpec,
    catalogue: Catalogue,
    rounds: Sequence[Round],
    grounds: Grounds,
    *,
    given: Sequence[Given] = (),
) -> Query:
    """A regional owner asks for a table.

    Args:
        caller: who asks.
        spec: for what.
        catalogue: in force.
        rounds: those that exist for the spec's data set and periods.
        grounds: to use what was delivered for these rounds.
        given: what the caller's organisation got before under the purpose, of the data set.

    A purpose that does not name the caller's organisation is to it as one that does not exist, in every fact.
    """
    recipient = recipient_facts(caller.organisation, caller.principal.organisation)
    if not receives(caller.organisation, spec.purpose, catalogue):
        resource, spec = Resource("UnknownPurpose", spec.purpose), replace(spec, purpose="")
        grounds, newer = Grounds((), asks_consent=False, suppliers=frozenset()), None
    else:
        resource, newer = purpose_resource(spec.purpose, catalogue), newer_from(spec, given, catalogue)
    context = {
        **request_context(spec, catalogue, rounds, civil_day(caller.at)),
        **recipient,
        **grounds_facts(grounds, spec, catalogue),
        **({"newerFrom": epoch_day(newer)} if newer is not None else {}),
    }
    return replace(caller.question("requestAggregate", resource, context), terms=request_terms(spec, catalogue, rounds))


def may_list_requests(caller: Caller) -> Query:
    """The own organisation's requests, or all for a steward."""
    return caller.of_service("listRequests")


def may_read_request(caller: Caller, request: AggregateRequest | None) -> Query:
    """The own organisation's request, or any for a steward."""
    return caller.question("readRequest", _request(request))


def may_retract_request(caller: Caller, request: AggregateRequest | None) -> Query:
    """A regional owner gives up a request of its own organisation."""
    return caller.question("retractRequest", _request(request))


def may_prepare_request(caller: Caller, request: AggregateRequest) -> Query:
    """The worker makes the protected table."""
    return caller.question("prepareRequest", _request(request))


def may_read_evidence(caller: Caller, request: AggregateRequest | None) -> Query:
    """A steward, not the requester, sees what was prepared."""
    return caller.question("readEvidence", _request(request))


def may_review_request(
    caller: Caller, request: AggregateRequest | None, evidence: Evidence | None, reviews: Sequence[Review]
) -> Query:
    """A steward gives a verdict on `evidence`: not the requester's own, and once per person."""
    reviewers = {r.steward for r in reviews if evidence is not None and r.evidence == evidence.id}
    return caller.question("reviewRequest", _request(request), {"reviewers": tuple(sorted(reviewers))})


# --- releases --------------------------------------------------------------------------------------------------------


def may_list_releases(caller: Caller) -> Query:
    """The releases to the own organisation and to everybody, or all for a steward."""
    return caller.of_service("listReleases")


def may_read_release(caller: Caller, release: Release | None) -> Query:
    """A recipient reads a release that was not withdrawn, and everybody a public one; a steward reads any."""
    return caller.question("readRelease", _release(release))


def may_withdraw_release(caller: Caller, release: Release | None) -> Query:
    """A steward withdraws a release."""
    return caller.question("withdrawRelease", _release(release))


# --- the log ---------------------------------------------------------------------------------------------------------


def may_read_audit_log(caller: Caller) -> Query:
    """An auditor reads who did what."""
    return caller.of_service("readAuditLog")


def may_search_persons(caller: Caller) -> Query:
    """An auditor finds who touched data about one person, by pseudonym (Wabvpz article 15e)."""
    return caller.of_service("searchPersons")


def may_read_own_uses(caller: Caller) -> Query:
    """A supplier sees what became of its own deliveries."""
    return caller.of_service("readOwnUses")


def may_run_service(caller: Caller) -> Query:
    """The service itself starts, stops, and looks at its clock and configuration."""
    return caller.of_service("runService")
