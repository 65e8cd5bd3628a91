"""A list of regions, or a cluster of one's own, is brought in, checked, approved and used; and it cannot be a side door.

The figures are those of `journey_regions`: one supplier is alone in Castricum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from journey import OTHER_OWNER, OWNER, SECOND, STEWARD, World, copied, world_on
from journey_regions import (
    ALKMAAR,
    CASTRICUM,
    GGD,
    HAARLEM,
    HOORN,
    VELSEN,
    collect_regions,
    per,
    published,
    region_policies,
    ruled_by,
)
from purpose_documents import a_document

from service.domain.classification import Label
from service.domain.errors import Conflict, Denied, Invalid
from service.domain.principal import Person
from service.domain.request import AggregateRequest, RequestSpec, RequestState, Verdict
from service.domain.stated_classification import REST, Membership, RegionList, faults_of
from service.use_cases.change_regions import judge_regions, propose_regions
from service.use_cases.classify import judge_classification, list_stated_classifications, propose_classification
from service.use_cases.read_catalogue import list_classifications, read_classification

TITLE = Label("Eigen cluster", "Own cluster")


def cluster(family: str, *members: str, region: str = "ONS") -> RegionList:
    rows = tuple(Membership(member, region, "Onze gemeenten") for member in members)
    return RegionList(family, TITLE, "Besluit van de regiotafel, 1 juni 2026", 2025, cluster=True, rows=rows)


WITHOUT = cluster("noord-zonder", ALKMAAR, HOORN)
"""All of the GGD region that has figures but Castricum, where one supplier is alone."""


@pytest.fixture(scope="module")
def template(founded: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Path]]:
    directory = tmp_path_factory.mktemp("lists")
    policies = region_policies(directory)
    with world_on(founded.application, copied(founded, directory), directory) as world:
        world.parties |= founded.parties
        yield collect_regions(ruled_by(world, policies)), policies


@pytest.fixture
def world(template: tuple[World, Path], tmp_path: Path) -> Iterator[World]:
    before, policies = template
    with world_on(before.application, copied(before, tmp_path), tmp_path) as made:
        made.parties |= before.parties
        yield ruled_by(made, policies)


def adopt(world: World, found: RegionList, who: Person = OWNER) -> str:
    proposed = propose_classification(world.call(who), found)
    return judge_classification(world.call(STEWARD), proposed.id, Verdict.APPROVE).id


def purpose_for(world: World, classification: str) -> str:
    """People's own purpose, under which the list may be asked for."""
    document = a_document(f"by-{classification}", recipients={"reach": "all-regions", "roles": ["regional-owner"]})
    (scope,) = document["scopes"]
    scope["dimensions"] = {"period": {"calendar-quarters": "quarter"}, "region": {classification: "region"}}
    world.purpose(document)
    return f"by-{classification}"


def asks(world: World, classification: str) -> RequestSpec:
    return replace(per(classification, "region"), purpose=purpose_for(world, classification))


def told(world: World) -> dict[str, int | None]:
    return {code: value for one in published(world) for code, value in one.cells.items() if code != "TOTAL"}


def test_a_cluster_is_used_once_a_steward_approved_it(world: World) -> None:
    own = cluster("ons-cluster", ALKMAAR, HOORN, CASTRICUM)
    proposed = propose_classification(world.call(OWNER), own)
    assert proposed.id not in {tree.id for tree in list_classifications(world.call(OWNER))}
    with pytest.raises(Denied):
        judge_classification(world.call(OWNER), proposed.id, Verdict.APPROVE)
    judge_classification(world.call(STEWARD), proposed.id, Verdict.APPROVE)
    tree = read_classification(world.call(OWNER), "ons-cluster-v1")
    assert {tree.ancestor(one, "region") for one in (ALKMAAR, HOORN, CASTRICUM)} == {"ONS"}
    assert tree.ancestor(HAARLEM, "region") == REST
    assert len([code for code in tree.codes if code.level == "municipality"]) == 342
    spec = asks(world, tree.id)
    done = world.release(spec)
    assert done.state is RequestState.RELEASED, done.decision
    assert told(world)["ONS"] == 410 + 388 + 395 + 300 + 290 + 310 + 60
    with pytest.raises(Conflict):
        judge_classification(world.call(SECOND), tree.id, Verdict.REJECT)


