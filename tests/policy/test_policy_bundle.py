"""The bundle: what is wrong with it is all named at once, its hash depends on content alone, and the catalogue fits."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from math import prod
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from service.adapters.bundle import BundleError, bundle_directory, load_bundle
from service.adapters.bundle.faults import FAULTS
from service.adapters.bundle.serves_checks import SERVES_FAULTS
from service.adapters.bundle_report import report_bundle
from service.adapters.clock import SystemClock
from service.cli.policy import add_policy_commands
from service.composition.comparing import compare_bundles
from service.composition.explaining import explain_request
from service.domain.classification import TOTAL, Label
from service.domain.errors import NotFound
from service.domain.method import Mechanism, Noise, Rounding, Suppression, Unit
from service.use_cases.describe_data_set import wire_definition
from sluis_client import wire
from sluis_client.wire import Definition

SOURCE = bundle_directory()
BUNDLE = load_bundle(SOURCE)
CATALOGUE = BUNDLE.catalogue
DEMO = Path(__file__).parents[2] / "demo" / "scotland" / "data"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return shutil.copytree(SOURCE, tmp_path / "policies")


def faults_of(bundle: Path) -> dict[str, list[str]]:
    """Place to codes."""
    with pytest.raises(BundleError) as raised:
        load_bundle(bundle)
    found: dict[str, list[str]] = {}
    for fault in raised.value.faults:
        assert fault.nl
        assert fault.en
        assert "{" not in fault.nl + fault.en or fault.code == "cedar"
        found.setdefault(fault.place, []).append(fault.code)
    return found


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(bundle: Path) -> None:
        path = bundle / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def without(file: str, key: str) -> Callable[[Path], None]:
    """The purpose without one of its fields, with all that stands below it."""

    def change(bundle: Path) -> None:
        path = bundle / file
        text, count = re.subn(rf"(?m)^{key}:.*\n(?:[ \t]+.*\n)*", "", path.read_text(encoding="utf-8"))
        assert count == 1
        path.write_text(text, encoding="utf-8")

    return change


def write(file: str, content: bytes) -> Callable[[Path], None]:
    return lambda bundle: (bundle / file).write_bytes(content) and None


def remove(file: str) -> Callable[[Path], None]:
    return lambda bundle: (bundle / file).unlink()


def two_budgets(bundle: Path) -> None:
    """Two purposes with public figures over one data set, each with a noise of its own."""
    make_public(bundle)
    noise = (bundle / NOISE).read_text(encoding="utf-8")
    other = noise.replace("id: public-noise", "id: other-noise").replace("budget: 4", "budget: 3")
    (bundle / "disclosure/other-noise.yaml").write_text(other, encoding="utf-8")
    purpose = (bundle / REASON).read_text(encoding="utf-8")
    second = purpose.replace("id: rejections-by-reason", "id: second").replace("public-noise", "other-noise")
    (bundle / "purposes/second-by-reason.yaml").write_text(second, encoding="utf-8")


def second_version(changes: str, version: str = "2") -> Callable[[Path], None]:
    """A further version of `capacity` in a file of its own."""

    def change(bundle: Path) -> None:
        text = (bundle / DUTCH).read_text(encoding="utf-8")
        text = text.replace("version: 1\n", f"version: {version}\n{changes}")
        (bundle / "datasets/capacity-2.yaml").write_text(text, encoding="utf-8")

    return change


def make_public(bundle: Path) -> None:
    edit(REASON, "profile: persons", "profile: public-noise")(bundle)
    edit(REASON, "reach: all-regions", "reach: public")(bundle)


CAPACITY = "datasets/staffed-beds.yaml"
REJECTIONS = "datasets/cancelled-operations.yaml"
DUTCH = "datasets/capacity.yaml"
CHANGES = "changes: {nl: Alles, en: Everything}\n"
PLANNING = "purposes/regional-capacity-planning.yaml"
REASON = "purposes/rejections-by-reason.yaml"
NOISE = "disclosure/public-noise.yaml"
BOARDS = "classifications/scotland-boards"
HEADER = b"code,label_nl,label_en,level,parent,valid_from,valid_until\n"


def own_region_without_a_region(bundle: Path) -> None:
    edit(PLANNING, "reach: all-regions", "reach: own-region")(bundle)
    edit(f"{BOARDS}.yaml", "regions: true", "regions: false")(bundle)


BAD = [
    # reading
    (write("purposes/x.yaml", b"a: \xff"), "purposes/x.yaml", "not-utf8"),
    (write("purposes/x.yaml", b"a: [1"), "purposes/x.yaml: line 2", "not-yaml"),
    (write("purposes/x.yaml", b"- a"), "purposes/x.yaml", "not-yaml"),
    (write("purposes/x.yaml", b"a: !!python/object/apply:os.system [id]"), "purposes/x.yaml: line 1", "not-yaml"),
    (write("purposes/x.yaml", b"[" * 5000), "purposes/x.yaml", "not-yaml"),
    (write("purposes/x.yaml", b"{[a]: 1}"), "purposes/x.yaml", "not-yaml"),
    (write("purposes/x.yml", b"id: x"), "purposes/x.yml", "file-unexpected"),
    (write("datasets/capacity.cedar", b""), "datasets/capacity.cedar", "file-unexpected"),
    (edit(CAPACITY, "version: 1", "version: 1\nversion: 2"), f"{CAPACITY}: line 3", "duplicate-key"),
    (edit(CAPACITY, "{nl: Kwartaal, en", "{nl: Kwartaal, nl: Jaar, en"), f"{CAPACITY}: line 22", "duplicate-key"),
    (edit(CAPACITY, "round_level", "roundlevel"), f"{CAPACITY}: roundlevel", "unknown-key"),
    (edit(CAPACITY, "round_level", "roundlevel"), f"{CAPACITY}: round_level", "missing-key"),
    (edit(CAPACITY, "version: 1", 'version: "1"'), f"{CAPACITY}: version", "wrong-value"),
    (edit(CAPACITY, "version: 1", "version: yes"), f"{CAPACITY}: version", "wrong-value"),
    (edit(CAPACITY, "version: 1", "version: .nan"), f"{CAPACITY}: version", "wrong-value"),
    (edit(CAPACITY, "[operational]", "[secret]"), f"{CAPACITY}: sensitivity.0", "wrong-value"),
    (edit(CAPACITY, "en: Quarter}", 'en: ""}'), f"{CAPACITY}: dimensions.period.title.en", "wrong-value"),
    (edit(PLANNING, "2026-01-01", "soon"), f"{PLANNING}: valid_from", "wrong-value"),
    # classifications
    (remove(f"{BOARDS}.csv"), f"{BOARDS}.csv", "file-missing"),
    (write(f"{BOARDS}.csv", b"code,label\n"), f"{BOARDS}.csv: row 1", "csv-columns"),
    (write(f"{BOARDS}.csv", HEADER + b"a,b\n"), f"{BOARDS}.csv: row 2", "csv-row"),
    (write(f"{BOARDS}.csv", HEADER + b",a,a,health-board,,,\n"), f"{BOARDS}.csv: row 2", "csv-row"),
    (write(f"{BOARDS}.csv", HEADER + b"a,a,a,health-board,,1-1-2020,\n"), f"{BOARDS}.csv: row 2", "not-a-date"),
    (
        write(f"{BOARDS}.csv", HEADER + b"a,a,a,health-board,,2020-01-02,2020-01-01\n"),
        f"{BOARDS}.csv: row 2",
        "validity-reversed",
    ),
    (edit(f"{BOARDS}.csv", "S08000016,", "S08000015,"), f"{BOARDS}.csv: S08000015", "classification"),
    (edit(f"{BOARDS}.csv", "S08000016,", "TOTAL,"), f"{BOARDS}.csv: TOTAL", "classification"),
    (edit(f"{BOARDS}.csv", "health-board,west", "health-board,south"), f"{BOARDS}.csv: S08000015", "classification"),
    (edit(f"{BOARDS}.csv", "health-board,west", "hospital,west"), f"{BOARDS}.csv: S08000015", "classification"),
    (
        edit(f"{BOARDS}.csv", "health-board,west", "health-board,S08000016"),
        f"{BOARDS}.csv: S08000015",
        "classification",
    ),
    (edit(f"{BOARDS}.yaml", "file: scotland-boards.csv\n", ""), f"{BOARDS}.yaml", "wrong-value"),
    (
        edit(f"{BOARDS}.yaml", "file: scotland-boards.csv", "file: ../../etc/passwd"),
        f"{BOARDS}.yaml: file",
        "wrong-value",
    ),
    (
        edit("classifications/calendar-months.yaml", "[year, quarter, month]", "[year, month]"),
        "classifications/calendar-months.yaml",
        "wrong-value",
    ),
    (edit(f"{BOARDS}.yaml", "id: scotland-boards", "id: nl-ggd"), f"{BOARDS}.yaml: id", "double"),
    # data sets
    (edit(CAPACITY, "[scotland-boards]", "[boards]"), f"{CAPACITY}: dimensions.region.classifications", "unknown-name"),
    (
        edit(CAPACITY, "[scotland-boards]", "[scotland-boards, nl-ggd]"),
        f"{CAPACITY}: dimensions.region.classifications",
        "different-atoms",
    ),
    (edit(CAPACITY, "period: true", "period: false"), f"{CAPACITY}: dimensions", "one-period"),
    (edit(CAPACITY, "[calendar-quarters]", "[scotland-boards]"), f"{CAPACITY}: dimensions.period", "not-a-calendar"),
    (edit(CAPACITY, "round_level: year", "round_level: month"), f"{CAPACITY}: round_level", "unknown-name"),
    (edit(CAPACITY, "profile: operational", "profile: none-at-all"), f"{CAPACITY}: disclosure_profile", "unknown-name"),
    (edit(CAPACITY, "left: occupied_bed_days", "left: beds"), f"{CAPACITY}: checks.0.left", "unknown-name"),
    (edit(CAPACITY, "  occupied_bed_days:", "  region:"), f"{CAPACITY}: measures.region", "same-name"),
    (edit(CAPACITY, "maximum: 1000000", "maximum: -1"), f"{CAPACITY}: measures.staffed_bed_days", "range-reversed"),
    (edit(CAPACITY, "id: staffed-beds", "id: cancelled-operations"), f"{CAPACITY}: id", "double"),
    # disclosure
    (second_version(""), "datasets/capacity-2.yaml: changes", "changes-missing"),
    (second_version(CHANGES, "3"), "datasets/capacity-2.yaml: version", "version-gap"),
    (edit(DUTCH, "version: 1", f"version: 1\n{CHANGES}"), f"{DUTCH}: changes", "changes-unexpected"),
    (edit(DUTCH, "[operational]", "[operational, public]"), f"{DUTCH}: sensitivity", "public-and-sensitive"),
    (edit(DUTCH, "[operational]", "[special-category]"), f"{DUTCH}: sensitivity", "special-without-personal"),
    (
        edit(CAPACITY, "    figure: observed\n", "    figure: observed\n    once_per_person: true\n"),
        f"{CAPACITY}: measures.staffed_bed_days.once_per_person",
        "once-without-person",
    ),
    (edit(DUTCH, "[operational]", "[competition-sensitive]"), f"{DUTCH}: minimum_age_months", "too-young"),
    (edit(CAPACITY, "    figure: observed\n", ""), f"{CAPACITY}: measures.staffed_bed_days.figure", "missing-key"),
    (
        edit(CAPACITY, "figure: observed", "figure: plan"),
        f"{CAPACITY}: measures.staffed_bed_days.figure",
        "wrong-value",
    ),
    (
        edit(CAPACITY, "figure: observed", "figure: forecast"),
        f"{CAPACITY}: measures.staffed_bed_days.figure",
        "forecast-never",
    ),
    (
        edit(CAPACITY, "figure: observed", "figure: tariff"),
        f"{CAPACITY}: measures.staffed_bed_days.figure",
        "tariff-never",
    ),
    (
        edit(DUTCH, "care_form:\n    title", "care_form:\n    provider_level: true\n    title"),
        f"{DUTCH}: minimum_age_months",
        "provider-level-too-young",
    ),
    (edit(DUTCH, "row: 16", "row: 15"), "datasets/other-supply.yaml: id", "double"),
    (edit(DUTCH, "delivered_by: [provider]", "delivered_by: [friend]"), f"{DUTCH}: delivered_by.0", "wrong-value"),
    (edit(DUTCH, "delivered_by: [provider]", "delivered_by: []"), f"{DUTCH}: delivered_by", "wrong-value"),
    (edit(DUTCH, "deadline_days: 10\n", ""), f"{DUTCH}: deadline_days", "missing-key"),
    (edit(DUTCH, "added_value: significant", "added_value: much"), f"{DUTCH}: assessment.added_value", "wrong-value"),
    (edit(DUTCH, "care_forms: [1, 2, 3, 4, 5, 6]", "care_forms: [7]"), f"{DUTCH}: care_forms.0", "wrong-value"),
    (edit(DUTCH, "  note:\n    title", "  region:\n    title"), f"{DUTCH}: notes.region", "same-name"),
    (edit(DUTCH, "maximum_length: 500", "maximum_length: 5000"), f"{DUTCH}: notes.note.maximum_length", "wrong-value"),
    (
        edit(DUTCH, "_profile: operational", "_profile: public-bodies"),
        "disclosure/public-bodies.yaml: minimum_contributors",
        "below-floor",
    ),
    (
        edit(
            "datasets/wlz-inflow.yaml",
            "measure: inflow\n    valid_from: 2024-01",
            "measure: in\n    valid_from: 2024-01",
        ),
        "datasets/wlz-inflow.yaml: targets.0.measure",
        "unknown-name",
    ),
    (edit("disclosure/persons.yaml", "count: 10", "count: 9"), "disclosure/persons.yaml: minimum_count", "below-floor"),
    (
        edit("disclosure/persons.yaml", "contributors: 3", "contributors: 2"),
        "disclosure/persons.yaml: minimum_contributors",
        "below-floor",
    ),
    (edit("disclosure/persons.yaml", "id: persons", "id: operational"), "disclosure/persons.yaml: id", "double"),
    # purposes
    (edit(PLANNING, "data_set: staffed-beds", "data_set: tariffs"), f"{PLANNING}: scopes.0.data_set", "unknown-name"),
    (edit(PLANNING, "[staffed_bed_days,", "[tariff,"), f"{PLANNING}: scopes.0.measures", "unknown-name"),
    (edit(PLANNING, "      region:", "      place:"), f"{PLANNING}: scopes.0.dimensions.place", "unknown-name"),
    (edit(PLANNING, "{scotland-boards: ", "{nl-ggd: "), f"{PLANNING}: scopes.0.dimensions.region", "unknown-name"),
    (
        edit(PLANNING, "scotland-boards: health-board", "scotland-boards: hospital"),
        f"{PLANNING}: scopes.0.dimensions.region.scotland-boards",
        "unknown-name",
    ),
    (edit(PLANNING, "6(1)(e)", "6(1)(z)"), f"{PLANNING}: legal_basis", "legal-basis"),
    (edit(PLANNING, "6(1)(e)", "6(1)(a)"), f"{PLANNING}: consent_scope", "consent-scope"),
    (edit(PLANNING, "statute: ", "statute: null # "), f"{PLANNING}: statute", "statute"),
    (edit(PLANNING, "version: 1", "version: 2"), f"{PLANNING}: changes", "changes-missing"),
    (
        edit(PLANNING, "controllers:", "consent_scope: {nl: a, en: b}\ncontrollers:"),
        f"{PLANNING}: consent_scope",
        "consent-without-basis",
    ),
    (edit(PLANNING, "review_on: 2029", "review_on: 2025"), f"{PLANNING}: review_on", "review-before-start"),
    (
        own_region_without_a_region,
        f"{PLANNING}: scopes.0.dimensions",
        "own-region",
    ),
    (edit(PLANNING, "all-regions, roles: [regional-owner]", "own-region"), f"{PLANNING}: recipients", "no-recipients"),
    (edit(PLANNING, "roles: [regional-owner]", "roles: []"), f"{PLANNING}: recipients.roles", "reach-roles"),
    (edit(PLANNING, "all-regions", "one-organisation"), f"{PLANNING}: recipients.organisations", "reach-one"),
    (edit(PLANNING, "all-regions", "national-party"), f"{PLANNING}: recipients.organisations", "reach-national"),
    (edit(PLANNING, "eu-gdpr:A6-1-e", "eu-gdpr:Data"), f"{PLANNING}: dpv", "dpv-missing"),
    (edit(PLANNING, '"eu-gdpr:A6-1-e"', '"eu-gdpr:A6-1-e", "eu-gdpr:A9-2-j"'), f"{PLANNING}: dpv", "dpv-differs"),
    (edit(PLANNING, "dpv:PublicInterest", "eu-gdpr:Data"), f"{PLANNING}: dpv", "dpv-purpose"),
    (edit(REASON, "9(2)(j)", "9(2)(z)"), f"{REASON}: special_category_exception", "exception"),
    (edit(REASON, "9(2)(j)", "9(2)(a)"), f"{REASON}: consent_scope", "consent-scope"),
    (without(REASON, "uavg_evidence"), f"{REASON}: uavg_evidence", "uavg-evidence"),
    (without(REASON, "dpia"), f"{REASON}: dpia", "dpia-missing"),
    (without(REASON, "fg_advice"), f"{REASON}: fg_advice", "fg-advice"),
    (
        edit(REASON, "special_category_exception: 9(2)(j)", "special_category_exception: null"),
        f"{REASON}: special_category_exception",
        "special-category",
    ),
    (
        edit(REASON, "joint_arrangement: GR", "joint_arrangement: null #"),
        f"{REASON}: joint_arrangement",
        "joint-arrangement",
    ),
    (edit(PLANNING, ", second data steward of the TTP]", "]"), f"{PLANNING}: approvers", "approvers"),
    (edit(PLANNING, "second data steward", "data steward"), f"{PLANNING}: approvers", "approvers"),
    (edit(PLANNING, "outcome: approved", "outcome: pending"), f"{PLANNING}: dpia.outcome", "dpia"),
    (
        edit(PLANNING, "reach: all-regions, roles: [regional-owner]", "reach: public, roles: []"),
        f"{PLANNING}: recipients",
        "no-recipients",
    ),
    (edit(PLANNING, "until: 2030", "until: 2025"), f"{PLANNING}: valid_until", "validity-reversed"),
    (edit(PLANNING, "profile: null", "profile: strict"), f"{PLANNING}: disclosure_profile", "unknown-name"),
    (edit(PLANNING, "inputs: 60", "inputs: 61"), f"{PLANNING}: retention.inputs", "looser"),
    (edit(REASON, "age_months: 3", "age_months: 2"), f"{REASON}: minimum_age_months", "looser"),
    (
        edit("disclosure/competition.yaml", "p_percent: 10", "p_percent: 5"),
        "purposes/winter-evaluation-2020.yaml: disclosure_profile",
        "looser-profile",
    ),
    (
        edit(CAPACITY, "profile: operational", "profile: public-noise"),
        f"{CAPACITY}: disclosure_profile",
        "noise-for-all",
    ),
    (edit(REASON, "profile: persons", "profile: public-noise"), f"{REASON}: recipients.reach", "noise-not-public"),
    (two_budgets, f"{REASON.replace('rejections', 'second')}: disclosure_profile", "noise-differs"),
    (edit(NOISE, "epsilon: 1 ", "epsilon: 0.0005 "), f"{NOISE}: method.noise.epsilon", "wrong-value"),
    (edit(NOISE, "epsilon: 1 ", "epsilon: 1.001 "), f"{NOISE}: method.noise", "wrong-value"),
    (edit(NOISE, "epsilon: 1 ", "rho: 0.1 "), f"{NOISE}: method.noise", "wrong-value"),
    (edit(NOISE, "epsilon: 1 ", "rho: 0.1\n    epsilon: 1 "), f"{NOISE}: method.noise", "wrong-value"),
    (edit(NOISE, "budget: 4 ", "budget: 4.5 "), f"{NOISE}: method.noise", "wrong-value"),
    (edit(NOISE, "budget: 4 ", "budget: 0.9 "), f"{NOISE}: method.noise", "wrong-value"),
    (edit(NOISE, "laplace", "gaussian"), f"{NOISE}: method.noise", "wrong-value"),
    (edit(NOISE, "person\n    cells: 1", "contributor\n    #"), f"{NOISE}: method.noise", "wrong-value"),
    (edit(NOISE, "  noise:", "  rounding: 5\n  noise:"), f"{NOISE}: method", "wrong-value"),
    (
        edit("disclosure/persons.yaml", "zero_is", "method: {}\nzero_is"),
        "disclosure/persons.yaml: method",
        "wrong-value",
    ),
    (edit(REASON, "id: rejections-by-reason", "id: regional-capacity-planning"), f"{REASON}: id", "double"),
    # rules
    (remove("authorisation/schema.cedarschema"), "authorisation/schema.cedarschema", "file-missing"),
    (edit("authorisation/roles.cedar", "permit (", "permit {"), "authorisation/roles.cedar", "cedar"),
    (
        edit("authorisation/schema.cedarschema", "entity Role;", "entity Role"),
        "authorisation/schema.cedarschema",
        "cedar",
    ),
    (edit("authorisation/roles.cedar", '@id("auditor")', ""), "authorisation/roles.cedar: rule 6", "no-rule-code"),
    (
        edit("authorisation/releases.cedar", "context.safe", "context.save"),
        "authorisation/releases.cedar: unsafe-table",
        "cedar",
    ),
    (
        edit("authorisation/roles.cedar", "    resource\n);", "    resource\n)\nwhen { context.today > 0 };"),
        "authorisation/roles.cedar: rule 1",
        "conditional-permit",
    ),
    (
        edit("authorisation/releases.cedar", '@id("rejected")', '@id("no-text")'),
        "authorisation/releases.cedar: rule 5",
        "unknown-rule-code",
    ),
]


@pytest.mark.parametrize(("change", "place", "code"), BAD, ids=[f"{c}-{p}" for _, p, c in BAD])
def test_what_is_wrong_is_named_with_its_place(bundle, change, place, code):
    change(bundle)
    assert code in faults_of(bundle).get(place, [])


def test_a_second_version_may_stand_in_a_file_of_its_own(bundle):
    second_version(CHANGES)(bundle)
    catalogue = load_bundle(bundle).catalogue
    assert [found.version for found in catalogue.versions("capacity")] == [1, 2]
    assert catalogue.data_set("capacity").changes == Label("Alles", "Everything")
    assert catalogue.data_set("capacity", 1).changes is None


def test_the_minimal_data_set_is_whole():
    judged = {found.assessment.row: found.id for found in CATALOGUE.data_sets if found.assessment is not None}
    assert [judged[row] for row in range(1, 17)] == [
        *("demography", "ses-score", "waiting-list", "compulsory-care", "care-intensity", "rejections"),
        *("treatment-history", "care-mediation", "blocked-outflow", "catchment-claims", "catchment-provider"),
        *("admission-criteria", "supply-claims", "supply-provider", "other-supply", "capacity"),
    ]
    others = {"wlz-inflow", "echelon-use", "region-context", "social-factors", "crucial-inventory"}
    assert others < {found.id for found in CATALOGUE.data_sets}
    for found in CATALOGUE.data_sets:
        read = wire_definition(found, CATALOGUE)
        assert wire.Definition.from_json(read.to_json()) == read
        assert read.about is not None


def test_every_row_that_can_be_told_apart_may_be_delivered():
    """In a delivery for one period; of persons ten million, as many as were measured."""
    begin, end = date(2024, 1, 1), date(2024, 12, 31)
    for data_set in CATALOGUE.data_sets:
        if data_set.person is not None:
            assert data_set.maximum_rows == 10_000_000
            continue
        columns = [wire_definition(data_set, CATALOGUE).column(each.name) for each in data_set.dimensions]
        codes = [sum(code.valid_in(begin, end) for code in column.codes) for column in columns]
        codes[data_set.dimensions.index(data_set.period)] = 1
        assert prod(codes) <= data_set.maximum_rows, data_set.id


def test_every_kind_of_fault_is_shown_by_an_example():
    elsewhere = {"not-a-draft"}  # tests/journey/test_journey_purposes.py: files may be approved
    elsewhere |= {*SERVES_FAULTS, "released-form"}  # tests/policy/test_forms_in_bundle.py
    assert {code for _, _, code in BAD} == set(FAULTS) - elsewhere


def test_all_faults_of_all_files_come_at_once(bundle):
    changes = [
        edit("disclosure/persons.yaml", "count: 10", "count: 9"),
        edit("authorisation/roles.cedar", "permit (", "permit {"),
        edit(PLANNING, "6(1)(e)", "6(1)(z)"),
        edit(CAPACITY, "version: 1", "version: x\nextra: y"),
        write("purposes/x.yml", b""),
    ]
    for change in changes:
        change(bundle)
    found = faults_of(bundle)
    assert {
        "disclosure/persons.yaml: minimum_count",
        "authorisation/roles.cedar",
        f"{PLANNING}: legal_basis",
        f"{CAPACITY}: version",
        f"{CAPACITY}: extra",
        "purposes/x.yml",
    } <= set(found)


def test_a_purpose_with_public_figures_may_ask_for_noise(bundle):
    make_public(bundle)
    catalogue = load_bundle(bundle).catalogue
    assert catalogue.purpose("rejections-by-reason").recipients.public
    assert catalogue.profile("public-noise").method == Noise(Mechanism.DISCRETE_LAPLACE, Decimal(1), Decimal(4))


@pytest.mark.parametrize(
    ("written", "method"),
    [
        ("suppression", Suppression()),
        ("{rounding: 5}", Rounding(5)),
        (
            "{noise: {mechanism: discrete-gaussian, rho: 0.125, budget: 0.5, unit: contributor, cells: 4, largest: 90}}",
            Noise(Mechanism.DISCRETE_GAUSSIAN, Decimal("0.125"), Decimal("0.5"), Unit.CONTRIBUTOR, 4, 90),
        ),
    ],
)
def test_methods(bundle, written, method):
    profile = (bundle / "disclosure/persons.yaml").read_text(encoding="utf-8").replace("id: persons", "id: other")
    (bundle / "disclosure/other.yaml").write_text(f"{profile}method: {written}\n", encoding="utf-8")
    assert load_bundle(bundle).catalogue.profile("other").method == method


def test_no_rules_at_all(bundle):
    for file in (bundle / "authorisation").glob("*.cedar"):
        file.unlink()
    assert "file-missing" in faults_of(bundle)["authorisation"]


# --- the hash --------------------------------------------------------------------------------------------------------


def test_the_hash_is_of_content_and_names_alone(bundle, tmp_path):
    before = load_bundle(bundle).policy_hash
    for file in bundle.rglob("*"):
        os.utime(file, (1, 1))
    (bundle / ".git").mkdir()
    (bundle / ".git" / "HEAD").write_text("x")
    elsewhere = tmp_path / "other"
    for file in sorted(bundle.rglob("*"), reverse=True):  # another order of making
        if file.is_file():
            target = elsewhere / file.relative_to(bundle)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    assert load_bundle(bundle).policy_hash == load_bundle(elsewhere).policy_hash == before == BUNDLE.policy_hash
    assert before.startswith("sha-256:")


def test_the_hash_changes_with_a_byte_and_with_a_name(bundle):
    edit(PLANNING, "version: 1", "version: 1 ")(bundle)
    changed = load_bundle(bundle).policy_hash
    (bundle / PLANNING).rename(bundle / "purposes" / "planning.yaml")
    assert len({changed, load_bundle(bundle).policy_hash, BUNDLE.policy_hash}) == 3


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    add_policy_commands(
        app,
        report_bundle,
        explain_request,
        lambda old, new, requests: compare_bundles(old, new, requests, lambda: None),
        clock=SystemClock(),
    )
    return app


def test_policy_check_and_hash(command, bundle):
    run = CliRunner()
    sound = run.invoke(command, ["policy", "check"])
    assert sound.exit_code == 0
    assert BUNDLE.policy_hash in sound.stdout
    assert run.invoke(command, ["policy", "hash", "--policies", str(bundle)]).stdout.strip() == BUNDLE.policy_hash
    edit("disclosure/persons.yaml", "count: 10", "count: 9")(bundle)
    for words in ("check", "hash"):
        broken = run.invoke(command, ["policy", words, "--policies", str(bundle)])
        assert broken.exit_code == 2
        assert BUNDLE.policy_hash not in broken.output
        assert "disclosure/persons.yaml: minimum_count" in broken.stderr
        assert "kies ten minste 10" in broken.stderr
        assert "choose at least 10" in broken.stderr


# --- the catalogue ---------------------------------------------------------------------------------------------------


def test_calendars():
    months = CATALOGUE.classification("calendar-months")
    assert [len(list(months.at(level))) for level in months.levels] == [13, 52, 156]
    february = months.by_code["2020-02"]
    assert (february.valid_from, february.valid_until) == (date(2020, 2, 1), date(2020, 2, 29))
    assert months.by_code["2019Q4"].valid_until == months.by_code["2019-12"].valid_until == date(2019, 12, 31)
    assert months.ancestor("2019-11", "quarter") == "2019Q4"
    assert months.ancestor("2019-11", "year") == "2019"
    for code in months.codes:
        if code.parent is not None:
            parent = months.by_code[code.parent]
            assert parent.valid_from <= code.valid_from <= code.valid_until <= parent.valid_until


def test_dutch_regions_group_the_same_municipalities():
    trees = [CATALOGUE.classification(name) for name in ("nl-zorgkantoor", "nl-ggd", "nl-province")]
    assert [len(list(tree.at(tree.levels[0]))) for tree in trees] == [31, 25, 12]
    municipalities = {frozenset(code.code for code in tree.at("municipality")) for tree in trees}
    assert len(municipalities) == 1
    assert len(municipalities.pop()) == 342
    assert {tree.atoms for tree in trees} == {"nl-municipality-2025"}
    assert trees[1].ancestor("GM0363", "ggd") == "VR13"
    assert trees[1].parents_down_to("ggd")["VR13"] == TOTAL


def test_the_periods_of_a_round():
    capacity, rejections = CATALOGUE.data_set("staffed-beds"), CATALOGUE.data_set("cancelled-operations", 1)
    assert CATALOGUE.allowed_periods(capacity, "2019") == ("2019Q1", "2019Q2", "2019Q3", "2019Q4")
    assert CATALOGUE.allowed_periods(rejections, "2020")[::11] == ("2020-01", "2020-12")
    for wrong in ("2019Q1", "1999", "", "TOTAL"):
        assert CATALOGUE.allowed_periods(capacity, wrong) == ()
    assert CATALOGUE.period_days(capacity, "2019") == (date(2019, 1, 1), date(2019, 12, 31))
    assert CATALOGUE.period_days(capacity, "x") is None


def test_what_is_not_in_the_catalogue():
    for ask in (CATALOGUE.data_set, CATALOGUE.classification, CATALOGUE.purpose, CATALOGUE.profile):
        with pytest.raises(NotFound):
            ask("no-such-thing")
    with pytest.raises(NotFound):
        CATALOGUE.data_set("staffed-beds", 2)


def test_the_real_figures_fit_their_definitions():
    capacity = wire_definition(CATALOGUE.data_set("staffed-beds"), CATALOGUE)
    rejections = wire_definition(CATALOGUE.data_set("cancelled-operations"), CATALOGUE)
    with (DEMO / "care_forms.csv").open(encoding="utf-8", newline="") as file:
        care_forms = {row["label"]: row["code"] for row in csv.DictReader(file)}
    with (DEMO / "beds.csv").open(encoding="utf-8", newline="") as file:
        beds = list(csv.DictReader(file))
    with (DEMO / "cancelled_operations.csv").open(encoding="utf-8", newline="") as file:
        cancelled = list(csv.DictReader(file))
    assert (len(beds), len(cancelled)) == (4689, 3836)
    for row in beds:
        assert row["quarter"] in capacity.column("period").by_code
        assert row["health_board"] in capacity.column("region").by_code
        assert care_forms[row["specialty"]] in capacity.column("care_form").by_code
        assert 0 <= int(row["occupied_bed_days"]) <= int(row["staffed_bed_days"]) <= 1_000_000
    for row in cancelled:
        assert row["month"] in rejections.column("period").by_code
        assert row["health_board"] in rejections.column("region").by_code
        assert row["reason"] in rejections.column("reason").by_code
    assert set(care_forms.values()) == set(capacity.column("care_form").by_code)


def test_a_definition_survives_the_wire():
    for data_set in CATALOGUE.data_sets:
        definition = wire_definition(data_set, CATALOGUE)
        assert Definition.from_json(definition.to_json()) == definition
        assert definition.key == data_set.key
        assert definition.period_column == "period"
