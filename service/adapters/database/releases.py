"""Releases: added once, withdrawn at most once, and never changed otherwise; triggers hold this in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, true, update

from service.adapters.database.audit_tables import release_inputs
from service.adapters.database.objection_tables import release_left_out
from service.adapters.database.paging import newest_first
from service.adapters.database.region_tables import release_regions
from service.adapters.database.tables import certificates, release_recipients, releases, submissions
from service.adapters.database.transaction import Row, Transaction
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.objection import LeftOut
from service.domain.release import Certificate, Release
from service.domain.submission import Submission
from service.ports.regions import Reader
from service.ports.unit_of_work import Page

_PUBLISHED = releases.c.id.in_(select(certificates.c.release))


def _readable_by(reader: Reader) -> ColumnElement[bool]:
    """Released to them or to everybody, and published: what is sealed only shows to no reader that it is coming.

    What is of a region that they do not stand for any more is not theirs to read either.
    """
    received = select(release_recipients.c.release).where(release_recipients.c.organisation == reader.organisation)
    elsewhere = select(release_regions.c.release).where(release_regions.c.region.not_in(sorted(reader.regions)))
    return (releases.c.id.in_(received) & releases.c.id.not_in(elsewhere) | releases.c.public) & _PUBLISHED


class SqlReleases:
    """Implements `service.ports.unit_of_work.Releases`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def lock_facts(self, data_set: str) -> None:
        """Call it before `over`: whoever waited here sees what the one before released."""
        self._transaction.take_turn("facts", data_set)

    def add(self, release: Release) -> None:
        """Recipients, regions and inputs first: the database lets none be added to a release that exists."""
        recipients = [{"release": release.id, "organisation": recipient} for recipient in sorted(release.recipients)]
        self._transaction.write(insert(release_recipients), recipients)
        regions = [{"release": release.id, "region": region} for region in sorted(release.regions)]
        self._transaction.write(insert(release_regions), regions)
        inputs = [{"release": release.id, "submission": delivery} for delivery in sorted(set(release.inputs))]
        self._transaction.write(insert(release_inputs), inputs)
        left_out = [
            {"release": release.id, "submission": delivery, "person": bytes.fromhex(person)}
            for delivery, person in release.left_out
        ]
        self._transaction.write(insert(release_left_out), left_out)
        self._transaction.write(insert(releases).values(**_row(release)))

    def withdraw(self, release: str, at: datetime, reason: str) -> None:
        """NotFound when there is none; Conflict `release-withdrawn` when it was withdrawn before."""
        change = update(releases).where(releases.c.id == release, releases.c.withdrawn_at.is_(None))
        if not self._transaction.write(change.values(withdrawn_at=at, withdrawal_reason=reason)):
            self.get(release)
            raise Conflict("release-withdrawn")

    def get(self, release: str) -> Release:
        """NotFound when there is none."""
        found = self._transaction.row(select(releases).where(releases.c.id == release))
        if found is None:
            raise NotFound("release")
        return self._releases([found])[0]

    def newest_of(self, request: str) -> Release | None:
        """The newest release of the request, published or not."""
        found = select(releases).where(releases.c.request == request).order_by(releases.c.version.desc()).limit(1)
        rows = self._releases(self._transaction.rows(found))
        return rows[0] if rows else None

    def any_of(self, submission: str) -> bool:
        """Published, sealed or withdrawn."""
        found = select(release_inputs.c.release).where(release_inputs.c.submission == submission).limit(1)
        return self._transaction.row(found) is not None

    def add_certificate(self, certificate: Certificate) -> None:
        """Kept as it is from here."""
        row = {
            "release": certificate.release,
            "content": certificate.content,
            "key_id": certificate.key_id,
            "signature": certificate.signature,
            "made_at": certificate.made_at,
        }
        self._transaction.write(insert(certificates), row)

    def certificate(self, release: str) -> Certificate | None:
        """None for one that is not published, or is from before there was a log."""
        found = self._transaction.row(select(certificates).where(certificates.c.release == release))
        return None if found is None else Certificate(**found)

    def page(self, page: Page, *, reader: Reader | None = None) -> Sequence[Release]:
        """Newest first, a reader's own that are published; Invalid for a cursor that is none of them."""
        theirs: ColumnElement[bool] = true()
        if reader is not None:
            theirs = _readable_by(reader)
        query = newest_first(
            select(releases).where(theirs), releases.c.released_at, releases.c.id, self._after(page, theirs), page.limit
        )
        return self._releases(self._transaction.rows(query))

    def made_of(self, supplier: str, page: Page) -> Sequence[tuple[Release, Sequence[Submission]]]:
        """Published ones, newest first; the cursor is the last one seen, Invalid when it is not the supplier's."""
        own = (
            select(release_inputs.c.release, submissions)
            .join(submissions, submissions.c.id == release_inputs.c.submission)
            .where(submissions.c.organisation == supplier)
        )
        theirs = releases.c.id.in_(own.with_only_columns(release_inputs.c.release)) & _PUBLISHED
        query = newest_first(
            select(releases).where(theirs), releases.c.released_at, releases.c.id, self._after(page, theirs), page.limit
        )
        found = self._releases(self._transaction.rows(query))
        deliveries: defaultdict[str, list[Submission]] = defaultdict(list)
        among = own.where(release_inputs.c.release.in_([release.id for release in found]))
        for row in self._transaction.rows(among.order_by(submissions.c.round, submissions.c.id)):
            deliveries[row["release"]].append(Submission(**{k: v for k, v in row.items() if k != "release"}))
        return [(release, deliveries[release.id]) for release in found]

    def over(self, data_set: str) -> Sequence[Release]:
        """In the order of release, withdrawn ones too."""
        query = select(releases).where(releases.c.data_set == data_set)
        return self._releases(self._transaction.rows(query.order_by(releases.c.released_at, releases.c.id)))

    def revised(self, among: Sequence[str], *, reader: Reader | None = None) -> Mapping[str, str]:
        """Reads no content: a list of releases asks this of all of them at once."""
        data_sets = select(releases.c.data_set).where(releases.c.id.in_(among))
        query = select(releases.c.id, releases.c.revises).where(
            releases.c.data_set.in_(data_sets), releases.c.revises != (), releases.c.withdrawn_at.is_(None)
        )
        if reader is not None:
            query = query.where(_readable_by(reader))
        found = self._transaction.rows(query.order_by(releases.c.released_at, releases.c.id))
        newest = {revised: row["id"] for row in found for revised in row["revises"]}
        return {release: newest[release] for release in among if release in newest}

    def _after(self, page: Page, theirs: ColumnElement[bool]) -> tuple[datetime, str] | None:
        """The place of the cursor, among those that the reader may know of."""
        if page.cursor is None:
            return None
        place = select(releases.c.released_at, releases.c.id).where(releases.c.id == page.cursor, theirs)
        last = self._transaction.row(place)
        if last is None:
            raise Invalid("cursor")
        return last["released_at"], last["id"]

    def _releases(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Release]:
        recipients: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        ids = [row["id"] for row in rows]
        for row in self._transaction.rows(select(release_recipients).where(release_recipients.c.release.in_(ids))):
            recipients[row["release"]] |= {row["organisation"]}
        regions: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        for row in self._transaction.rows(select(release_regions).where(release_regions.c.release.in_(ids))):
            regions[row["release"]] |= {row["region"]}
        left_out: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in self._transaction.rows(select(release_left_out).where(release_left_out.c.release.in_(ids))):
            left_out[row["release"]].append((row["submission"], row["person"].hex()))
        return [
            _release(row, recipients[row["id"]], regions[row["id"]], tuple(sorted(left_out[row["id"]]))) for row in rows
        ]


