"""What was agreed on paper before a test begins: an agreement over everything with everybody, and what purposes name.

Written past the use cases, which have tests of their own (`test_journey_agreements`), so that no test sees its events.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from bundles import bundle_of
from sqlalchemy import insert, select

from service.adapters.database import SqlDatabase
from service.adapters.database.agreement_tables import agreement_parties, agreements
from service.domain.agreement import AgreementKind, AgreementState, Grounds, InForce

CATALOGUE = bundle_of().catalogue
DATA_SETS = tuple(sorted({found.id for found in CATALOGUE.data_sets}))
_LONG_AGO, _NOW = date(2020, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)


def agreed_with(database: SqlDatabase, organisation: str, *kinds: AgreementKind) -> None:
    """An agreement of each kind with an organisation, over every data set; a processor agreement when none is named.

    The first organisation of all is also the party to whatever the purposes of the bundle name.
    """
    with database._engines.write.begin() as connection:
        first = connection.execute(select(agreements.c.id).limit(1)).first() is None
        wanted = [(kind, f"of-{organisation}") for kind in kinds or (AgreementKind.PROCESSOR,)]
        wanted += _named_by_purposes() if first else []
        for kind, reference in wanted:
            name = f"agreed-{organisation}-{kind.value}-{reference}"
            connection.execute(
                insert(agreements).values(
                    id=name,
                    kind=kind,
                    reference=reference,
                    data_sets=DATA_SETS,
                    purposes=(),
                    valid_from=_LONG_AGO,
                    state=AgreementState.CONFIRMED,
                    recorder="https://login.example#recorder",
                    recorded_at=_NOW,
                    confirmer="https://login.example#confirmer",
                )
            )
            connection.execute(insert(agreement_parties).values(agreement=name, organisation=organisation))


def everything_agreed(*suppliers: str, asks_consent: bool = False) -> Grounds:
    """Whatever the purposes of the bundle name is in force, and these suppliers are under an agreement."""
    parties = frozenset({"ttp", *suppliers})
    wanted = [*_named_by_purposes(), (AgreementKind.PROCESSOR, "VO-all"), (AgreementKind.CONSENT, "consents")]
    in_force = tuple(InForce(kind, reference, frozenset(), parties) for kind, reference in wanted)
    return Grounds(in_force, asks_consent, frozenset(suppliers))


def _named_by_purposes() -> list[tuple[AgreementKind, str]]:
    named = {
        (kind, reference)
        for purpose in CATALOGUE.purposes
        for kind, reference in (
            (AgreementKind.PROCESSOR, purpose.processor_agreement),
            (AgreementKind.JOINT, purpose.joint_arrangement),
            (AgreementKind.DPIA, purpose.dpia.reference if purpose.dpia else None),
        )
        if reference
    }
    return sorted(named)
