"""The log's tree over HTTP: what a witness without an account can fetch, and that it proves what it should."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import World, open_world
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.adapters.log_signing import Ed25519LogSigner
from service.use_cases.sequence_log import sequence_log
from sluis_client.wire.log import (
    LogKey,
    leaf_hash,
    log_origin,
    open_checkpoint,
    root_of,
    verify_consistency,
    verify_inclusion,
)

SIGNER = Ed25519LogSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), log_origin("https://sluis.example"))


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service whose log has three checkpoints, and one event that waits."""
    with open_world(tmp_path_factory.mktemp("log")) as world:
        for number in range(3):
            for letter in "ab":
                world.invite(f"hospital-{letter}{number}")
            sequence_log(world.services.database, SIGNER, world.clock)
        world.invite("hospital-waiting")
        yield world


def hashes_of(world: World, path: str) -> list[bytes]:
    answer = world.call("GET", path)
    assert answer.status_code == 200, answer.text
    return [base64.b64decode(hash_) for hash_ in answer.json()["hashes"]]


def test_a_witness_needs_no_account(logged: World) -> None:
    """Key and checkpoint, the leaves from a tile, each in the tree, and the tree only grew."""
    answer = logged.call("GET", "/v1/log/key")
    key = LogKey.from_text(answer.text)
    assert key == SIGNER.key
    answer = logged.call("GET", "/v1/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    newest = open_checkpoint(answer.text, key)
    assert newest.size == 6
    tile = logged.call("GET", "/v1/log/tile/0/000.p/6")
    assert tile.headers["content-type"] == "application/octet-stream"
    leaves = [tile.content[start : start + 32] for start in range(0, len(tile.content), 32)]
    assert root_of(leaves) == newest.root
    for index, leaf in enumerate(leaves):
        for size in range(index + 1, 7):
            proof = hashes_of(logged, f"/v1/log/inclusion?index={index}&size={size}")
            verify_inclusion(leaf, index, size, proof, root_of(leaves[:size]))
    for old in range(7):
        proof = hashes_of(logged, f"/v1/log/consistency?from={old}&to=6")
        verify_consistency(old, 6, proof, root_of(leaves[:old]), newest.root)
    assert logged.call("GET", "/v1/log/tile/0/000.p/2").content == b"".join(leaves[:2])


def test_the_leaves_are_those_of_the_events(logged: World) -> None:
    with logged.services.database.look() as data:
        found = [leaf_hash(entry.salt + entry.payload.encode()) for entry in data.log.entries(0, 6)]
    assert logged.call("GET", "/v1/log/tile/0/000.p/6").content == b"".join(found)


def test_how_it_stands(logged: World) -> None:
    assert logged.call("GET", "/v1/log/status").json() == {"size": 6, "waiting": 1, "lagSeconds": 0.0, "behind": False}
    logged.clock.moment, before = logged.clock.moment.replace(minute=1), logged.clock.moment
    try:
        assert logged.call("GET", "/v1/log/status").json()["behind"] is True
    finally:
        logged.clock.moment = before


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/log/tile/0/000.p/7", 404, "not-found"),
        ("/v1/log/tile/0/000", 404, "not-found"),
        ("/v1/log/tile/0/001", 404, "not-found"),
        ("/v1/log/tile/1/000.p/1", 404, "not-found"),
        ("/v1/log/tile/0/0.p/6", 404, "not-found"),
        ("/v1/log/tile/0/..%2f000", 404, "not-found"),
        ("/v1/log/tile/entries/000.p/6", 404, "not-found"),
        ("/v1/log/tile/0/000.p/6?x=1", 400, "invalid-request"),
        ("/v1/log/inclusion?index=6&size=6", 400, "log-place"),
        ("/v1/log/inclusion?index=0&size=7", 400, "log-place"),
        ("/v1/log/inclusion?index=0", 400, "invalid-request"),
        ("/v1/log/inclusion?index=01&size=6", 400, "invalid-request"),
        ("/v1/log/inclusion?index=-1&size=6", 400, "invalid-request"),
        ("/v1/log/inclusion?index=9007199254740993&size=6", 400, "invalid-request"),
        ("/v1/log/consistency?from=5&to=4", 400, "log-place"),
        ("/v1/log/consistency?from=1&to=7", 400, "log-place"),
        ("/v1/log/consistency?from=1&to=6&to=6", 400, "invalid-request"),
        ("/v1/log/consistency?from=%D9%A1&to=6", 400, "invalid-request"),
    ],
)
def test_what_is_not_there_is_told(logged: World, path: str, status: int, code: str) -> None:
    answer = logged.call("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_before_the_first_checkpoint_there_is_nothing(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        for path in ("checkpoint", "key", "tile/0/000.p/1", "inclusion?index=0&size=1", "consistency?from=0&to=0"):
            assert world.call("GET", f"/v1/log/{path}").status_code == 404, path
        assert world.call("GET", "/v1/log/status").json()["size"] == 0


def test_reading_the_tree_is_no_event(logged: World) -> None:
    """It tells about nobody; an event for each would fill the log with its own reading."""
    before = len(logged.events())
    logged.call("GET", "/v1/log/checkpoint")
    logged.call("GET", "/v1/log/tile/0/000.p/6")
    assert len(logged.events()) == before
