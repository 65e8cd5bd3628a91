"""Wherever the connection or the supplier's process breaks, the real service counts the delivery exactly once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from cutting_proxy import Cut, CuttingProxy, cutting_proxy
from supplier_place import GOOD, OPEN, PART, RECORDS, SupplierPlace

from sluis_client import Client, ConnectionFailedError, Delivered, Machine, Patience

pytestmark = pytest.mark.xdist_group("supplier")

REQUESTS = {
    "announcement": "POST /v1/submissions ",
    "a part": "PUT /v1/submissions/[^/]+/parts/1",
    "completion": "PUT /v1/submissions/[^/]+/completion",
}
MOMENTS: dict[str, dict[str, Any]] = {
    "before the request": {"sent": 0},
    "in the middle of the request": {"sent": 8},
    "after the service did it, before the answer": {"received": 0},
    "in the middle of the answer": {"received": 60},
}
FORMS = ("cardiology", "dermatology", "neurology")
IMPATIENT, PATIENT = Patience(total=0), Patience(total=60)


@pytest.fixture(scope="module")
def proxy(supplier_place: SupplierPlace) -> Iterator[CuttingProxy]:
    with cutting_proxy(supplier_place.url) as running:
        yield running


@pytest.fixture
def home(supplier_place: SupplierPlace, proxy: CuttingProxy) -> Path:
    """The profile of a fresh supplier that reaches the service through the proxy."""
    proxy.cuts.clear()
    return supplier_place.registered(proxy.url)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good delivery of two parts: few rows, each with many blanks between its members."""
    path = tmp_path_factory.mktemp("large") / "large.ndjson"
    rows = [
        {**RECORDS[0], "period": f"2019Q{quarter}", "care_form": form} for quarter in (1, 2, 3, 4) for form in FORMS
    ]
    blanks = " " * (PART // len(rows))
    path.write_text("".join(json.dumps(row).replace("}", blanks + "}\n") for row in rows))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, large: Path) -> tuple[Path, Path]:
    """A good delivery of one part, and one of two."""
    small = tmp_path_factory.mktemp("small") / "small.csv"
    small.write_text(GOOD)
    return small, large


