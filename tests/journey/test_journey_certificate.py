"""A release waits for the log, and its certificate proves how it came to be, step by step, without the service."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from journey import AUDITOR, LOG_SIGNER, OWNER, SECOND, STEWARD, WORKER, World, copied, world_on
from journey_figures import SPEC, collect
from typer.testing import CliRunner

from service.adapters.log_signing import Ed25519LogSigner
from service.api.schemas.releases import release_bytes
from service.domain.errors import Conflict, Denied, Invalid, Unavailable
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.publish_release import publish_release
from service.use_cases.read_releases import list_releases, read_release
from service.use_cases.release_request import release_request
from service.use_cases.sequence_log import sequence_log
from service.use_cases.withdraw_release import withdraw_release
from sluis_client.cli import app
from sluis_client.wire import RELEASE_PREFIX, canonical_bytes, digest
from sluis_client.wire.release import CERTIFICATE_PREFIX, ReleaseError, input_digest, release_commitment, verify_release


@pytest.fixture(scope="module")
def template(founded: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with an approved request."""
    directory = tmp_path_factory.mktemp("approved")
    with world_on(founded.application, copied(founded, directory), directory) as made:
        made.parties |= founded.parties
        collect(made)
        asked = made.ask(SPEC)
        made.work()
        made.approve(asked.id)
        yield made


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    with world_on(template.application, copied(template, tmp_path), tmp_path) as made:
        made.parties |= template.parties
        yield made


def request_of(world: World) -> str:
    with world.services.database.look() as data:
        (found,) = [r for r in data.requests.page(Page()) if r.state == "approved"]
    return found.id


def sealed_id(world: World, request: str) -> str:
    with world.services.database.look() as data:
        found = data.releases.newest_of(request)
        assert found is not None
        return found.id


@pytest.fixture(scope="module")
def published(template: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Any]]]:
    """The world with its release, and that as the service gives it."""
    directory = tmp_path_factory.mktemp("published")
    with world_on(template.application, copied(template, directory), directory) as world:
        world.parties |= template.parties
        done = world.release_at_once(request_of(world))
        assert done.release is not None
        view = read_release(world.call(OWNER), done.release)
        yield world, json.loads(release_bytes(view))


def jwks(world: World) -> dict[str, Any]:
    return {"keys": world.application.public_keys()}


def test_the_certificate_says_how_it_came_to_be(published: tuple[World, dict[str, Any]]) -> None:
    world, document = published
    proven = verify_release(document, jwks(world), LOG_SIGNER.key, issuer=world.services.issuer)
    told = proven.certificate
    assert (told["purpose"]["id"], told["purpose"]["version"]) == (SPEC.purpose, 1)
    assert told["policyHash"] == world.services.policy.policy_hash == told["decision"]["policyHash"]
    assert told["decision"]["outcome"] == "permit"
    rules = {(one["code"], one["value"]) for one in told["decision"]["obligations"]}
    assert {
        ("minimum-contributors", 3),
        ("dominance", "1:75"),
        ("contributors-are", "holdings"),
        ("minimum-age-months", 3),
        ("frequency", "quarterly"),
    } <= rules
    assert "recipient" not in {code for code, _ in rules}
    assert {one["steward"] for one in told["approvers"]} == {STEWARD.id, SECOND.id}
    assert told["disclosure"]["safe"] is True
    assert told["disclosure"]["profile"]
    (event,) = world.events(code="release.create", outcome="success")
    assert told["auditEvent"] == event.id
    deliveries = [world.counting(party, "staffed-beds-2024") for party in world.parties.values()]
    named = {input_digest(document["id"], one.manifest_digest) for one in deliveries if one is not None}
    assert set(told["inputs"]) == named
    assert not {one.manifest_digest for one in deliveries if one} & set(told["inputs"])