def _row(release: Release) -> Row:
    return {
        "id": release.id,
        "request": release.request,
        "data_set": release.data_set,
        "purpose": release.purpose,
        "rounds": release.rounds,
        "version": release.version,
        "content": release.content,
        "content_digest": release.content_digest,
        "key_id": release.key_id,
        "signature": release.signature,
        "inputs": release.inputs,
        "released_at": release.released_at,
        "withdrawn_at": release.withdrawn_at,
        "withdrawal_reason": release.withdrawal_reason,
        "revises": release.revises,
        "certified": release.certified,
        "public": release.public,
    }


def _release(row: Mapping[str, Any], recipients: frozenset[str], regions: frozenset[str], left_out: LeftOut) -> Release:
    return Release(
        id=row["id"],
        request=row["request"],
        data_set=row["data_set"],
        purpose=row["purpose"],
        rounds=row["rounds"],
        version=row["version"],
        recipients=recipients,
        content=row["content"],
        content_digest=row["content_digest"],
        key_id=row["key_id"],
        signature=row["signature"],
        inputs=row["inputs"],
        released_at=row["released_at"],
        withdrawn_at=row["withdrawn_at"],
        withdrawal_reason=row["withdrawal_reason"],
        revises=row["revises"],
        certified=row["certified"],
        left_out=left_out,
        public=row["public"],
        regions=regions,
    )
