"""The released figures against `beds.csv` itself: every shown value exact, no unsafe cell shown or derivable.

Nothing of the service is used to work out what should be there: sums, primary rules and the attackers are written here.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from demo.scotland.figures import DATA
from demo.scotland.story import OWNER
from sluis_client.wire import RELEASE_PREFIX, KeySet, canonical_bytes, verify_ed25519

pytestmark = pytest.mark.xdist_group("e2e")
POLICIES = Path(__file__).parents[2] / "policies" / "classifications"
MINIMUM_COUNT, MINIMUM_CONTRIBUTORS, P_PERCENT = 10, 3, 10
DOMINANCE = ((1, 75), (2, 90))


def parents(name: str) -> dict[str, str]:
    with (POLICIES / name).open(newline="", encoding="utf-8") as lines:
        return {row["code"]: row["parent"] or "TOTAL" for row in csv.DictReader(lines)}


REGION, CARE = parents("scotland-boards.csv"), parents("scotland-specialties.csv")


@pytest.fixture(scope="module")
def release(played):
    owner = played.person(f"owner-{OWNER}")
    first = owner.get("/v1/releases")["items"][-1]
    return owner.get(f"/v1/releases/{first['id']}")


@pytest.fixture(scope="module")
def truth():
    """Per cell of the released table the contribution of each hospital."""
    with (DATA / "care_forms.csv").open(newline="", encoding="utf-8") as lines:
        codes = {row["label"]: row["code"] for row in csv.DictReader(lines)}
    cells = defaultdict(Counter)
    with (DATA / "beds.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            care, region = CARE[codes[row["specialty"]]], REGION[row["health_board"]]
            for cell in itertools.product((care, "TOTAL"), (region, "TOTAL")):
                cells[cell][row["hospital"]] += int(row["staffed_bed_days"])
    return cells


def is_unsafe(contributions: Counter) -> bool:
    sizes = sorted((value for value in contributions.values() if value), reverse=True)
    total = sum(sizes)
    return (
        0 < total < MINIMUM_COUNT
        or 0 < len(sizes) < MINIMUM_CONTRIBUTORS
        or any(sum(sizes[:m]) * 100 > k * total for m, k in DOMINANCE)
        or (total > 0 and (total - sum(sizes[:2])) * 100 < P_PERCENT * sizes[0])
    )


def shown(release) -> dict[tuple[str, str], int | None]:
    return {tuple(cell["codes"]): cell["value"] for cell in release["content"]["tables"][0]["cells"]}


def test_every_shown_value_is_the_sum_of_what_was_delivered(release, truth):
    cells = shown(release)
    assert len(cells) == 36
    assert cells["TOTAL", "TOTAL"] == sum(truth["TOTAL", "TOTAL"].values()) == 9_950_267
    for codes, value in cells.items():
        if value is not None:
            assert value == sum(truth[codes].values()), codes


def test_no_unsafe_cell_is_shown_and_status_says_so(release, truth):
    for cell in release["content"]["tables"][0]["cells"]:
        assert cell.keys() == {"codes", "value", "status"}
        assert (cell["status"] == "Q") == (cell["value"] is None)
        if is_unsafe(truth[tuple(cell["codes"])]):
            assert cell["status"] == "Q", cell["codes"]


def attacked(cells, known) -> dict[tuple[str, str], tuple[float, float]]:
    """What linear programming gives per hidden cell, for an attacker who knows `known` parts of the hidden cells."""
    names = sorted(cells)
    place = {name: number for number, name in enumerate(names)}
    care_codes, region_codes = ({codes[axis] for codes in cells} for axis in (0, 1))
    rows = [
        *(([(care, region) for region in region_codes - {"TOTAL"}], (care, "TOTAL")) for care in care_codes),
        *(([(care, region) for care in care_codes - {"TOTAL"}], ("TOTAL", region)) for region in region_codes),
    ]
    matrix = np.zeros((len(rows), len(names)))
    for number, (parts, whole) in enumerate(rows):
        matrix[number, [place[part] for part in parts]] = 1
        matrix[number, place[whole]] = -1
    bounds = [(cells[n], cells[n]) if cells[n] is not None else (known(n), None) for n in names]
    found = {}
    for name in names:
        if cells[name] is None:
            sides = []
            for sign in (1, -1):
                cost = np.zeros(len(names))
                cost[place[name]] = sign
                solved = linprog(cost, A_eq=matrix, b_eq=np.zeros(len(rows)), bounds=bounds)
                sides.append(sign * solved.fun if solved.status == 0 else np.inf)
            found[name] = tuple(sides)
    return found


def test_nobody_can_work_an_unsafe_cell_out(release, truth):
    cells = shown(release)
    hospitals = sorted(truth["TOTAL", "TOTAL"])
    for attacker in [None, *hospitals]:
        hidden = attacked(cells, lambda name, me=attacker: truth[name][me] if me else 0)
        for name, (low, high) in hidden.items():
            others = Counter({who: value for who, value in truth[name].items() if who != attacker and value})
            if is_unsafe(truth[name]) and others:
                assert high - low > 0.5, (attacker, name)
        if attacker is None:
            for name, (_, high) in hidden.items():
                contributions = truth[name]
                sizes = [*sorted(contributions.values(), reverse=True), 0, 0]
                total = sum(sizes)
                if is_unsafe(contributions):
                    assert high >= total + (P_PERCENT / 100 * sizes[0] - (total - sizes[0] - sizes[1])) - 1e-3, name


def test_the_release_is_signed(played, release):
    keys = KeySet.from_json(played.person(f"owner-{OWNER}").get("/.well-known/jwks.json"))
    key = keys.ed25519(release["keyId"])
    verify_ed25519(RELEASE_PREFIX, canonical_bytes(release["content"]), release["signature"], key)


def test_only_recipients_learn_that_it_exists(played, release):
    path = f"/v1/releases/{release['content']['id']}"
    absent = path[:-4] + "0000"
    for stranger in ("auditor-1",):
        told = [played.person(stranger).call("GET", address) for address in (path, absent)]
        assert [answer.is_error for answer in told] == [True, True]
        assert told[0].status_code == told[1].status_code
        assert told[0].json().get("reasons") == told[1].json().get("reasons")


def test_a_regional_owner_does_not_learn_which_suppliers_are_in_the_figures(played):
    rounds = played.person(f"owner-{OWNER}").get("/v1/rounds")["items"]
    assert rounds
    for found in rounds:
        assert not found.keys() & {"expected", "myDelivery"}
    assert all(found["expected"] for found in played.person("steward-1").get("/v1/rounds")["items"])