@pytest.mark.parametrize("order", [*permutations(("ggd", "cluster"))])
def test_a_cluster_is_attacked_together_with_releases_by_another_classification(
    world: World, order: tuple[str, str]
) -> None:
    """The GGD region less the cluster is Castricum: its only supplier may not be what a pencil finds."""
    classification = adopt(world, WITHOUT)
    specs = {"ggd": GGD, "cluster": asks(world, classification)}
    done: list[AggregateRequest] = [world.ask(specs[name]) for name in order]
    for request in done:
        world.work()
        if world.request(request.id).state is RequestState.PREPARED:
            world.approve(request.id)
            world.work()
    assert world.request(done[0].id).state is RequestState.RELEASED
    known = told(world)
    whole, part = known.get("VR10"), known.get("ONS")
    assert whole is None or part is None, (whole, part)
    with world.services.database.look() as data:
        histories = [evidence.history for one in done if (evidence := data.requests.evidence(one.id))]
    assert histories[0] == ()
    assert len(histories[1]) == 1, "the second was held against the first"


def test_each_version_stays_as_it_was(world: World) -> None:
    first = adopt(world, cluster("ons", ALKMAAR, HOORN))
    second = adopt(world, cluster("ons", ALKMAAR, HOORN, VELSEN))
    assert (first, second) == ("ons-v1", "ons-v2")
    assert read_classification(world.call(OWNER), first).ancestor(VELSEN, "region") == REST
    assert read_classification(world.call(OWNER), second).ancestor(VELSEN, "region") == "ONS"
    with pytest.raises(Conflict):
        propose_classification(world.call(OTHER_OWNER), cluster("ons", HAARLEM))
    with pytest.raises(Conflict):
        propose_classification(world.call(STEWARD), cluster("nl-ggd", HAARLEM))
    states = [(one.id, one.state.value) for one in list_stated_classifications(world.call(STEWARD))]
    assert states == [("ons-v1", "approved"), ("ons-v2", "approved")]


def test_an_organisation_can_stand_for_its_cluster(world: World) -> None:
    adopt(world, cluster("ons", ALKMAAR, HOORN))
    why = "De regiotafel is opgericht."
    change = propose_regions(world.call(STEWARD), "nhs-north", ("ons-v1/ONS",), None, why)
    assert judge_regions(world.call(SECOND), change.id, Verdict.APPROVE).regions == {"ons-v1/ONS"}
    with pytest.raises(Invalid):
        propose_regions(world.call(STEWARD), "nhs-north", ("ons-v2/ONS",), None, why)


def test_an_official_list_has_every_municipality_once_and_all_faults_are_named(world: World) -> None:
    catalogue = world.services.catalogue
    zorgkantoor = catalogue.classification("nl-zorgkantoor")
    atoms = [code.code for code in zorgkantoor.at("municipality")]
    rows = [Membership(atom, zorgkantoor.ancestor(atom, "zorgkantoor"), "Regio") for atom in atoms]
    official = RegionList(
        "iza", Label("IZA-regio's", "IZA regions"), "VWS, 2025", 2025, cluster=False, rows=tuple(rows)
    )
    assert faults_of(official, catalogue) == []
    assert propose_classification(world.call(STEWARD), official).id == "iza-v1"

    wrong = [*rows[2:], rows[2], Membership("GM9999", "ZK01", "Andere naam"), Membership(atoms[0], "GM0363", " ")]
    last = len(wrong) + 1
    with pytest.raises(Invalid) as refused:
        propose_classification(world.call(STEWARD), replace(official, source=" ", rows=tuple(wrong)))
    assert refused.value.faults == (
        ("source", "empty"),
        (f"row 2: {atoms[2]}", "double"),
        (f"row {last - 2}: {atoms[2]}", "double"),
        (f"row {last - 1}: GM9999", "unknown-municipality"),
        (f"row {last - 1}: ZK01", "region-two-names"),
        (f"row {last}: GM0363", "region-code"),
        (f"row {last}: GM0363", "region-nameless"),
        (f"rows: {atoms[1]}", "missing-municipality"),
    )
    with pytest.raises(Invalid) as year:
        propose_classification(world.call(STEWARD), replace(official, year=1999))
    assert year.value.faults == (("year: 2025", "known-year"),)
    (event,) = world.events(code="classification.propose", outcome="success")
    assert event.object_id == "iza-v1"
