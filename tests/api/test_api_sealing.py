"""Sealed content over HTTP: what may come sealed, to which key, and that nothing sealed fits elsewhere."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
import typer
from api_world import ISSUER, World, open_world, records
from typer.testing import CliRunner

from service.cli.sealing import add_sealing_commands
from service.domain.organisation import OrganisationKind
from service.domain.principal import Role
from service.domain.sealing import SealingKey
from service.use_cases.expire_sealing_key import expire_sealing_key
from service.use_cases.rotate_sealing_key import rotate_sealing_key
from sluis_client import wire
from sluis_client.wire.sealing import (
    SEALED_OVERHEAD,
    SEALING_KEYS_PREFIX,
    SealedPlace,
    SealingState,
    SignedSealingKeys,
    seal,
)

CSV = "period,region,care_form,staffed_bed_days,occupied_bed_days\n2019Q1,S08000015,anaesthetics,90,61\n"
SALT = bytes(range(32))
PLAIN = SALT + CSV.encode()
HOUR = timedelta(hours=1)


class Place:
    """One supplier after the other, each with an announced, sealed delivery."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.numbers = itertools.count(1)
        self.steward = world.people.add("steward-1", Role.STEWARD, organisation="ttp")
        world.invite("ttp", OrganisationKind.TRUSTED_THIRD_PARTY)
        self.names = [f"hospital-{number}" for number in range(1, 30)]
        self.tokens = {name: world.onboard(name) for name in self.names}
        world.open_round(self.steward, self.names)

    def key(self) -> SealingKey:
        self.world.clock.pass_by(seconds=1)  # two keys of one moment are used in either order
        return rotate_sealing_key(self.world.operator(), lead=timedelta())

    def announce(self, content: bytes = PLAIN, **changes: Any) -> Delivery:
        name = self.names.pop()
        changes = {"format": wire.Format.CSV, "sealed": True, **changes}
        manifest = self.world.manifest(name, content, **changes)
        body = self.world.signed(name, manifest)
        headers = {"Idempotency-Key": self.world.services.randomness.new_id()}
        token = self.world.token(name)
        answer = self.world.call("POST", "/v1/submissions", token, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return Delivery(self.world, name, token, manifest, answer.json()["id"])


class Delivery:
    def __init__(self, world: World, name: str, token: str, manifest: wire.Manifest, submission: str) -> None:
        self.world, self.name, self.token, self.manifest, self.id = world, name, token, manifest, submission

    def sealed(self, content: bytes, key: SealingKey, number: int = 0) -> bytes:
        place = SealedPlace(self.manifest.digest(), self.name, key.key_id, number)
        return seal(content, place, key.published(self.world.clock.now()).public_jwk)

    def put(self, part: bytes, key_id: str | None, number: int = 0) -> Any:
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        headers = {"Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/octet-stream"}
        if key_id is not None:
            headers["Sluis-Sealed-To"] = key_id
        path = f"/v1/submissions/{self.id}/parts/{number}"
        return self.world.call("PUT", path, self.token, content=part, headers=headers)

    def complete(self, parts: int = 1) -> Any:
        path = f"/v1/submissions/{self.id}/completion"
        return self.world.call("PUT", path, self.token, json={"parts": parts})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with open_world(tmp_path_factory.mktemp("world")) as world:
        yield Place(world)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_sealed_delivery_counts_and_its_digests_tell_nothing_of_the_file(place: Place) -> None:
    key, delivery = place.key(), place.announce()
    part = delivery.sealed(PLAIN, key)
    assert len(part) == len(PLAIN) + SEALED_OVERHEAD
    assert delivery.put(part, key.key_id).status_code == 204
    shown = place.world.call("GET", f"/v1/submissions/{delivery.id}", delivery.token).json()["parts"]
    assert shown == [{"number": 0, "size": len(part), "digest": wire.digest(part)}], "of what came"
    done = delivery.complete()
    assert (done.status_code, done.json()["state"], done.json()["rows"]) == (200, "accepted", 1)
    receipt = done.json()["receipt"]["receipt"]
    assert receipt["contentDigest"] == wire.digest(PLAIN) != wire.digest(CSV.encode())
    events = place.world.events(code="submission.receive-part", object_id=delivery.id)
    assert "sealed-content" in events[0].checks


def test_a_part_that_is_sealed_again_is_the_same_part(place: Place) -> None:
    key, delivery = place.key(), place.announce()
    for _ in range(2):
        assert delivery.put(delivery.sealed(PLAIN, key), key.key_id).status_code == 204
    assert code(delivery.put(delivery.sealed(PLAIN[:-1] + b"x", key), key.key_id)) == (409, "part-differs")
    assert delivery.complete().status_code == 200


def test_what_is_sealed_opens_in_its_own_place_only(place: Place) -> None:
    key, mine, other = place.key(), place.announce(), place.announce()
    part = mine.sealed(PLAIN, key)
    elsewhere = [
        other.put(part, key.key_id),  # another supplier's delivery
        mine.put(mine.sealed(PLAIN, key, 1), key.key_id),  # another part of mine
        mine.put(part[:-1] + bytes([part[-1] ^ 1]), key.key_id),
        mine.put(bytes([part[0] ^ 1]) + part[1:], key.key_id),
        mine.put(part[:-1], key.key_id),
        mine.put(b"", key.key_id),
        mine.put(bytes(80), key.key_id),
    ]
    assert {code(answer) for answer in elsewhere} == {(400, "sealed-content")}
    assert mine.put(part, key.key_id).status_code == 204


def test_a_key_is_used_while_it_is_active(place: Place) -> None:
    world, old = place.world, place.key()
    delivery = place.announce()
    new = rotate_sealing_key(world.operator(), lead=HOUR, overlap=timedelta(days=2))
    assert code(delivery.put(delivery.sealed(PLAIN, new), new.key_id)) == (409, "sealing-key-not-active")
    states = {key.key_id: key.state for key in published(world).keys}
    assert (states[old.key_id], states[new.key_id]) == (SealingState.ACTIVE, SealingState.PENDING)
    assert published(world).to_use().key_id == old.key_id
    world.clock.pass_by(hours=2)
    assert published(world).to_use().key_id == new.key_id
    delivery.token = world.token(delivery.name)
    assert delivery.put(delivery.sealed(PLAIN, old), old.key_id).status_code == 204, "the one before still opens"
    world.clock.pass_by(days=2)
    delivery.token = world.token(delivery.name)
    refused = delivery.put(delivery.sealed(PLAIN, old), old.key_id)
    assert code(refused) == (409, "sealing-key-not-active")
    assert "/v1/sealing-keys" in refused.json()["mend"]["nl"]
    assert {key.key_id: key.state for key in published(world).keys}[old.key_id] is SealingState.EXPIRED
    assert code(delivery.put(delivery.sealed(PLAIN, new), "A" * 43)) == (409, "sealing-key-not-active")
    assert delivery.complete().status_code == 200, "what was opened before stays"


def test_a_key_that_ended_is_destroyed(place: Place) -> None:
    world, key = place.world, place.key()
    place.key()
    expire_sealing_key(world.operator(), key.key_id)
    with world.services.database.look() as data:
        kept = data.sealing_keys.find(key.key_id)
    assert kept is not None
    assert kept.wrapped_key is None
    delivery = place.announce()
    assert code(delivery.put(delivery.sealed(PLAIN, key), key.key_id)) == (409, "sealing-key-not-active")


def test_what_was_announced_as_sealed_comes_sealed(place: Place) -> None:
    key, delivery = place.key(), place.announce()
    assert code(delivery.put(PLAIN, None)) == (400, "sealing-not-as-announced")
    plain = place.announce(CSV.encode(), sealed=False)
    part = plain.sealed(CSV.encode(), key)
    assert code(plain.put(part, key.key_id)) == (400, "sealing-not-as-announced")
    assert plain.put(CSV.encode(), None).status_code == 204
    assert plain.complete().status_code == 200
    assert delivery.put(delivery.sealed(PLAIN, key), "not a key id").status_code == 400


def test_what_was_wrong_does_not_go_back_in_the_open(place: Place) -> None:
    wrong = SALT + CSV.replace("90", "-908172").replace("61", "918273").encode()
    key, delivery = place.key(), place.announce(wrong)
    assert delivery.put(delivery.sealed(wrong, key), key.key_id).status_code == 204
    refused = delivery.complete()
    assert code(refused) == (400, "content-refused")
    assert refused.json()["faults"]["shown"][0]["row"] == 1
    again = place.world.call("GET", f"/v1/submissions/{delivery.id}", delivery.token)
    assert not [one for one in ("908172", "918273") if one in refused.text + again.text]


def test_content_without_room_for_what_comes_before_it_is_refused(place: Place) -> None:
    key, delivery = place.key(), place.announce(SALT[:31])
    assert delivery.put(delivery.sealed(SALT[:31], key), key.key_id).status_code == 204
    assert code(delivery.complete()) == (400, "content-digest")


def test_records_come_sealed_in_one_call(place: Place) -> None:
    world, key = place.world, place.key()
    content = SALT + wire.content_of_records(records())
    name = place.names.pop()
    manifest = world.manifest(name, content, sealed=True)

    def post(sealed: Any, **more: Any) -> Any:
        body = {**world.signed(name, manifest), "sealedRecords": sealed, **more}
        headers = {"Idempotency-Key": world.services.randomness.new_id()}
        return world.call("POST", "/v1/submissions", world.token(name), json=body, headers=headers)

    sealing_place = SealedPlace(manifest.digest(), name, key.key_id, 0)
    public = key.published(world.clock.now()).public_jwk
    good = {"keyId": key.key_id, "content": wire.base64url(seal(content, sealing_place, public))}
    moved = seal(content, SealedPlace(manifest.digest(), "hospital-0", key.key_id, 0), public)
    assert code(post({**good, "content": wire.base64url(moved)})) == (400, "sealed-content")
    assert code(post({**good, "content": "A" * 100_000})) == (400, "sealed-content"), "as long as records may be"
    assert code(post({**good, "keyId": "A" * 43})) == (409, "sealing-key-not-active")
    for bad in ("x", {**good, "content": "a b"}, {"keyId": key.key_id}, {**good, "more": 1}):
        assert code(post(bad)) == (400, "invalid-request")
    assert code(post(good, records=records())) == (400, "invalid-request")
    done = post(good)
    assert (done.status_code, done.json()["rows"]) == (201, 2), done.text
    assert post(good).json()["id"] == done.json()["id"]


def test_anybody_can_check_who_says_which_keys_there_are(place: Place) -> None:
    place.key()
    answer = place.world.call("GET", "/v1/sealing-keys")
    assert answer.headers["cache-control"] == "no-store"
    signed = SignedSealingKeys.from_json(answer.json())
    assert signed.document.issuer == ISSUER
    assert signed.document.issued_at == place.world.clock.now()
    key = wire.KeySet.from_json(place.world.call("GET", "/.well-known/jwks.json").json()).ed25519(signed.key_id)
    assert key is not None
    wire.verify_ed25519(SEALING_KEYS_PREFIX, signed.document.canonical(), signed.signature, key)
    assert "wrapped" not in answer.text
    assert '"d"' not in answer.text


def test_an_overlap_shorter_than_a_document_of_keys_is_refused(place: Place) -> None:
    with pytest.raises(ValueError, match="overlap"):
        rotate_sealing_key(place.world.operator(), overlap=timedelta(days=1))


def published(world: World) -> Any:
    return SignedSealingKeys.from_json(world.call("GET", "/v1/sealing-keys").json()).document


def test_what_the_operator_types(place: Place) -> None:
    app = typer.Typer()
    add_sealing_commands(app, lambda: nullcontext(place.world.operator()))

    def type_(*words: str, good: bool = True) -> list[list[str]]:
        done = CliRunner().invoke(app, ["sealing", *words])
        assert (done.exit_code == 0) is good, done.output
        return [line.split("\t") for line in done.stdout.splitlines()]

    ((first, state, _, until),) = type_("rotate", "--lead-hours", "0")
    assert (state, until) == ("active", "-")
    ((second, state, *_),) = type_("rotate")
    assert state == "pending"
    listed = {key: state for key, state, *_ in type_("list")}
    assert (listed[first], listed[second]) == ("active", "pending")
    ((gone, state, *_),) = type_("expire", first)
    assert (gone, state) == (first, "expired")
    type_("expire", "no-such-key", good=False)
    type_("rotate", "--overlap-hours", "24", good=False)
