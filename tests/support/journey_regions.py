"""Two ways to draw regions over the same municipalities, each harmless and together not: what the race tests ask for.

GGD region Noord-Holland Noord is zorgkantoor region Noord-Holland Noord and Castricum. One supplier is alone in
Castricum, so whoever has both regions' figures has that supplier's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pyarrow as pa
from journey import World, a_spec, copied, world_on
from postgres import PostgresServer

from service.adapters.bundle import bundle_directory, load_bundle
from service.adapters.cedar import CedarEngine
from service.composition.build import Application
from service.disclosure import AttackReport, attack
from service.domain.catalogue import Catalogue
from service.domain.release import Release
from service.domain.request import Evidence, RequestedDimension, RequestSpec
from service.domain.round import RoundState
from service.use_cases.disclosure_tables import earlier_tables, facts_of, rules_of, strictest

ROUND, MEASURE = "staffed-beds-2024", "staffed_bed_days"
ALKMAAR, HOORN, CASTRICUM, HAARLEM, VELSEN = "GM0361", "GM0405", "GM0383", "GM0392", "GM0453"
GGD_NORTH, ZORGKANTOOR_NORTH = "VR10", "ZK18"
ALONE = 60
"""What the only supplier of Castricum delivers."""

FIGURES = {
    "north": {ALKMAAR: 410, HOORN: 300, VELSEN: 120},
    "south": {ALKMAAR: 388, HAARLEM: 350},
    "east": {ALKMAAR: 395, HAARLEM: 320},
    "west": {HOORN: 290, HAARLEM: 360},
    "isle": {HOORN: 310, VELSEN: 340},
    "vale": {CASTRICUM: ALONE},
}


def region_policies(directory: Path) -> Path:
    """The bundle, in which capacity is asked for per Dutch region."""
    policies = shutil.copytree(bundle_directory(), directory / "policies")
    for file, old, new in (
        ("datasets/staffed-beds.yaml", "[scotland-boards]", "[nl-ggd, nl-zorgkantoor]"),
        (
            "purposes/regional-capacity-planning.yaml",
            "{scotland-boards: health-board}",
            "{nl-ggd: municipality, nl-zorgkantoor: municipality}",
        ),
        ("purposes/winter-evaluation-2020.yaml", "{scotland-boards: planning-region}", "{nl-ggd: ggd}"),
    ):
        text = (policies / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, file
        (policies / file).write_text(text.replace(old, new), encoding="utf-8")
    return policies


def ruled_by(world: World, policies: Path) -> World:
    """The same world under another bundle."""
    catalogue, policy = engine_of(policies)
    world.services = replace(world.services, catalogue=catalogue, policy=policy)
    return world


@cache
def engine_of(policies: Path) -> tuple[Catalogue, CedarEngine]:
    bundle = load_bundle(policies)
    return bundle.catalogue, CedarEngine(bundle)


def per(classification: str, level: str) -> RequestSpec:
    return a_spec(periods=("2024",), dimensions=(RequestedDimension("region", classification, level),))


GGD, ZORGKANTOOR = per("nl-ggd", "ggd"), per("nl-zorgkantoor", "zorgkantoor")


def collect_regions(world: World) -> World:
    """Everybody has delivered, and the round is closed."""
    world.round("2024")
    for supplier, figures in FIGURES.items():
        rows = [("2024Q1", region, "cardiology", value, value) for region, value in figures.items()]
        world.deliver(world.parties[supplier], rows, ROUND)
    world.turn(ROUND, RoundState.CLOSED)
    return world


@contextmanager
def replica(world: World, directory: Path, postgres: PostgresServer | None) -> Iterator[World]:
    """The same world once more on a database of its own; on PostgreSQL the parts are shared, for nobody changes them."""
    directory.mkdir()
    if postgres is None:
        with world_on(world.application, copied(world, directory), directory) as made:
            yield _like(world, made)
        return
    with (
        postgres.copied_database(url_of(world)) as url,
        world_on(world.application, url, world.directory) as made,
    ):
        yield _like(world, made)


@contextmanager
def beside(world: World, application: Application | None = None) -> Iterator[World]:
    """Another process's view of the same stores: connections, worker and services of its own."""
    with world_on(application or world.application, url_of(world), world.directory) as made:
        yield _like(world, made)


def url_of(world: World) -> str:
    url: str = world.services.database._engines.write.url.render_as_string(hide_password=False)
    return url


def _like(world: World, made: World) -> World:
    made.parties |= world.parties
    made.services = replace(made.services, catalogue=world.services.catalogue, policy=world.services.policy)
    return made


@dataclass(frozen=True)
class Published:
    """A release, what was asked, and the evidence that it was approved on."""

    release: Release
    spec: RequestSpec
    evidence: Evidence

    @property
    def cells(self) -> dict[str, int | None]:
        (table,) = json.loads(self.release.content)["tables"]
        return {cell["codes"][0]: cell["value"] for cell in table["cells"]}


def published(world: World) -> list[Published]:
    """Every release, those that knew least of the others first."""
    with world.services.database.look() as data:
        found = [
            Published(release, data.requests.get(release.request).spec, evidence)
            for release in data.releases.over("staffed-beds")
            if (evidence := data.requests.evidence(release.request)) is not None
        ]
    return sorted(found, key=lambda one: len(one.evidence.history))


def subtracted(releases: Sequence[Published]) -> int | None:
    """What anybody with a pencil finds for Castricum; None when a region that it takes was withheld."""
    told = {code: value for one in releases for code, value in one.cells.items()}
    whole, rest = told.get(GGD_NORTH), told.get(ZORGKANTOOR_NORTH)
    return None if whole is None or rest is None else whole - rest


def attacked(world: World, releases: Sequence[Published]) -> AttackReport:
    """The attack on everything released, on the figures as they were delivered and not as the service stored them."""
    catalogue = world.services.catalogue
    data_set = catalogue.data_set("staffed-beds")
    rows = [(supplier, region, value) for supplier, own in FIGURES.items() for region, value in own.items()]
    contributions = pa.table(
        {
            "period": ["2024Q1"] * len(rows),
            "region": [region for _, region, _ in rows],
            "care_form": ["cardiology"] * len(rows),
            "contributor": [supplier for supplier, _, _ in rows],
            MEASURE: [value for _, _, value in rows],
        }
    )
    profile = strictest(data_set, [catalogue.purpose(one.spec.purpose) for one in releases], catalogue)
    rules = rules_of(profile, next(measure for measure in data_set.measures if measure.name == MEASURE))
    tables = earlier_tables([(one.release, one.spec) for one in releases], MEASURE, catalogue)
    return attack(facts_of(contributions, data_set, MEASURE), rules, tables)


def require_in_turn(world: World) -> list[Published]:
    """Each release was made with every earlier one in its history, and nobody learns too much from all of them."""
    releases = published(world)
    for number, one in enumerate(releases):
        assert set(one.evidence.history) == {earlier.release.id for earlier in releases[:number]}
    assert subtracted(releases) is None
    if releases:
        assert attacked(world, releases).clean
    return releases