def test_the_log_holds_a_commitment_and_nothing_to_try_figures_by(published: tuple[World, dict[str, Any]]) -> None:
    world, document = published
    certificate = document["certificate"]["certificate"]
    (event,) = world.events(code="release.create", outcome="success")
    assert event.commitment == release_commitment(certificate)
    with world.services.database.look() as data:
        found, _ = data.audit.stored(AuditFilter(), Page(200))
    log = "".join(stored.payload for stored in found)
    assert event.commitment in log
    for hidden in (certificate["nonce"], certificate["contentDigest"].partition(":")[2]):
        assert hidden not in log


def resigned(world: World, document: dict[str, Any]) -> None:
    """What an operator who lies can do: sign again whatever was changed."""
    signed = document["certificate"]
    content = canonical_bytes(document["content"])
    signed["certificate"]["contentDigest"] = digest(content)
    document["signature"] = world.services.signer.sign(RELEASE_PREFIX, content).value
    certified = canonical_bytes(signed["certificate"])
    signed["signature"] = world.services.signer.sign(CERTIFICATE_PREFIX, certified).value


def _no_certificate(d: dict[str, Any]) -> None:
    del d["certificate"]


def _more(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["more"] = 1


def _figure(d: dict[str, Any]) -> None:
    d["content"]["tables"][0]["cells"][0]["value"] = 1


def _approver(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["approvers"][0]["steward"] = "https://login.example#other"


def _version(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["version"] = 2


def _denied(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["decision"]["outcome"] = "deny"


def _other_bundle(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["decision"]["policyHash"] = "sha-256:" + "0" * 64


def _no_policies(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["decision"]["policies"] = [None]


def _no_profile(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["disclosure"].pop("profile")


def _no_inputs(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["inputs"] = None


def _no_organisation(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["organisation"] = None


def _unsafe(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["disclosure"]["safe"] = False


def _one_steward(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["approvers"] = d["certificate"]["certificate"]["approvers"][:1] * 2


def _own_steward(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["requester"] = d["certificate"]["certificate"]["approvers"][0]["steward"]


def _spaced_steward(d: dict[str, Any]) -> None:
    one = d["certificate"]["certificate"]["approvers"][0]
    d["certificate"]["certificate"]["approvers"] = [one, {**one, "steward": one["steward"] + " "}]


def _listed_steward(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["approvers"][0]["steward"] = ["a"]


def _listed_requester(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["requester"] = ["a"]


def _half_a_character(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["logProof"]["event"] = json.loads(r'"\ud800"')


def _checkpoint(d: dict[str, Any]) -> None:
    proof = d["certificate"]["certificate"]["logProof"]
    proof["checkpoint"] = proof["checkpoint"].replace("\n— ", "\n— x")


def _place(d: dict[str, Any]) -> None:
    d["certificate"]["certificate"]["logProof"]["logIndex"] -= 1


def _event(d: dict[str, Any]) -> None:
    proof = d["certificate"]["certificate"]["logProof"]
    proof["event"] = proof["event"].replace("release.create", "release.remove")


def _other_release(d: dict[str, Any]) -> None:
    d["content"]["id"] = d["certificate"]["certificate"]["release"] = "another"


def _other_purpose(d: dict[str, Any]) -> None:
    d["content"]["purpose"]["id"] = d["certificate"]["certificate"]["purpose"]["id"] = "another"


@pytest.mark.parametrize(
    ("step", "change", "lies"),
    [
        (1, _no_certificate, False),
        (1, _more, False),
        (2, _figure, False),
        (3, _approver, False),
        (4, _version, True),
        (5, _denied, True),
        (5, _other_bundle, True),
        (5, _no_policies, True),
        (6, _unsafe, True),
        (6, _no_profile, True),
        (1, _no_inputs, True),
        (1, _no_organisation, True),
        (7, _one_steward, True),
        (7, _own_steward, True),
        (7, _spaced_steward, True),
        (7, _listed_steward, True),
        (1, _listed_requester, True),
        (3, _half_a_character, False),
        (8, _checkpoint, True),
        (9, _place, True),
        (9, _event, True),
        (9, _other_release, True),
        (9, _figure, True),
        (9, _approver, True),
        (9, _other_purpose, True),
    ],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_each_step_refuses_what_it_is_there_for(
    published: tuple[World, dict[str, Any]], step: int, change: Callable[[dict[str, Any]], None], lies: bool
) -> None:
    world, document = published[0], copy.deepcopy(published[1])
    change(document)
    if lies:
        resigned(world, document)
    with pytest.raises(ReleaseError) as error:
        verify_release(document, jwks(world), LOG_SIGNER.key, issuer=world.services.issuer)
    assert error.value.step == step, error.value.en
    assert error.value.nl


def test_another_service_key_log_key_issuer_or_log_is_refused(published: tuple[World, dict[str, Any]]) -> None:
    world, document = published
    size = verify_release(document, jwks(world), LOG_SIGNER.key).checkpoint.size
    other_log = LOG_SIGNER.sign(size, bytes(32)).note
    for step, more in {
        2: {"jwks": {"keys": []}},
        4: {"issuer": "https://other.example"},
        10: {"seen": other_log},
    }.items():
        arguments = {"jwks": jwks(world), "log_key": LOG_SIGNER.key} | more
        with pytest.raises(ReleaseError) as error:
            verify_release(document, **arguments)
        assert error.value.step == step
    with pytest.raises(ReleaseError) as error:
        verify_release(document, jwks(world), type(LOG_SIGNER.key)("other/v1/log", LOG_SIGNER.key.public))
    assert error.value.step == 8


def test_on_the_command_line_with_two_keys_and_no_registration(
    published: tuple[World, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, document = published
    monkeypatch.setenv("SLUIS_CLIENT_HOME", str(tmp_path / "nobody"))
    for name, content in {
        "release.json": json.dumps(document),
        "keys.json": json.dumps(jwks(world)),
        "log-key": LOG_SIGNER.key.text() + "\n",
        "altered.json": json.dumps(document).replace('"status": "A"', '"status": "E"', 1),
    }.items():
        (tmp_path / name).write_text(content)
    keys = ["--keys", str(tmp_path / "keys.json"), "--log-key", str(tmp_path / "log-key")]
    found = CliRunner().invoke(app, ["release", "verify", str(tmp_path / "release.json"), *keys, "--json"])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["release"] == document["id"]
    assert json.loads(found.stdout)["logSizeNow"] is None
    told = CliRunner().invoke(app, ["release", "verify", str(tmp_path / "release.json"), *keys, "--language", "en"])
    assert "Not shown: that the log only grew" in " ".join(told.output.split())
    nobody = CliRunner().invoke(app, ["release", "verify", str(tmp_path / "release.json"), *keys, "--online"])
    assert nobody.exit_code == 2  # no registration, so no service to ask
    altered = CliRunner().invoke(app, ["release", "verify", str(tmp_path / "altered.json"), *keys])
    assert altered.exit_code == 6
    assert "Step 2" in altered.output
    assert CliRunner().invoke(app, ["release", "verify", str(tmp_path / "log-key"), *keys]).exit_code == 2
    unknown = CliRunner().invoke(app, ["release", "verify", str(tmp_path / "release.json")])
    assert unknown.exit_code == 6
    assert "--log-key" in unknown.output


# --- waiting for the log


def test_nobody_reads_a_release_before_the_log_has_it(world: World) -> None:
    request = request_of(world)
    for _ in range(3):
        assert world.worker.run_once(world.services)
    assert world.request(request).state == "approved"
    release = sealed_id(world, request)
    for who in (OWNER, STEWARD):
        with pytest.raises(Unavailable, match="release-not-in-log"):
            read_release(world.call(who), release)
    with pytest.raises(Denied):
        read_release(world.call(AUDITOR), release)
    with pytest.raises(Conflict, match="release-not-in-log"):
        publish_release(world.call(WORKER), request)
    with pytest.raises(Conflict, match="release-sealed"):
        release_request(world.call(WORKER), request)
    assert len(world.events(code="release.create", outcome="success")) == 1  # not one for every look
    world.sequence()
    assert world.worker.run_once(world.services)
    assert world.request(request).release == release
    assert read_release(world.call(OWNER), release).certificate is not None


def test_it_counts_as_released_for_every_attack_from_the_moment_it_is_sealed(world: World) -> None:
    request = request_of(world)
    world.worker.run_once(world.services)
    with world.services.database.look() as data:
        assert [one.request for one in data.releases.over(SPEC.data_set)] == [request]


def test_whoever_asks_for_it_again_and_again_does_not_hold_it_up(world: World) -> None:
    request = request_of(world)
    world.worker.run_once(world.services)
    world.sequence()
    release = sealed_id(world, request)
    world.clock.moment += timedelta(seconds=1)
    for who in (AUDITOR, AUDITOR):
        with pytest.raises(Denied):
            read_release(world.call(who), release)
    assert world.worker.run_once(world.services)
    assert world.request(request).state == "released"


def test_a_reader_does_not_see_that_a_release_is_coming(world: World) -> None:
    request = request_of(world)
    world.worker.run_once(world.services)
    release = sealed_id(world, request)
    assert [view.release.id for view in list_releases(world.call(OWNER), Page())] == []
    assert [view.release.id for view in list_releases(world.call(STEWARD), Page())] == [release]
    with pytest.raises(Invalid, match="cursor"):
        list_releases(world.call(OWNER), Page(cursor=release))
    world.work()
    assert [view.release.id for view in list_releases(world.call(OWNER), Page())] == [release]


def test_one_that_is_withdrawn_meanwhile_was_never_released(world: World) -> None:
    request = request_of(world)
    world.worker.run_once(world.services)
    release = sealed_id(world, request)
    withdraw_release(world.call(STEWARD), release, "a fault was found")
    world.work()
    assert (world.request(request).state, world.request(request).release) == ("rejected", None)
    with pytest.raises(Conflict, match="request-state"):
        publish_release(world.call(WORKER), request)
    for who in (OWNER, STEWARD):
        with pytest.raises((Denied, Unavailable)):
            read_release(world.call(who), release)
    assert not world.events(code="release.publish", outcome="success")


def test_one_that_is_withdrawn_afterwards_was_released(world: World) -> None:
    request = request_of(world)
    release = world.release_at_once(request).release
    assert release is not None
    withdraw_release(world.call(STEWARD), release, "a fault was found")
    assert (world.request(request).state, world.request(request).release) == ("released", release)
    with pytest.raises(Denied):
        read_release(world.call(OWNER), release)


# --- the key of the log is replaced


NEXT = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))


def holding(*keys: Ed25519PrivateKey) -> Ed25519LogSigner:
    first, *others = keys
    return Ed25519LogSigner(first, LOG_SIGNER.key.name, *others)


def sequence_with(world: World, signer: Ed25519LogSigner) -> None:
    while sequence_log(world.services.database, signer, world.clock) is not None:
        pass


@pytest.mark.parametrize("sealed_before", [True, False])
def test_a_release_is_proven_with_the_key_before_and_the_key_after(world: World, sealed_before: bool) -> None:
    request = request_of(world)
    old = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert world.worker.run_once(world.services)  # sealed
    if sealed_before:
        sequence_with(world, holding(old))
        assert world.worker.run_once(world.services)
    sequence_with(world, holding(old, NEXT))
    if not sealed_before:
        assert world.worker.run_once(world.services)
    release = world.request(request).release
    assert release is not None
    for held in ((old, NEXT), (NEXT,)):  # while both sign, and after the old one has gone
        sequence_with(world, holding(*held))
        document = json.loads(release_bytes(read_release(world.call(OWNER), release)))
        for known in (old, NEXT):
            proven = verify_release(document, jwks(world), holding(known).key, issuer=world.services.issuer)
            assert proven.certificate["release"] == release
    for wrong in ("x", [1], {"a": 1}):
        with pytest.raises(ReleaseError) as error:
            verify_release({**document, "logSuccessions": wrong}, jwks(world), holding(NEXT).key)
        assert error.value.step == 8
    stolen = holding(Ed25519PrivateKey.from_private_bytes(bytes([9] * 32)))
    with pytest.raises(ReleaseError) as error:
        verify_release(document, jwks(world), stolen.key)
    assert error.value.step == 8