def opened(home: Path, patience: Patience) -> Client:
    """A client whose pauses take no time."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    return Client.from_profile(home, patience=patience, machine=Machine(monotonic=lambda: passed[0], sleep=sleep))


def require_counted_once(place: SupplierPlace, home: Path, delivered: Delivered, accepting: str) -> None:
    """One submission, accepted; the receipt is the service's and the file's; one event accepted it."""
    supplier = place.crafting(home)
    found = supplier.call("GET", "/v1/submissions").json()["items"]
    assert [(one["id"], one["state"], one["version"]) for one in found] == [(delivered.submission, "accepted", 1)]
    assert found[0]["receipt"] == delivered.receipt.signed.to_json()
    with opened(home, IMPATIENT) as client:
        client.verify_receipt(delivered.submission)
        assert not client.status().under_way
    events = place.events(objectId=delivered.submission)
    acceptances = [event for event in events if event["code"] == accepting and not event["reasons"]]
    assert [(event["id"], event["outcome"]) for event in acceptances] == [
        (delivered.receipt.signed.receipt.audit_event_id, "success")
    ]


@pytest.mark.parametrize(("name", "moment"), [*product(REQUESTS, MOMENTS)])
def test_a_cut_is_resumed_by_the_same_call(
    supplier_place: SupplierPlace, proxy: CuttingProxy, files: tuple[Path, Path], name: str, moment: str
) -> None:
    home = supplier_place.registered(proxy.url)
    file, parts = (files[1], 2) if name == "a part" else (files[0], 1)
    proxy.cuts[:] = [Cut(re.compile(REQUESTS[name]), **MOMENTS[moment])]
    with opened(home, IMPATIENT) as client:
        with pytest.raises(ConnectionFailedError):
            client.submit(file, OPEN)
        assert [entry.name for entry in client.status().under_way] == [file.name]
    with opened(home, IMPATIENT) as client:
        delivered = client.submit(file, OPEN)
        assert delivered.outcome == "accepted"
        again = client.submit(file, OPEN)
    assert (again.outcome, again.receipt.signed) == ("duplicate", delivered.receipt.signed)
    require_counted_once(supplier_place, home, delivered, "submission.complete")
    events = supplier_place.events(objectId=delivered.submission)
    assert {event["outcome"] for event in events} == {"success"}
    sent = [event["reasons"] for event in events if event["code"] == "submission.receive-part"]
    assert sent == [[]] * parts, "only what was missing"


TRICKS: dict[str, dict[str, Any]] = {
    "delayed": {"delay": 0.3},
    "doubled, and the first answer comes": {"doubled": "first"},
    "doubled, and the second answer comes": {"doubled": "second"},
    "overtaken by the next": {"held": 1},
    "overtaken by the next three": {"held": 3},
}


@pytest.mark.parametrize(("name", "trick"), [*product(REQUESTS, TRICKS)])
def test_what_arrives_late_twice_or_in_another_order_counts_once(
    supplier_place: SupplierPlace, proxy: CuttingProxy, files: tuple[Path, Path], name: str, trick: str
) -> None:
    home = supplier_place.registered(proxy.url)
    file = files[1] if name == "a part" else files[0]
    proxy.cuts[:] = [Cut(re.compile(REQUESTS[name]), received=None, **TRICKS[trick])]
    proxy.late.clear()
    with opened(home, PATIENT) as client:
        delivered = client.submit(file, OPEN)
        assert delivered.outcome == "accepted"
        while proxy.waiting:
            client.rounds()
        assert client.submit(file, OPEN).receipt.signed == delivered.receipt.signed
    assert proxy.cuts[0].times == 0
    statuses = [int(answer.split()[1]) for answer in proxy.late]
    assert len(statuses) == bool(TRICKS[trick].get("held"))
    assert all(status < 300 or status == 409 for status in statuses)
    require_counted_once(supplier_place, home, delivered, "submission.complete")


@pytest.mark.parametrize("moment", MOMENTS)
def test_records_cut_at_any_moment_count_once(
    supplier_place: SupplierPlace, proxy: CuttingProxy, home: Path, moment: str
) -> None:
    proxy.cuts.append(Cut(REQUESTS["announcement"], **MOMENTS[moment]))
    with opened(home, IMPATIENT) as client:
        with pytest.raises(ConnectionFailedError):
            client.submit_records(RECORDS, OPEN)
        delivered = client.submit_records(RECORDS, OPEN)
    require_counted_once(supplier_place, home, delivered, "submission.submit")


def test_cuts_everywhere_are_survived_within_one_call(
    supplier_place: SupplierPlace, proxy: CuttingProxy, home: Path, large: Path
) -> None:
    proxy.made = 0
    proxy.cuts.extend(
        Cut(re.compile(request), **moment) for request in REQUESTS.values() for moment in MOMENTS.values()
    )
    with opened(home, PATIENT) as client:
        delivered = client.submit(large, OPEN)
    assert proxy.made == len(REQUESTS) * len(MOMENTS)
    require_counted_once(supplier_place, home, delivered, "submission.complete")


@pytest.mark.parametrize("moment", MOMENTS)
def test_registering_is_repeated_with_the_same_code_and_key(
    supplier_place: SupplierPlace, proxy: CuttingProxy, moment: str
) -> None:
    organisation, code = supplier_place.invited()
    home = supplier_place.homes / organisation
    proxy.cuts[:] = [Cut("POST /v1/registrations", **MOMENTS[moment])]
    with Client.for_service(proxy.url, home, patience=IMPATIENT) as client:
        with pytest.raises(ConnectionFailedError):
            client.register(code)
        assert not client.registered
    with Client.for_service(proxy.url, home, patience=IMPATIENT) as client:
        registration = client.register(code)
    known = supplier_place.crafting(home).call("GET", "/v1/organisations/me").json()
    assert [key["keyId"] for key in known["keys"]] == [registration.key_id]
    events = supplier_place.events(objectId=registration.key_id, code="key.register")
    assert [event["reasons"] for event in events] in ([[]], [[], ["repeated"]])
    assert {event["onBehalfOf"] for event in events} == {organisation}


KILLS = {
    "after it was announced": ("announcement", {"received": 0}),
    "while a part is on its way": ("a part", {"sent": 100}),
    "before it is completed": ("completion", {"sent": 0}),
    "after it was accepted": ("completion", {"received": 0}),
}


@pytest.mark.parametrize("moment", KILLS)
def test_a_killed_process_is_resumed_by_the_next(
    supplier_place: SupplierPlace, proxy: CuttingProxy, home: Path, large: Path, moment: str
) -> None:
    name, when = KILLS[moment]
    started = threading.Event()
    process: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        started.wait(10)
        process[0].send_signal(signal.SIGKILL)
        process[0].wait()

    proxy.cuts.append(Cut(re.compile(REQUESTS[name]), **when, meanwhile=kill))
    command = [sys.executable, "-m", "sluis_client", "submit", str(large), "--round", OPEN, "--yes"]
    environment = {**os.environ, "SLUIS_CLIENT_HOME": str(home)}
    process.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    started.set()
    assert process[0].wait(60) == -signal.SIGKILL
    with opened(home, IMPATIENT) as client:
        delivered = client.submit(large, OPEN)
    require_counted_once(supplier_place, home, delivered, "submission.complete")


def test_two_processes_that_deliver_the_same_file_share_one_delivery(
    supplier_place: SupplierPlace, home: Path, large: Path
) -> None:
    results: list[Delivered] = []
    barrier = threading.Barrier(3)

    def deliver() -> None:
        with Client.from_profile(home) as client:
            client.rounds()
            barrier.wait()
            results.append(client.submit(large, OPEN))

    threads = [threading.Thread(target=deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({delivered.receipt.signed for delivered in results}) == 1
    require_counted_once(supplier_place, home, results[0], "submission.complete")


def test_an_answer_that_was_cut_off_leaves_no_half_delivery_for_others(
    supplier_place: SupplierPlace, proxy: CuttingProxy, home: Path, large: Path
) -> None:
    """A delivery under way counts for nobody: the steward sees it as missing."""
    proxy.cuts.append(Cut(re.compile(REQUESTS["completion"]), sent=0))
    with opened(home, IMPATIENT) as client, pytest.raises(ConnectionFailedError):
        client.submit(large, OPEN)
    organisation = supplier_place.crafting(home).id
    headers = {"Authorization": f"Bearer {supplier_place.steward.token}"}
    deliveries = httpx.get(f"{supplier_place.url}/v1/rounds/{OPEN}/deliveries", headers=headers).json()["items"]
    assert [one["state"] for one in deliveries if one["organisation"] == organisation] == ["missing"]
