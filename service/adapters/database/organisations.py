"""Organisations, invitations, keys, and the token ids that were used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from service.adapters.database.columns import canonical, storable_text
from service.adapters.database.region_tables import region_changes
from service.adapters.database.tables import client_keys, invitations, organisations, used_tokens
from service.adapters.database.transaction import Row, Transaction
from service.domain.errors import NotFound
from service.domain.organisation import Agreement, ClientKey, Invitation, LaterRegions, Organisation, OrganisationKind
from service.domain.region_change import RegionChangeState

_FORGET_AT_ONCE = 100
_ORGANISATIONS = (
    select(
        organisations,
        region_changes.c.holds_from.label("later_since"),
        region_changes.c.judged_at.label("later_approved_at"),
        region_changes.c.regions.label("later_regions"),
    )
    .outerjoin(
        region_changes,
        and_(
            region_changes.c.organisation == organisations.c.id,
            region_changes.c.state == RegionChangeState.APPROVED,
        ),
    )
    .order_by(organisations.c.id, region_changes.c.holds_from, region_changes.c.judged_at, region_changes.c.id)
)
_ORGANISATION = _ORGANISATIONS.where(organisations.c.id == bindparam("organisation"))
_KEY = select(client_keys).where(client_keys.c.key_id == bindparam("key"))


class SqlOrganisations:
    """Implements `service.ports.unit_of_work.Organisations`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, organisation: Organisation) -> None:
        """Conflict `organisation-exists` when the id is taken."""
        self._transaction.write(insert(organisations).values(**_row(organisation)))

    def save(self, organisation: Organisation) -> None:
        """NotFound when it was never added."""
        change = update(organisations).where(organisations.c.id == organisation.id).values(**_row(organisation))
        if not self._transaction.write(change):
            raise NotFound("organisation")

    def get(self, organisation: str) -> Organisation:
        """NotFound when there is none."""
        found = self._transaction.rows(_ORGANISATION, {"organisation": organisation})
        if not found:
            raise NotFound("organisation")
        return _organisation(found)

    def all(self) -> Sequence[Organisation]:
        """By id."""
        by_id = groupby(self._transaction.rows(_ORGANISATIONS), key=lambda row: row["id"])
        return [_organisation(list(rows)) for _, rows in by_id]

    def add_invitation(self, invitation: Invitation) -> None:
        """The organisation exists already."""
        self._transaction.write(insert(invitations).values(**asdict(invitation)))

    def find_invitation(self, code_hash: str) -> Invitation | None:
        """Locked until the end, in a transaction that may write."""
        query = select(invitations).where(invitations.c.code_hash == code_hash)
        found = self._transaction.row(query, lock=True)
        return None if found is None else Invitation(**found)

    def save_invitation(self, invitation: Invitation) -> None:
        """NotFound when it was never added."""
        change = update(invitations).where(invitations.c.code_hash == invitation.code_hash)
        if not self._transaction.write(change.values(**asdict(invitation))):
            raise NotFound("invitation")

    def add_key(self, key: ClientKey) -> None:
        """Conflict `key-exists` when the id is taken, by whichever organisation."""
        self._transaction.write(insert(client_keys).values(**asdict(key)))

    def find_key(self, key_id: str) -> ClientKey | None:
        """Revoked ones too: the caller looks at `revoked_at`."""
        found = self._transaction.row(_KEY, {"key": key_id})
        return None if found is None else ClientKey(**found)

    def save_key(self, key: ClientKey) -> None:
        """NotFound when it was never added."""
        change = update(client_keys).where(client_keys.c.key_id == key.key_id).values(**asdict(key))
        if not self._transaction.write(change):
            raise NotFound("key")

    def keys_of(self, organisation: str) -> Sequence[ClientKey]:
        """In the order of registration."""
        query = select(client_keys).where(client_keys.c.organisation == organisation)
        rows = self._transaction.rows(query.order_by(client_keys.c.registered_at, client_keys.c.key_id))
        return [ClientKey(**row) for row in rows]


class SqlUsedTokens:
    """Implements `service.ports.unit_of_work.UsedTokens`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def remember(self, issuer: str, jti: str, until: datetime) -> bool:
        """The primary key decides, so of any number of parallel calls one is told True."""
        dialect_insert = sqlite.insert if self._transaction.dialect == "sqlite" else postgresql.insert
        entry = dialect_insert(used_tokens).values(issuer=issuer, jti=jti, until=until)
        entry = entry.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
        return self._transaction.write(entry) == 1

    def forget(self, before: datetime) -> None:
        """A few at a time, and never one that another transaction is forgetting: nobody waits for housekeeping."""
        self._transaction.require_writing()
        key = tuple_(used_tokens.c.issuer, used_tokens.c.jti)
        past = select(used_tokens.c.issuer, used_tokens.c.jti).where(used_tokens.c.until < before)
        past = past.limit(_FORGET_AT_ONCE).with_for_update(skip_locked=True)
        gone = [(row["issuer"], row["jti"]) for row in self._transaction.rows(past)]
        if gone:
            self._transaction.write(delete(used_tokens).where(key.in_(gone)))


def _row(organisation: Organisation) -> Row:
    return {
        "id": organisation.id,
        "name": organisation.name,
        "kinds": tuple(sorted(organisation.kinds)),
        "holding": organisation.holding,
        "agreement_reference": organisation.agreement.reference,
        "agreement_valid_from": organisation.agreement.valid_from,
        "agreement_valid_until": organisation.agreement.valid_until,
        "regions": tuple(sorted(organisation.regions)),
        "identifiers": canonical([[storable_text(part) for part in pair] for pair in organisation.identifiers]),
        "suspended": organisation.suspended,
    }


def _organisation(rows: Sequence[Mapping[str, Any]]) -> Organisation:
    """One row per change of its regions, or one without any."""
    row = rows[0]
    return Organisation(
        id=row["id"],
        name=row["name"],
        kinds=frozenset(OrganisationKind(kind) for kind in row["kinds"]),
        holding=row["holding"],
        agreement=Agreement(row["agreement_reference"], row["agreement_valid_from"], row["agreement_valid_until"]),
        regions=frozenset(row["regions"]),
        identifiers=tuple((scheme, value) for scheme, value in json.loads(row["identifiers"])),
        suspended=row["suspended"],
        later_regions=tuple(
            LaterRegions(later["later_since"], later["later_approved_at"], frozenset(later["later_regions"]))
            for later in rows
            if later["later_since"] is not None
        ),
    )
