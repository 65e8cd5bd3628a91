"""A person whom several suppliers deliver counts once, and its pseudonym is never kept as it came."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from catalogue_figures import PERIODS
from journey import STEWARD, WORDS, World, person
from test_every_data_set import CATALOGUE, content_of, deliver, purpose_for

from service.domain.organisation import OrganisationKind
from service.domain.principal import Role
from service.domain.request import RequestedDimension, RequestSpec, Unsafe
from service.domain.round import Round, RoundState
from service.ports.engine import KNOWLEDGE, Aggregation, SourcePart
from service.use_cases.kept_pseudonyms import kept_for
from service.use_cases.lodge_objection import lodge_objection
from service.use_cases.read_requests import read_request
from service.use_cases.submit_records import submit_records
from service.use_cases.withdraw_submission import withdraw_submission
from sluis_client.wire import canonical_bytes
from sluis_client.wire.pseudonym_keys import PublishedKey, PublishedKeys

NAME = "treatment-history"
PLACE = {"period": "2024", "region": "GM0014", "care_form": "3", "history": "none"}


def label(name: str, version: int = 1) -> str:
    return f"bsn.planning.{version}.{name}-{'x' * 22}"


def both(name: str) -> str:
    return f"{label(name, 1)} {label(name, 2)}"


def rows(*names: str, value=label, **place: str) -> list[dict]:
    return [PLACE | place | {"clients": 1, "person": value(name)} for name in names]


@pytest.fixture
def codes() -> dict[str, list[str]]:
    data_set = CATALOGUE.data_set(NAME)
    found = {d.name: CATALOGUE.classification(d.classifications[0]) for d in data_set.dimensions}
    return {name: [code.code for code in tree.at(tree.finest)] for name, tree in found.items()}


@pytest.fixture(autouse=True)
def _place(codes: dict[str, list[str]]) -> None:
    PLACE.update(care_form=codes["care_form"][0], history=codes["history"][0])


def a_round(world: World) -> Round:
    return world.round(PERIODS["year"], data_set=NAME)


def asked() -> RequestSpec:
    """The cells of the only province, by care form."""
    by = (
        RequestedDimension("region", "nl-province", "province", only=("PV20",)),
        RequestedDimension("care_form", "care-forms", "care-form"),
    )
    words = {"bottleneck": WORDS, "necessity": WORDS, "why_nothing_less": WORDS}
    return RequestSpec(NAME, purpose_for(NAME).id, by, ("2024",), ("clients",), **words)


ASKER = person("groningen", Role.REGIONAL_OWNER, organisation="regio-groningen")


def shown(world: World) -> dict[tuple[str, ...], int | None]:
    """What is released of them."""
    world.turn(f"{NAME}-2024", RoundState.CLOSED)
    world.invite("regio-groningen", OrganisationKind.REGIONAL_OWNER, regions=frozenset({"nl-province/PV20"}))
    released = world.release(asked(), ASKER)
    assert released.state == "released", world.request(released.id)
    (table,) = content_of(world, released)["tables"]
    return {tuple(cell["codes"]): cell["value"] for cell in table["cells"]}


def test_a_person_of_three_suppliers_counts_once(world: World, codes: dict[str, list[str]]) -> None:
    """Also where they say different things of it."""
    round_, suppliers = a_round(world), sorted(world.parties)
    other = codes["care_form"][1]
    for number, supplier in enumerate(suppliers):
        own = rows(*(f"{supplier}-{i}" for i in range(20)))
        shared = rows(*(f"shared-{i}" for i in range(9))) if number < 3 else []
        elsewhere = rows(*(f"shared-{i}" for i in range(9, 12)), care_form=other if number == 1 else PLACE["care_form"])
        found = deliver(world, supplier, own + shared + (elsewhere if number < 3 else []), round_).submission
        assert found.state == "accepted", found.faults
    cells = shown(world)
    assert cells["PV20", PLACE["care_form"]] == 20 * len(suppliers) + 12
    assert not cells["PV20", other]


def test_who_withdraws_still_knows_its_clients(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who count for somebody else now are its own figures in what is released next, which waits."""
    round_, suppliers = a_round(world), sorted(world.parties)
    for supplier in suppliers:
        deliver(world, supplier, rows("anna", *(f"{supplier}-{i}" for i in range(21))), round_)
    assert shown(world)["PV20", PLACE["care_form"]] == 21 * len(suppliers) + 1
    seen = []
    contributions = world.services.engine.contributions

    def watched(parts: list[SourcePart], asked: Aggregation) -> pa.Table:
        found = contributions(parts, asked)
        seen.append(found.select(["contributor", "clients", *(f"clients.{what}" for what in KNOWLEDGE)]).to_pylist())
        return found

    monkeypatch.setattr(world.services.engine, "contributions", watched)
    counts = world.counting(world.parties[suppliers[0]], round_.id)
    assert counts is not None
    withdraw_submission(world.call(world.parties[suppliers[0]].principal), counts.id)
    request = world.ask(asked(), ASKER)
    world.work()
    waits = read_request(world.call(STEWARD), request.id)
    assert (waits.request.state, waits.refusal) == ("permitted", Unsafe.REVISION_PENDING)
    figures = [tuple(row.values())[1:] for row in seen[-1]]
    assert (0, 1, 1, 0) in figures
    assert sum(clients for clients, *_ in figures) == 21 * (len(suppliers) - 1) + 1


