"""How events are found: one index to walk along, whatever the question, so that a page takes as long at any depth.

Each column that is searched by has an index that ends in the time and id by which pages go on. Words and persons have
`audit_terms`, whose key ends in the same. What only narrows further is looked at row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, union

from service.adapters.database.audit_tables import audit_terms, evidence_inputs, release_inputs, submission_persons
from service.adapters.database.columns import PlainText
from service.adapters.database.objection_tables import evidence_left_out, release_left_out
from service.adapters.database.paging import newest_first
from service.adapters.database.tables import audit_events, evidence
from service.domain.audit import APPROVING, Outcome
from service.domain.audit_terms import person_digest, person_term
from service.ports.unit_of_work import AuditFilter

_E = audit_events.c
_SHOWN = select(_E.recorded, _E.id, _E.log_index, _E.salt, _E.payload)
_COUNTED = 1_000
_HOUR = {"sqlite": "%Y-%m-%dT%H:00:00", "postgresql": "hour"}


def found_events(
    filters: AuditFilter, words: Sequence[str], after: tuple[datetime, str] | None, limit: int
) -> Select[Any]:
    """The events that the filters let through and that are older than `after`, newest first.

    `words` are the terms of `filters.reason`, of which the first is walked along.
    """
    if filters.person is not None:
        matched = _about(filters.person)
        query = _SHOWN.join(matched, matched.c.id == _E.id)
        return newest_first(query.where(*_conditions(filters)), _E.recorded, _E.id, after, limit)
    if not words:
        return newest_first(_SHOWN.where(*_conditions(filters)), _E.recorded, _E.id, after, limit)
    first, *others = words
    query = _SHOWN.join(audit_terms, audit_terms.c.event == _E.id).where(_term(first), *_conditions(filters))
    for word in others:
        other = audit_terms.alias()
        query = query.where(
            select(other.c.event)
            .where(
                other.c.term == literal(word, PlainText),
                other.c.recorded == _E.recorded,
                other.c.event == _E.id,
            )
            .exists()
        )
    return newest_first(query, audit_terms.c.recorded, audit_terms.c.event, after, limit)


def how_common(term: str) -> Select[Any]:
    """How many events have a term, counted no further than tells which of several is the rarest."""
    some = select(audit_terms.c.event).where(_term(term)).limit(_COUNTED).subquery()
    return select(func.count().label("events")).select_from(some)


def readings_of(objects: Sequence[str], code: str) -> Select[Any]:
    """How often, first and last each organisation read each of these objects, by events of this code."""
    return (
        select(
            _E.object_id,
            _E.organisation,
            func.count().label("times"),
            func.min(_E.recorded).label("first"),
            func.max(_E.recorded).label("last"),
        )
        .where(
            _E.object_id.in_(objects),
            _E.code == code,
            _E.outcome == Outcome.SUCCESS,
            _E.organisation.is_not(None),
        )
        .group_by(_E.object_id, _E.organisation)
        .order_by(_E.object_id, _E.organisation)
    )


def volumes_between(recorded_from: datetime, recorded_until: datetime, dialect: str) -> Select[Any]:
    """Numbers of events per hour, user, organisation, code and outcome."""
    unit = _HOUR[dialect]
    hour = func.strftime(unit, _E.recorded) if dialect == "sqlite" else func.date_trunc(unit, _E.recorded, "UTC")
    by = (hour, _E.user_id, _E.organisation, _E.code, _E.outcome)
    return (
        select(
            hour.label("hour"),
            _E.user_id.label("user"),
            _E.organisation,
            _E.code,
            _E.outcome,
            func.count().label("count"),
        )
        .where(_E.recorded >= recorded_from, _E.recorded < recorded_until)
        .group_by(*by)
        .order_by(*by)
    )


def approvals_between(recorded_from: datetime, recorded_until: datetime) -> Select[Any]:
    """How many approvals each user gave."""
    return (
        select(_E.user_id, func.count().label("approvals"))
        .join(audit_terms, audit_terms.c.event == _E.id)
        .where(
            _term("reason:approve"),
            audit_terms.c.recorded >= recorded_from,
            audit_terms.c.recorded < recorded_until,
            _E.code.in_(APPROVING),
            _E.outcome == Outcome.SUCCESS,
        )
        .group_by(_E.user_id)
        .order_by(_E.user_id)
    )


def as_hour(value: str | datetime) -> datetime:
    """The begin of an hour as each database gives it, in UTC."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _term(term: str) -> ColumnElement[bool]:
    return audit_terms.c.term == literal(term, PlainText)


def _about(pseudonym: str) -> Any:
    """The events about a person.

    1. Those that name the person: searches of the log itself.
    2. Those over a delivery with the person in it.
    3. Those over the requests and releases that such a delivery went into, unless the person was left out of them.
    """
    person = literal(person_digest(pseudonym))
    deliveries = select(submission_persons.c.submission).where(submission_persons.c.person == person)
    without = evidence_left_out.c.evidence == evidence_inputs.c.evidence, evidence_left_out.c.person == person
    released_without = release_left_out.c.release == release_inputs.c.release, release_left_out.c.person == person
    of_evidence = (
        select(evidence.c.request)
        .join(evidence_inputs, evidence_inputs.c.evidence == evidence.c.id)
        .where(evidence_inputs.c.submission.in_(deliveries))
        .where(~select(evidence_left_out.c.evidence).where(*without).exists())
    )
    of_releases = (
        select(release_inputs.c.release)
        .where(release_inputs.c.submission.in_(deliveries))
        .where(~select(release_left_out.c.release).where(*released_without).exists())
    )
    objects = union(deliveries, of_evidence, of_releases).subquery()
    named = select(audit_terms.c.event.label("id")).where(_term(person_term(pseudonym)))
    over = select(_E.id).where(_E.object_id.in_(select(objects.c[0])))
    return union(named, over).subquery()


def _conditions(filters: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if filters.recorded_from is not None:
        yield _E.recorded >= filters.recorded_from
    if filters.recorded_until is not None:
        until = _E.recorded < filters.recorded_until
        yield until if filters.covered is None else or_(until, _E.log_index < filters.covered)
    if filters.from_place is not None:
        yield or_(_E.log_index >= filters.from_place, _E.log_index.is_(None))
    # As plain text: an action that does not exist is no error, there are no such events.
    for column, wanted in (
        ("user_id", filters.user),
        ("organisation", filters.organisation),
        ("code", filters.code),
        ("action", filters.action),
        ("outcome", filters.outcome),
        ("object_type", filters.object_type),
        ("object_id", filters.object_id),
        ("purpose", filters.purpose),
    ):
        if wanted is not None:
            yield _E[column] == literal(wanted, PlainText)
