"""Every data set of the catalogue, the whole way: delivered, asked for lawfully and released, and asked for unlawfully.

docs/datasets.md names these tests row by row.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from bundles import bundle_of
from catalogue_figures import PERIODS, Figures, asked_of, unsafe
from journey import OWNER, STEWARD, WORDS, World, person

from service.adapters.bundle import Bundle
from service.adapters.cedar import CedarEngine
from service.domain.catalogue import DataSet
from service.domain.classification import Label
from service.domain.errors import Denied, NotFound
from service.domain.obligations import effective_profile
from service.domain.organisation import OrganisationKind
from service.domain.principal import Person, Role
from service.domain.purpose import Purpose, Reach, Recipients
from service.domain.request import AggregateRequest, RequestedDimension, RequestSpec
from service.domain.round import Round, RoundState
from service.use_cases.acceptance import Delivered
from service.use_cases.create_round import create_round
from service.use_cases.record_agreement import give_consent
from service.use_cases.submit_records import submit_records
from sluis_client.wire import canonical_bytes

BUNDLE = bundle_of()
CATALOGUE = BUNDLE.catalogue
DATA_SETS = [found.id for found in CATALOGUE.data_sets]
FORMS = {found.id for found in CATALOGUE.data_sets if found.serves}
"""Their figures are released of what they serve: `test_journey_forms`."""
DUTCH = [name for name in DATA_SETS if name not in {"staffed-beds", "cancelled-operations", *FORMS}]
"""The demonstration goes the whole way with the Scottish figures."""


def purpose_for(data_set: str) -> Purpose:
    """The purpose of the bundle that covers a data set."""
    return next(p for p in CATALOGUE.purposes if p.scope(data_set) is not None and p.id != "winter-evaluation-2020")


def ruled_by(world: World, bundle: Bundle) -> World:
    world.services = replace(world.services, catalogue=bundle.catalogue, policy=CedarEngine(bundle))
    return world


def with_purpose(world: World, purpose: Purpose) -> World:
    """The same bundle, but for one purpose: what the rules are asked follows from the catalogue."""
    others = tuple(p for p in CATALOGUE.purposes if p.id != purpose.id)
    world.services = replace(world.services, catalogue=replace(CATALOGUE, purposes=(*others, purpose)))
    return world


def deliver(world: World, supplier: str, rows: list, round_: Round) -> Delivered:
    content = canonical_bytes(rows)
    party = world.parties[supplier]
    signed = world.sign(
        party, content, round_=round_.id, data_set=round_.data_set, data_set_version=round_.data_set_version
    )
    return submit_records(world.call(party.principal), signed, content, f"{supplier}-{round_.id}")


def asker(world: World, purpose: Purpose) -> Person:
    """Who asks under a purpose: for the own region only, somebody that stands for one."""
    if not purpose.recipients.own_region_only:
        return OWNER
    world.invite("regio-groningen", OrganisationKind.REGIONAL_OWNER, regions=frozenset({"nl-province/PV20"}))
    return person("groningen", Role.REGIONAL_OWNER, organisation="regio-groningen")


def spec_of(data_set: DataSet, purpose: Purpose, **changes) -> RequestSpec:
    scope = purpose.scope(data_set.id)
    assert scope is not None
    asked = asked_of(data_set, scope)
    if purpose.recipients.own_region_only:
        asked = tuple(replace(d, only=("PV20",)) if d.classification == "nl-province" else d for d in asked)
    values = {
        "data_set": data_set.id,
        "purpose": purpose.id,
        "dimensions": asked,
        "periods": (PERIODS[data_set.round_level],),
        "measures": (data_set.measures[0].name,),
        "bottleneck": WORDS,
        "necessity": WORDS,
        "why_nothing_less": WORDS,
    }
    return RequestSpec(**values | changes)


def reasons(request: AggregateRequest) -> set[str]:
    return {reason["code"] for reason in json.loads(request.decision).get("reasons", ())}


def content_of(world: World, request: AggregateRequest) -> dict:
    assert request.release is not None
    with world.services.database.look() as data:
        return json.loads(data.releases.get(request.release).content)


@pytest.mark.parametrize("name", DUTCH)
def test_delivered_and_released(world, name):
    data_set, purpose = CATALOGUE.data_set(name), purpose_for(name)
    suppliers = sorted(world.parties) if data_set.has_business else ["north"]
    figures = Figures.of(data_set, CATALOGUE, suppliers)
    round_ = world.round(PERIODS[data_set.round_level], data_set=name)
    for supplier in suppliers if data_set.supplier_consent else ():
        give_consent(world.call(world.parties[supplier].principal), name, (), None)
    for supplier in suppliers:
        delivered = deliver(world, supplier, list(figures.rows[supplier]), round_)
        assert delivered.submission.state == "accepted", delivered.submission.faults
    world.turn(round_.id, RoundState.CLOSED)

    spec = spec_of(data_set, purpose)
    released = world.release(spec, asker(world, purpose))
    assert released.state == "released", (reasons(released), world.request(released.id))

    (table,) = content_of(world, released)["tables"]
    measure = data_set.measures[0]
    sums = figures.sums(spec.dimensions, measure.name)
    rules = effective_profile(data_set, purpose, CATALOGUE)
    shown = {tuple(cell["codes"]): cell["value"] for cell in table["cells"]}
    published = {codes: value for codes, value in shown.items() if value is not None}
    assert {codes: sum(sums.get(codes, {}).values()) for codes in published} == published
    assert any(published.values())
    broken = {codes for codes, given in sums.items() if unsafe(given, measure, rules)}
    assert not broken & set(published)
    assert set(sums) <= set(shown)


@pytest.mark.parametrize("name", DUTCH)
def test_asked_for_unlawfully(world, name):
    data_set, purpose = CATALOGUE.data_set(name), purpose_for(name)
    round_ = world.round(PERIODS[data_set.round_level], data_set=name)
    world.turn(round_.id, RoundState.CLOSED)
    spec = spec_of(data_set, purpose)
    scope = purpose.scope(name)
    assert scope is not None
    owner = asker(world, purpose)

    def ask(spec: RequestSpec) -> AggregateRequest:
        return world.ask(spec, owner)

    assert reasons(ask(spec)) == set()
    assert reasons(ask(replace(spec, measures=("persons_by_name",)))) == {"measure-not-covered"}
    dimension, classification = next(
        (dimension, classification)
        for dimension, allowed in scope.finest_levels.items()
        for classification, level in allowed
        if level != CATALOGUE.classification(classification).finest
    )
    too_fine = RequestedDimension(dimension, classification, CATALOGUE.classification(classification).finest)
    elsewhere = {"own-region-only"} if purpose.recipients.own_region_only else set()
    kept = tuple(d for d in spec.dimensions if d.dimension != dimension)
    assert reasons(ask(replace(spec, dimensions=(*kept, too_fine)))) == {"level-too-fine"} | elsewhere

    other = next(p for p in CATALOGUE.purposes if p.scope(name) is None and p.valid_until.year == 2030)
    assert "data-set-not-covered" in reasons(ask(replace(spec, purpose=other.id)))
    assert "data-set-unknown" in reasons(ask(replace(spec, data_set=f"{name}-of-persons")))

    yesterday = world.clock.now().date() - timedelta(days=1)
    with_purpose(world, replace(purpose, valid_until=yesterday, review_on=yesterday))
    assert reasons(ask(spec)) == {"purpose-expired", "purpose-review-overdue"}
    with_purpose(world, replace(purpose, recipients=Recipients(Reach.ONE_ORGANISATION, frozenset({"nhs-east"}))))
    assert reasons(ask(spec)) == {"purpose-unknown"}


# --- versions ---------------------------------------------------------------------------------------------------------


def second_version() -> Bundle:
    """The bundle with a second version of `capacity`, which counts one measure and splits it by no care form."""
    first = CATALOGUE.data_set("capacity")
    changed = replace(
        first,
        version=2,
        dimensions=tuple(d for d in first.dimensions if d.name != "care_form"),
        measures=(replace(first.measures[0], name="free_places"),),
        checks=(),
        changes=Label("Zonder zorgvorm.", "Without care form."),
    )
    purpose = purpose_for("capacity")
    scopes = tuple(
        replace(scope, measures=scope.measures | {"free_places"}) if scope.data_set == "capacity" else scope
        for scope in purpose.scopes
    )
    others = tuple(p for p in CATALOGUE.purposes if p.id != purpose.id)
    data_sets = (*CATALOGUE.data_sets, changed)
    catalogue = replace(CATALOGUE, data_sets=data_sets, purposes=(*others, replace(purpose, scopes=scopes)))
    return replace(BUNDLE, catalogue=catalogue)


def test_a_round_keeps_the_version_it_was_opened_with(world):
    first = CATALOGUE.data_set("capacity")
    figures = Figures.of(first, CATALOGUE, sorted(world.parties))
    old = world.round("2025-06", data_set="capacity")
    deliver(world, "north", list(figures.rows["north"]), old)

    bundle = second_version()
    ruled_by(world, bundle)
    newest = bundle.catalogue.data_set("capacity")
    fresh = Figures.of(newest, bundle.catalogue, sorted(world.parties))
    new = world.round("2025-05", data_set="capacity")
    deadline = world.clock.now() + timedelta(days=9)
    named = create_round(world.call(STEWARD), "capacity", "2025-04", ["north"], deadline, version=1)
    assert (old.data_set_version, new.data_set_version, named.data_set_version) == (1, 2, 1)
    with pytest.raises(NotFound):
        create_round(world.call(STEWARD), "capacity", "2025-03", ["north"], deadline, version=3)

    for supplier in sorted(set(world.parties) - {"north"}):
        assert deliver(world, supplier, list(figures.rows[supplier]), old).submission.state == "accepted"
    with pytest.raises(Denied) as denied:
        deliver(world, "north", list(figures.rows["north"]), replace(new, data_set_version=1))
    assert [reason.code for reason in denied.value.reasons] == ["data-set-version-mismatch"]
    for supplier in sorted(world.parties):
        rows = [{**row, "period": "2025-05"} for row in fresh.rows[supplier]]
        assert deliver(world, supplier, rows, new).submission.state == "accepted"
    for round_ in (old, new):
        world.turn(round_.id, RoundState.CLOSED)

    purpose = bundle.catalogue.purpose(purpose_for("capacity").id)
    one = world.release(spec_of(first, purpose))
    two = world.release(spec_of(newest, purpose, periods=("2025-05",)))
    assert (one.state, two.state) == ("released", "released")
    assert (one.spec.data_set_version, two.spec.data_set_version) == (1, 2)
    for released, version, measure, counted in ((one, 1, "available_places", figures), (two, 2, "free_places", fresh)):
        content = content_of(world, released)
        assert content["dataSet"]["version"] == version
        (table,) = content["tables"]
        sums = counted.sums(released.spec.dimensions, measure)
        shown = {tuple(c["codes"]): c["value"] for c in table["cells"] if c["value"] is not None}
        assert any(shown.values())
        month = released.spec.periods[0]
        moved = {tuple(month if c == "2025-06" else c for c in cell): given for cell, given in sums.items()}
        assert {codes: sum(moved.get(codes, {}).values()) for codes in shown} == shown

    both = replace(spec_of(first, purpose), periods=("2025-05", "2025-06"))
    assert "round-versions-differ" in reasons(world.ask(both))


# --- notes ------------------------------------------------------------------------------------------------------------


def test_a_note_with_an_identifier_is_refused_and_repeated_nowhere(world):
    data_set = CATALOGUE.data_set("admission-criteria")
    (row, *_) = Figures.of(data_set, CATALOGUE, ["north"]).rows["north"]
    round_ = world.round(PERIODS[data_set.round_level], data_set=data_set.id)
    secret = ["111222333", "m.smit@example.nl", "0612345678"]
    refused = deliver(world, "north", [{**row, "note": f"Bel {', '.join(secret)}"}], round_).submission
    assert refused.state == "refused"
    assert json.loads(refused.faults)["byCode"] == {"F136": 1, "F138": 1, "F139": 1}
    everything = repr(world.dump())
    assert not [found for found in secret if found in everything]
    assert not world.stored()


def test_a_note_is_in_no_release(world):
    data_set, purpose = CATALOGUE.data_set("admission-criteria"), purpose_for("admission-criteria")
    figures = Figures.of(data_set, CATALOGUE, sorted(world.parties))
    round_ = world.round(PERIODS[data_set.round_level], data_set=data_set.id)
    for supplier, rows in figures.rows.items():
        deliver(world, supplier, [{**row, "note": "Onbegrensde tekst"} for row in rows], round_)
    world.turn(round_.id, RoundState.CLOSED)
    released = world.release(spec_of(data_set, purpose))
    assert released.state == "released"
    assert "Onbegrensde" not in repr(world.dump())
    with_note = replace(spec_of(data_set, purpose), measures=("note",))
    assert reasons(world.ask(with_note)) == {"measure-not-covered"}