def test_who_objects_is_left_out_of_all_of_them(world: World) -> None:
    round_, suppliers = a_round(world), sorted(world.parties)
    for supplier in suppliers:
        deliver(world, supplier, rows("anna", *(f"{supplier}-{i}" for i in range(21))), round_)
    lodge_objection(world.call(world.parties[suppliers[1]].principal), label("anna"), (), ())
    assert shown(world)["PV20", PLACE["care_form"]] == 21 * len(suppliers)


def test_what_is_kept_is_another_pseudonym_per_domain(world: World) -> None:
    here, there = (kept_for(world.services, f"bsn.{domain}.1.{'a' * 22}") for domain in ("planning", "research"))
    assert here.startswith("kept-bsn.planning.1.")
    assert here.rpartition(".")[2] != there.rpartition(".")[2]
    assert "a" * 22 not in here + there
    assert kept_for(world.services, here) == here
    with pytest.raises(ValueError, match="pseudonym"):
        kept_for(world.services, "111222333")


def announced(world: World, *keys: tuple[int, date]) -> None:
    found = tuple(PublishedKey(version, since, "c" * 22) for version, since in keys)

    class Announced:
        def announced(self) -> PublishedKeys:
            return PublishedKeys("https://keys.example", {"planning": found})

    world.services = replace(world.services, pseudonyms=Announced())


def refused(world: World, supplier: str, records: list[dict], round_: Round) -> dict[str, int]:
    party, content = world.parties[supplier], canonical_bytes(records)
    signed = world.sign(
        party, content, round_=round_.id, data_set=round_.data_set, data_set_version=round_.data_set_version
    )
    found = submit_records(world.call(party.principal), signed, content, secrets.token_hex(8)).submission
    assert found.state == "refused"
    assert not any(record["person"] in (found.faults or "") for record in records)
    return found.faults


def test_a_round_counts_by_one_key_while_it_is_replaced(world: World) -> None:
    """Delivered before the rotation, during it, and after the older key was destroyed: one person."""
    round_, suppliers = a_round(world), sorted(world.parties)
    announced(world, (1, date.min))
    deliver(world, suppliers[0], rows("anna", *(f"0-{i}" for i in range(21))), round_)
    announced(world, (1, date.min), (2, date(2025, 1, 1)))
    for supplier in suppliers[1:]:
        deliver(world, supplier, rows("anna", *(f"{supplier}-{i}" for i in range(21)), value=both), round_)
    assert shown(world)["PV20", PLACE["care_form"]] == 21 * len(suppliers) + 1


def test_a_pseudonym_under_another_key_is_told_by_row(world: World) -> None:
    round_ = a_round(world)
    announced(world, (1, date.min), (2, date(2024, 12, 31)))
    assert '"F145":2' in refused(world, "north", [*rows("anna", value=both), *rows("ben", "carla")], round_)
    announced(world, (2, date(2025, 1, 1)))
    assert '"F145":1' in refused(world, "north", rows("ben", value=both), round_)


def test_of_another_domain_or_kept_already_is_no_pseudonym(world: World) -> None:
    round_ = a_round(world)
    strange = [f"bsn.research.1.{'b' * 22}", f"kept-bsn.planning.1.{'b' * 22}", "111222333", label("x").upper()]
    records = [PLACE | {"clients": 1, "person": one} for one in strange]
    faults = refused(world, "north", records, round_)
    assert '"F135":3' in faults
    assert '"F136":1' in faults
