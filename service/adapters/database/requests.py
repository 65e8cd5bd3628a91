"""Requests for aggregates, what was prepared for them, and what the stewards said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import exists, func, insert, or_, select, update

from service.adapters.database.audit_tables import evidence_inputs
from service.adapters.database.columns import canonical, storable_text
from service.adapters.database.objection_tables import evidence_left_out
from service.adapters.database.paging import newest_first
from service.adapters.database.tables import evidence, release_recipients, releases, requests, reviews
from service.adapters.database.transaction import Row, Transaction
from service.domain.errors import Invalid, NotFound
from service.domain.frequency import Given
from service.domain.request import (
    OPEN_STATES,
    AggregateRequest,
    Evidence,
    RequestedDimension,
    RequestSpec,
    RequestState,
    Review,
)
from service.ports.unit_of_work import Page

_UNDER_REVIEW = OPEN_STATES - {RequestState.PERMITTED}
_FIRST = 1
"""The version of a data set in requests of before data sets had several."""


class SqlRequests:
    """Implements `service.ports.unit_of_work.Requests`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, request: AggregateRequest) -> None:
        """A denied one too: a denial is a result."""
        self._transaction.write(insert(requests).values(**_row(request)))

    def save(self, request: AggregateRequest) -> None:
        """NotFound when it was never added."""
        if not self._transaction.write(update(requests).where(requests.c.id == request.id).values(**_row(request))):
            raise NotFound("request")

    def get(self, request: str, *, lock: bool = False) -> AggregateRequest:
        """NotFound when there is none."""
        found = self._transaction.row(select(requests).where(requests.c.id == request), lock=lock)
        if found is None:
            raise NotFound("request")
        return _request(found)

    def page(
        self, page: Page, *, organisation: str | None = None, state: RequestState | None = None
    ) -> Sequence[AggregateRequest]:
        """Newest first; the cursor is the id of the last one seen, Invalid when the organisation has no such one."""
        query = select(requests)
        place = select(requests.c.created_at, requests.c.id).where(requests.c.id == page.cursor)
        if organisation is not None:
            query = query.where(requests.c.organisation == organisation)
            place = place.where(requests.c.organisation == organisation)
        if state is not None:
            query = query.where(requests.c.state == state)
        after = None
        if page.cursor is not None:
            last = self._transaction.row(place)
            if last is None:
                raise Invalid("cursor")
            after = (last["created_at"], last["id"])
        query = newest_first(query, requests.c.created_at, requests.c.id, after, page.limit)
        return [_request(row) for row in self._transaction.rows(query)]

    def under_review(self, data_set: str) -> Sequence[AggregateRequest]:
        """What a lock was waited for may have ended meanwhile: such a one is left out."""
        resting = select(requests.c.id, requests.c.spec).where(requests.c.state.in_(_UNDER_REVIEW))
        ids = [
            row["id"]
            for row in self._transaction.rows(resting.order_by(requests.c.id))
            if json.loads(row["spec"])["data_set"] == data_set
        ]
        found = [self.get(request, lock=True) for request in ids]
        return [request for request in found if request.state in _UNDER_REVIEW]

    def count_open(self, organisation: str) -> int:
        """Call it before `add`: whoever waited here counts what the one before added."""
        self._transaction.take_turn("requests", organisation)
        theirs = (requests.c.organisation == organisation, requests.c.state.in_(OPEN_STATES))
        found = self._transaction.row(select(func.count().label("open")).where(*theirs))
        return int(found["open"]) if found else 0

    def given(self, organisation: str, data_set: str, purpose: str) -> Sequence[Given]:
        """Reads no content of releases."""
        theirs = select(requests.c.spec, releases.c.released_at).join(releases, releases.c.request == requests.c.id)
        received = exists().where(
            release_recipients.c.release == releases.c.id, release_recipients.c.organisation == organisation
        )
        query = theirs.where(
            or_(received, releases.c.public),
            releases.c.data_set == data_set,
            releases.c.purpose == purpose,
            releases.c.withdrawn_at.is_(None),
        )
        rows = self._transaction.rows(query.order_by(releases.c.released_at, releases.c.id))
        return [Given(_spec(json.loads(row["spec"])), row["released_at"]) for row in rows]

    def add_evidence(self, evidence_: Evidence) -> None:
        """Evidence is only ever added."""
        row = {name: value for name, value in asdict(evidence_).items() if name != "left_out"}
        self._transaction.write(insert(evidence).values(**row))
        inputs = [{"evidence": evidence_.id, "submission": delivery} for delivery in sorted(set(evidence_.inputs))]
        self._transaction.write(insert(evidence_inputs), inputs)
        left_out = [
            {"evidence": evidence_.id, "submission": delivery, "person": bytes.fromhex(person)}
            for delivery, person in evidence_.left_out
        ]
        self._transaction.write(insert(evidence_left_out), left_out)

    def evidence(self, request: str) -> Evidence | None:
        """The newest, by time and then by id."""
        query = select(evidence).where(evidence.c.request == request)
        found = self._transaction.row(query.order_by(evidence.c.made_at.desc(), evidence.c.id.desc()).limit(1))
        if found is None:
            return None
        rows = self._transaction.rows(select(evidence_left_out).where(evidence_left_out.c.evidence == found["id"]))
        left_out = sorted((row["submission"], row["person"].hex()) for row in rows)
        return Evidence(**found, left_out=tuple(left_out))

    def add_review(self, review: Review) -> None:
        """Conflict `reviewed-already`: a steward says one thing of one evidence."""
        self._transaction.write(insert(reviews).values(**asdict(review)))

    def reviews(self, request: str, evidence: str) -> Sequence[Review]:
        """In order of time."""
        query = select(reviews).where(reviews.c.request == request, reviews.c.evidence == evidence)
        return [Review(**row) for row in self._transaction.rows(query.order_by(reviews.c.at, reviews.c.steward))]


def _row(request: AggregateRequest) -> Row:
    return {
        "id": request.id,
        "requester": request.requester,
        "organisation": request.organisation,
        "spec": storable_text(canonical(asdict(request.spec))),
        "state": request.state,
        "created_at": request.created_at,
        "decision": request.decision,
        "policy_hash": request.policy_hash,
        "purpose_version": request.purpose_version,
        "release": request.release,
    }


def _request(row: Mapping[str, Any]) -> AggregateRequest:
    return AggregateRequest(
        id=row["id"],
        requester=row["requester"],
        organisation=row["organisation"],
        spec=_spec(json.loads(row["spec"])),
        state=row["state"],
        created_at=row["created_at"],
        decision=row["decision"],
        policy_hash=row["policy_hash"],
        purpose_version=row["purpose_version"],
        release=row["release"],
    )


def _spec(stored: Mapping[str, Any]) -> RequestSpec:
    return RequestSpec(
        data_set=stored["data_set"],
        purpose=stored["purpose"],
        dimensions=tuple(
            RequestedDimension(**{**dimension, "only": tuple(dimension.get("only", ()))})
            for dimension in stored["dimensions"]
        ),
        periods=tuple(stored["periods"]),
        measures=tuple(stored["measures"]),
        bottleneck=stored["bottleneck"],
        necessity=stored["necessity"],
        why_nothing_less=stored["why_nothing_less"],
        data_set_version=stored.get("data_set_version", _FIRST),
    )
