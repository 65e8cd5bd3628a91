"""Every command in the guides of regional owner, steward and auditor is run against a real service."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from cbs_double import cbs_double, population

from demo import installation
from demo.scotland.story import OWNER

DOCS = Path(__file__).parents[2] / "docs"
pytestmark = pytest.mark.xdist_group("e2e")


def sections(guide: str) -> Mapping[str, str]:
    """Per heading the script of its console blocks: what stands after `$ `, here-documents included."""
    _, *parts = re.split(r"^#+ (?=\S)", (DOCS / guide).read_text(), flags=re.MULTILINE)
    found = {}
    for part in parts:
        blocks = re.findall(r"^```console\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)
        found[part.splitlines()[0]] = re.sub(r"^\$ ", "", "".join(blocks), flags=re.MULTILINE)
    return found


def run(shell, subject: str, script: str) -> str:
    done = shell(subject, script)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for(person, path: str, reached):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = person.get(path)
        if reached(found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"{path}: {found}")


def test_the_regional_owner_asks_two_stewards_approve_and_the_owner_reads(played, shell):
    owner, steward = sections("regional-owner.md"), sections("steward.md")
    asked = run(shell, f"owner-{OWNER}", "".join(owner[name] for name in owner if name[:2] not in {"5.", "6.", "7."}))
    *_, state, given_up = asked.splitlines()
    assert state in {"permitted", "prepared"}
    assert given_up == "retracted"
    waiting = wait_for(played.person("steward-1"), "/v1/aggregate-requests?state=prepared", lambda f: f["items"])
    request = waiting["items"][0]["id"]

    log_in, *_ = steward.values()
    run(shell, "steward-1", log_in + steward["A round"] + steward["A request"])
    # the second steward finds it approved once
    run(shell, "steward-2", log_in + steward["A request"].replace("state=prepared", "state=approved-once"))
    wait_for(played.person(f"owner-{OWNER}"), f"/v1/aggregate-requests/{request}", lambda f: f["state"] == "released")
    read = run(shell, f"owner-{OWNER}", owner["1. Log in"] + owner["5. Read"] + "\ncat figures.csv")
    assert "region,reason,MEASURE,UNIT_MEASURE,OBS_VALUE,OBS_STATUS" in read

    run(shell, "steward-1", log_in + steward["Afterwards"])
    reader = played.person(f"owner-{OWNER}")
    newest = reader.get("/v1/releases")["items"][0]
    assert newest["request"] == request
    assert newest["withdrawnAt"]
    assert reader.call("GET", f"/v1/releases/{newest['id']}").is_error
    assert reader.call("GET", f"/v1/releases/{newest['id']}/cells").is_error


def test_an_agreement_is_recorded_confirmed_and_withdrawn(shell):
    log_in, *_ = (guide := sections("steward.md")).values()
    recorded = run(shell, "steward-1", log_in + guide["Agreements"])
    assert "recorded processor-agreement VO-2026-014" in recorded
    agreement = recorded.splitlines()[-1].split()[0]
    ended = run(shell, "steward-2", log_in + guide["What a colleague recorded"])
    assert f"* {agreement} confirmed" in ended
    assert f"  {agreement} withdrawn" in ended


def test_regions_are_proposed_and_approved(shell):
    log_in, *_ = (guide := sections("steward.md")).values()
    proposed = run(shell, "steward-1", log_in + guide["Regions"])
    assert " proposed nhs-lothian: scotland-boards/S08000024 (2099-01-01 - ...)" in proposed
    change = proposed.splitlines()[-1].split()[0]
    assert f"{change} approved nhs-lothian" in run(shell, "steward-2", log_in + guide["What a colleague proposed"])


def test_a_cluster_is_brought_in_and_approved(shell):
    log_in, *_ = (guide := sections("steward.md")).values()
    proposed = run(shell, "steward-1", log_in + guide["Lists of regions, and clusters of one's own"])
    assert "noordkop-v1 proposed sha-256:" in proposed
    approved = run(shell, "steward-2", log_in + guide["A list that a colleague brought in"])
    assert "noordkop-v1 approved sha-256:" in approved


def test_public_figures_are_fetched_by_the_operator_and_read_by_the_owner(played, shell):
    with cbs_double(t03759ned=population({"GM0363": 900, "GM0384": 30})) as cbs:
        environment = {**played.place.environment, "SLUIS_CBS_ADDRESS": cbs.url}
        installation.run("public", "fetch", "demography", "--period", "2024", environment=environment)
    owner = sections("regional-owner.md")
    read = run(shell, f"owner-{OWNER}", owner["1. Log in"] + owner["6. See public figures beside them"])
    assert "Bron / source: Centraal Bureau voor de Statistiek (CBS), 03759ned" in read
    assert "https://creativecommons.org/licenses/by/4.0/" in read
    assert "ZK02\tTOTAL TOTAL\tinhabitants\t930" in read
    assert "\tGM0344: not-in-source" in read


def test_a_purpose_is_proposed_reviewed_approved_and_stopped(played, shell):
    guide = sections("purposes.md")
    assert "winter-peaks 1 proposed" in run(shell, f"owner-{OWNER}", guide["Propose"])
    assert "reviewed" in run(shell, "privacy-officer-1", guide["Review"])
    assert "approved-once" in run(shell, "steward-1", guide["Approve"])
    assert "* winter-peaks 1 approved" in run(shell, "steward-2", guide["Approve"])
    permitted = [found["id"] for found in played.person(f"owner-{OWNER}").get("/v1/purposes")["items"]]
    assert "winter-peaks" in permitted
    ended = run(shell, "privacy-officer-1", guide["Stop"] + guide["The record of processing"] + "\ncat register.csv")
    assert "winter-peaks 1 withdrawn" in ended
    assert "winter-peaks 1: Winterpieken" in ended


def test_the_privacy_officer_lodges_an_objection_and_withdraws_it(shell):
    guide = sections("privacy-officer.md")
    printed = run(shell, "privacy-officer-1", "".join(guide.values()))
    assert '"pseudonym": "kept-bsn.planning.1.' in printed  # what is kept is another one
    assert "0123456789abcdefghijkl" not in printed
    assert '"cancelled-operations": 1' in printed
    assert re.search(r"^\d{4}-\d\d-\d\dT", printed, re.MULTILINE)


def test_the_auditor_sees_who_did_what(shell):
    guide = sections("auditor.md")
    printed = "".join(run(shell, "auditor-1", script) for script in guide.values())
    printed += run(shell, "auditor-1", "cat all.csv denials.ndjson releases.fhir.json")
    assert '"code": "release.create"' in printed
    assert '"code": "audit.export"' in printed
    assert "traceId" in printed
    assert '"resourceType":"Bundle"' in printed
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith('{"event"')]
    assert lines
    assert {json.loads(line["event"])["outcome"] for line in lines} == {"denied"}


def test_every_guide_is_executed():
    """A new guide gets a test of its own: here, in `test_supplier_guide`, or in `tests/docs`.

    Section 7 of regional-owner.md needs no service: `tests/docs/test_pictures_in_guide.py`.
    """
    executed_here = {"regional-owner.md", "steward.md", "auditor.md", "purposes.md", "privacy-officer.md"}
    with_commands = {path.name for path in DOCS.glob("*.md") if "```console" in path.read_text()}
    assert executed_here <= with_commands
    assert with_commands - executed_here <= {"supplier.md", "operator.md", "developer.md", "disclosure.md"}
