"""Which roles somebody may hold for an organisation, whatever the provider says."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.organisation import Agreement, Organisation, OrganisationKind, held_roles
from service.domain.principal import Role

claims = st.frozensets(st.sampled_from(Role))
kinds_of_organisations = st.frozensets(st.sampled_from(OrganisationKind), min_size=1)


def of(*kinds: OrganisationKind) -> Organisation:
    return Organisation("party", "A party", frozenset(kinds), "party", Agreement("VO-2026-001", date(2026, 1, 1)))


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        (OrganisationKind.SUPPLIER, {Role.SUPPLIER}),
        (OrganisationKind.REGIONAL_OWNER, {Role.REGIONAL_OWNER}),
        (OrganisationKind.TRUSTED_THIRD_PARTY, {Role.STEWARD, Role.PRIVACY_OFFICER, Role.AUDITOR}),
        (OrganisationKind.AUDITOR, {Role.AUDITOR}),
    ],
)
def test_who_claims_everything_holds_what_fits_the_organisation(kind: OrganisationKind, held: set[Role]) -> None:
    assert held_roles(frozenset(Role), of(kind)) == held


@given(claims)
def test_nobody_holds_a_role_for_an_organisation_that_is_unknown(claimed: frozenset[Role]) -> None:
    assert held_roles(claimed, None) == frozenset()


@given(claims, kinds_of_organisations)
def test_no_role_comes_from_nowhere(claimed: frozenset[Role], kinds: frozenset[OrganisationKind]) -> None:
    held = held_roles(claimed, of(*kinds))
    assert held <= claimed
    assert held == frozenset().union(*(held_roles(claimed, of(kind)) for kind in kinds))
    assert not held & {Role.OPERATOR, Role.WORKER, Role.ANONYMOUS}
    if OrganisationKind.TRUSTED_THIRD_PARTY not in kinds:
        assert Role.STEWARD not in held
