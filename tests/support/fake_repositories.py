"""The repositories of the fake database; the contract suite holds them to what the real ones do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from fake_tables import FakeTransaction, Tables

from service.adapters.database import RowRefused
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.frequency import Given
from service.domain.noise_budget import Charge, Drawing
from service.domain.organisation import ClientKey, Invitation, Organisation
from service.domain.release import Certificate, Release
from service.domain.request import OPEN_STATES, AggregateRequest, Evidence, RequestState, Review
from service.domain.round import Round
from service.domain.submission import CountingPart, Submission, SubmissionState, UploadPart
from service.ports.regions import Reader
from service.ports.unit_of_work import Page

Item = TypeVar("Item")


class FakeOrganisations:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, organisation: Organisation) -> None:
        if organisation.id in self._t.write(organisation).organisations:
            self._t.refuse(Conflict("organisation-exists"))
        self._t.write().organisations[organisation.id] = organisation

    def save(self, organisation: Organisation) -> None:
        present(self._t.write(organisation).organisations, organisation.id, "organisation")
        self._t.write().organisations[organisation.id] = organisation

    def get(self, organisation: str) -> Organisation:
        tables = self._t.read(organisation)
        return _as_changed(tables, present(tables.organisations, organisation, "organisation"))

    def all(self) -> Sequence[Organisation]:
        tables = self._t.read()
        return [_as_changed(tables, found) for _, found in sorted(tables.organisations.items())]

    def add_invitation(self, invitation: Invitation) -> None:
        tables = self._t.write(invitation)
        self._t.require(tables.organisations, invitation.organisation)
        if invitation.code_hash in tables.invitations:
            self._t.refuse(RowRefused("pk_invitations"))
        tables.invitations[invitation.code_hash] = invitation

    def find_invitation(self, code_hash: str) -> Invitation | None:
        return self._t.write(code_hash).invitations.get(code_hash)

    def save_invitation(self, invitation: Invitation) -> None:
        present(self._t.write(invitation).invitations, invitation.code_hash, "invitation")
        self._t.write().invitations[invitation.code_hash] = invitation

    def add_key(self, key: ClientKey) -> None:
        tables = self._t.write(key)
        if key.key_id in tables.keys:
            self._t.refuse(Conflict("key-exists"))
        self._t.require(tables.organisations, key.organisation)
        tables.keys[key.key_id] = key

    def find_key(self, key_id: str) -> ClientKey | None:
        return self._t.read(key_id).keys.get(key_id)

    def save_key(self, key: ClientKey) -> None:
        present(self._t.write(key).keys, key.key_id, "key")
        self._t.write().keys[key.key_id] = key

    def keys_of(self, organisation: str) -> Sequence[ClientKey]:
        found = [key for key in self._t.read(organisation).keys.values() if key.organisation == organisation]
        return sorted(found, key=lambda key: (key.registered_at, key.key_id))


def _as_changed(tables: Tables, organisation: Organisation) -> Organisation:
    theirs = [
        change.as_held()
        for _, change in sorted(tables.region_changes.items())
        if change.organisation == organisation.id
    ]
    held = [later for later in theirs if later is not None]
    later = tuple(sorted(held, key=lambda one: (one.since, one.approved_at)))
    return replace(organisation, later_regions=later)


class FakeUsedTokens:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def remember(self, issuer: str, jti: str, until: datetime) -> bool:
        tokens = self._t.write(issuer, jti, until).tokens
        if (issuer, jti) in tokens:
            return False
        tokens[issuer, jti] = until
        return True

    def forget(self, before: datetime) -> None:
        tokens = self._t.write(before).tokens
        for key in [key for key, until in tokens.items() if until < before]:
            del tokens[key]


class FakeRounds:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, round_: Round, wrapped_key: str) -> None:
        tables = self._t.write(round_, wrapped_key)
        taken = {(other.data_set, other.period) for other in tables.rounds.values()}
        if round_.id in tables.rounds or (round_.data_set, round_.period) in taken:
            self._t.refuse(Conflict("round-exists"))
        self._t.require(tables.organisations, *round_.expected)
        tables.rounds[round_.id] = round_
        tables.wrapped_keys[round_.id] = wrapped_key

    def save(self, round_: Round) -> None:
        tables = self._t.write(round_)
        present(tables.rounds, round_.id, "round")
        self._t.require(tables.organisations, *round_.expected)
        tables.rounds[round_.id] = round_

    def get(self, round_: str, *, lock: bool = False) -> Round:
        return present(_opened(self._t, lock, round_).rounds, round_, "round")

    def take_turn(self, round_: str, supplier: str) -> None:
        self._t.write(round_, supplier)

    def page(
        self, page: Page, *, expected: str | None = None, data_sets: Collection[str] | None = None
    ) -> Sequence[Round]:
        found = [
            round_
            for id_, round_ in sorted(self._t.read(page.cursor, expected).rounds.items())
            if (page.cursor is None or id_ > page.cursor)
            and (expected is None or expected in round_.expected)
            and (data_sets is None or round_.data_set in data_sets)
        ]
        return found[: page.limit]

    def wrapped_key(self, round_: str) -> str:
        return present(self._t.read(round_).wrapped_keys, round_, "round")


class FakeSubmissions:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, submission: Submission) -> None:
        tables = self._t.write(submission)
        self._t.require(tables.organisations, submission.organisation)
        self._t.require(tables.rounds, submission.round)
        if submission.id in tables.submissions:
            self._t.refuse(RowRefused("pk_submissions"))
        self._keep_unique(submission)
        tables.submissions[submission.id] = submission

    def save(self, submission: Submission) -> None:
        tables = self._t.write(submission)
        present(tables.submissions, submission.id, "submission")
        self._keep_unique(submission)
        tables.submissions[submission.id] = submission

    def get(self, submission: str, *, lock: bool = False) -> Submission:
        return present(_opened(self._t, lock, submission).submissions, submission, "submission")

    def find_by_key(self, organisation: str, idempotency_key: str) -> Submission | None:
        return self._find(lambda s: (s.organisation, s.idempotency_key) == (organisation, idempotency_key))

    def find_by_manifest(self, organisation: str, manifest_digest: str) -> Submission | None:
        return self._find(lambda s: (s.organisation, s.manifest_digest) == (organisation, manifest_digest))

    def counting(self, organisation: str, round_: str) -> Submission | None:
        wanted = (organisation, round_, SubmissionState.ACCEPTED)
        return self._find(lambda s: (s.organisation, s.round, s.state) == wanted)

    def last_version(self, organisation: str, round_: str) -> int:
        every = self._t.read(organisation, round_).submissions.values()
        return max((s.version for s in every if (s.organisation, s.round) == (organisation, round_)), default=0)

    def withdrawn(self, deliveries: Collection[str]) -> frozenset[str]:
        every = self._t.read(*deliveries).submissions.values()
        return frozenset(s.id for s in every if s.id in deliveries and s.state == SubmissionState.WITHDRAWN)

    def page(
        self,
        page: Page,
        *,
        organisation: str | None = None,
        round_: str | None = None,
        state: SubmissionState | None = None,
    ) -> Sequence[Submission]:
        every = self._t.read(page.cursor, organisation, round_).submissions.values()
        theirs = [s for s in every if organisation in {None, s.organisation}]
        older = _older(theirs, page.cursor, lambda s: (s.received_at, s.id))
        return [s for s in older if round_ in {None, s.round} and state in {None, s.state}][: page.limit]

    def counting_parts(self, rounds: Sequence[str]) -> Sequence[CountingPart]:
        tables = self._t.read(*rounds)
        counting = [s for s in tables.submissions.values() if s.round in rounds and s.state == SubmissionState.ACCEPTED]
        return self._parts(tables, counting)

    def parts_of(self, deliveries: Sequence[str]) -> Sequence[CountingPart]:
        tables = self._t.read(*deliveries)
        return self._parts(tables, [s for s in tables.submissions.values() if s.id in deliveries and s.part])

    @staticmethod
    def _parts(tables: Tables, submissions: Sequence[Submission]) -> Sequence[CountingPart]:
        return [
            CountingPart(
                part=s.part or "",
                submission=s.id,
                organisation=s.organisation,
                holding=tables.organisations[s.organisation].holding,
                round=s.round,
                rows=s.rows or 0,
                content_digest=s.content_digest,
                manifest_digest=s.manifest_digest,
            )
            for s in sorted(submissions, key=lambda s: (s.round, s.organisation))
        ]

    def add_piece(self, piece: UploadPart) -> None:
        tables = self._t.write(piece)
        if piece.number < 0 or piece.size < 0:
            self._t.refuse(RowRefused("ck_upload_parts"))
        if (piece.submission, piece.number) in tables.pieces:
            self._t.refuse(Conflict("part-exists"))
        self._t.require(tables.submissions, piece.submission)
        tables.pieces[piece.submission, piece.number] = piece

    def pieces(self, submission: str) -> Sequence[UploadPart]:
        return [piece for (of, _), piece in sorted(self._t.read(submission).pieces.items()) if of == submission]

    def drop_pieces(self, submission: str) -> None:
        pieces = self._t.write(submission).pieces
        for key in [key for key in pieces if key[0] == submission]:
            del pieces[key]

    def stored_names(self) -> frozenset[str]:
        tables = self._t.read()
        parts = {s.part for s in tables.submissions.values() if s.part is not None}
        return frozenset(parts | {piece.stored_as for piece in tables.pieces.values()})

    def add_persons(self, submission: str, persons: Collection[bytes]) -> None:
        tables = self._t.write(submission)
        if persons:
            self._t.require(tables.submissions, submission)
        for person in persons:
            tables.persons[person, submission] = None

    def announced(self, organisation: str) -> Sequence[str]:
        found = self._t.read().submissions.values()
        return [s.manifest for s in found if s.organisation == organisation and s.state is SubmissionState.RECEIVING]

    def stale(self, received_before: datetime) -> Sequence[Submission]:
        every = self._t.read(received_before).submissions.values()
        found = [s for s in every if s.state == SubmissionState.RECEIVING and s.received_at < received_before]
        return sorted(found, key=lambda s: (s.received_at, s.id))

    def _find(self, wanted: Callable[[Submission], bool]) -> Submission | None:
        return next((s for s in self._t.read().submissions.values() if wanted(s)), None)

    def _keep_unique(self, new: Submission) -> None:
        complete = None not in {new.part, new.rows, new.accepted_at}
        if (new.state == SubmissionState.ACCEPTED and not complete) or (new.rows or 0) < 0:
            self._t.refuse(RowRefused("ck_submissions"))
        self._t.require(self._t.read().submissions, new.corrects)
        numbered = {SubmissionState.ACCEPTED, SubmissionState.SUPERSEDED, SubmissionState.WITHDRAWN}
        for other in self._t.read().submissions.values():
            if other.id == new.id:
                continue
            if other.organisation == new.organisation and other.idempotency_key == new.idempotency_key:
                self._t.refuse(Conflict("idempotency-key-reused"))
            if other.organisation == new.organisation and other.manifest_digest == new.manifest_digest:
                self._t.refuse(Conflict("manifest-known"))
            if (other.organisation, other.round) == (new.organisation, new.round) and {
                other.state,
                new.state,
            } <= numbered:
                both_count = other.state == new.state == SubmissionState.ACCEPTED
                if both_count or other.version == new.version:
                    self._t.refuse(Conflict("already-delivered"))


class FakeRequests:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, request: AggregateRequest) -> None:
        tables = self._t.write(request)
        self._t.require(tables.organisations, request.organisation)
        if request.id in tables.requests:
            self._t.refuse(RowRefused("pk_requests"))
        self._put(request)

    def save(self, request: AggregateRequest) -> None:
        present(self._t.write(request).requests, request.id, "request")
        self._put(request)

    def get(self, request: str, *, lock: bool = False) -> AggregateRequest:
        return present(_opened(self._t, lock, request).requests, request, "request")

    def page(
        self, page: Page, *, organisation: str | None = None, state: RequestState | None = None
    ) -> Sequence[AggregateRequest]:
        every = self._t.read(page.cursor, organisation).requests.values()
        theirs = [r for r in every if organisation in {None, r.organisation}]
        older = _older(theirs, page.cursor, lambda r: (r.created_at, r.id))
        return [r for r in older if state in {None, r.state}][: page.limit]

    def under_review(self, data_set: str) -> Sequence[AggregateRequest]:
        wanted = OPEN_STATES - {RequestState.PERMITTED}
        every = self._t.write(data_set).requests.values()
        found = [r for r in every if r.state in wanted and r.spec.data_set == data_set]
        return sorted(found, key=lambda r: r.id)

    def count_open(self, organisation: str) -> int:
        every = self._t.write(organisation).requests.values()
        return len([r for r in every if r.organisation == organisation and r.state in OPEN_STATES])

    def given(self, organisation: str, data_set: str, purpose: str) -> Sequence[Given]:
        tables = self._t.read(organisation, data_set, purpose)
        found = []
        for release in sorted(tables.releases.values(), key=lambda r: (r.released_at, r.id)):
            request = tables.requests[release.request]
            received = release.public or organisation in release.recipients
            asked = (release.data_set, release.purpose)
            if received and asked == (data_set, purpose) and release.withdrawn_at is None:
                found.append(Given(request.spec, release.released_at))
        return found

    def add_evidence(self, evidence: Evidence) -> None:
        tables = self._t.write(evidence)
        self._t.require(tables.requests, evidence.request)
        if evidence.id in tables.evidence:
            self._t.refuse(RowRefused("pk_evidence"))
        tables.evidence[evidence.id] = evidence

    def evidence(self, request: str) -> Evidence | None:
        found = [e for e in self._t.read(request).evidence.values() if e.request == request]
        return max(found, key=lambda e: (e.made_at, e.id), default=None)

    def add_review(self, review: Review) -> None:
        tables = self._t.write(review)
        if (review.evidence, review.steward) in tables.reviews:
            self._t.refuse(Conflict("reviewed-already"))
        known = tables.evidence.get(review.evidence)
        if known is None or known.request != review.request:
            self._t.refuse(RowRefused("foreign key"))
        tables.reviews[review.evidence, review.steward] = review

    def reviews(self, request: str, evidence: str) -> Sequence[Review]:
        every = self._t.read(request, evidence).reviews.values()
        found = [r for r in every if (r.request, r.evidence) == (request, evidence)]
        return sorted(found, key=lambda r: (r.at, r.steward))

    def _put(self, request: AggregateRequest) -> None:
        if (request.state == RequestState.RELEASED) != (request.release is not None):
            self._t.refuse(RowRefused("ck_requests_released_has_release"))
        self._t.write().requests[request.id] = request


class FakeReleases:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def lock_facts(self, data_set: str) -> None:
        self._t.write(data_set)

    def add(self, release: Release) -> None:
        tables = self._t.write(release)
        self._t.require(tables.organisations, *release.recipients)
        self._t.require(tables.requests, release.request)
        versions = {(other.request, other.version) for other in tables.releases.values()}
        half_withdrawn = (release.withdrawn_at is None) != (release.withdrawal_reason is None)
        if release.id in tables.releases or (release.request, release.version) in versions or half_withdrawn:
            self._t.refuse(RowRefused("releases"))
        tables.releases[release.id] = release

    def withdraw(self, release: str, at: datetime, reason: str) -> None:
        tables = self._t.write(release, at, reason)
        found = present(tables.releases, release, "release")
        if found.withdrawn_at is not None:
            raise Conflict("release-withdrawn")
        tables.releases[release] = replace(found, withdrawn_at=at, withdrawal_reason=reason)

    def get(self, release: str) -> Release:
        return present(self._t.read(release).releases, release, "release")

    def newest_of(self, request: str) -> Release | None:
        theirs = [r for r in self._t.read(request).releases.values() if r.request == request]
        return max(theirs, key=lambda r: r.version, default=None)

    def any_of(self, submission: str) -> bool:
        return any(submission in release.inputs for release in self._t.read(submission).releases.values())

    def add_certificate(self, certificate: Certificate) -> None:
        tables = self._t.write(certificate)
        self._t.require(tables.releases, certificate.release)
        if certificate.release in tables.certificates:
            self._t.refuse(RowRefused("certificates"))
        tables.certificates[certificate.release] = certificate

    def certificate(self, release: str) -> Certificate | None:
        return self._t.read(release).certificates.get(release)

    def page(self, page: Page, *, reader: Reader | None = None) -> Sequence[Release]:
        tables = self._t.read(page.cursor, reader)
        theirs = [r for r in tables.releases.values() if reader is None or _readable(tables, r, reader)]
        return _older(theirs, page.cursor, lambda r: (r.released_at, r.id))[: page.limit]

    def made_of(self, supplier: str, page: Page) -> Sequence[tuple[Release, Sequence[Submission]]]:
        tables = self._t.read(page.cursor, supplier)
        own = {
            release.id: [
                s for s in tables.submissions.values() if s.id in release.inputs and s.organisation == supplier
            ]
            for release in tables.releases.values()
        }
        theirs = [r for r in tables.releases.values() if own[r.id] and r.id in tables.certificates]
        older = _older(theirs, page.cursor, lambda r: (r.released_at, r.id))[: page.limit]
        return [(release, sorted(own[release.id], key=lambda s: (s.round, s.id))) for release in older]

    def over(self, data_set: str) -> Sequence[Release]:
        found = [r for r in self._t.read(data_set).releases.values() if r.data_set == data_set]
        return sorted(found, key=lambda r: (r.released_at, r.id))

    def revised(self, among: Sequence[str], *, reader: Reader | None = None) -> Mapping[str, str]:
        tables = self._t.read(*among)
        every = [r for r in tables.releases.values() if reader is None or _readable(tables, r, reader)]
        readable = [r for r in sorted(every, key=lambda r: (r.released_at, r.id)) if r.withdrawn_at is None]
        newest = {revised: r.id for r in readable for revised in r.revises}
        return {release: newest[release] for release in among if release in newest}


def _readable(tables: Tables, release: Release, reader: Reader) -> bool:
    received = reader.organisation in release.recipients and release.regions <= reader.regions
    return (release.public or received) and release.id in tables.certificates


class FakeDrawings:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, drawing: Drawing) -> None:
        tables, charge = self._t.write(drawing), drawing.charge
        if charge.drawing in tables.drawings or not 0 < charge.loss <= charge.budget:
            self._t.refuse(RowRefused("drawings"))
        tables.drawings[charge.drawing] = drawing

    def find(self, drawing: str) -> Drawing | None:
        return self._t.read(drawing).drawings.get(drawing)

    def charges(self, data_set: str) -> Sequence[Charge]:
        found = [d.charge for d in self._t.read(data_set).drawings.values() if d.charge.data_set == data_set]
        return sorted(found, key=lambda charge: (charge.drawn_at, charge.drawing))


def present(table: Mapping[str, Item], key: str, kind: str) -> Item:
    if key not in table:
        raise NotFound(kind)
    return table[key]


def _opened(transaction: FakeTransaction, lock: bool, id_: str) -> Tables:
    return transaction.write(id_) if lock else transaction.read(id_)


def _older(items: Sequence[Item], cursor: str | None, place: Callable[[Item], tuple[datetime, str]]) -> list[Item]:
    newest_first = sorted(items, key=place, reverse=True)
    if cursor is None:
        return newest_first
    places = [place(item)[1] for item in newest_first]
    if cursor not in places:
        raise Invalid("cursor")
    return newest_first[places.index(cursor) + 1 :]
