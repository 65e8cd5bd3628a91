"""Keys of a log that follow each other: what is believed of a new key, and of an old one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from log_double import SomeLog

from sluis_client.wire import canonical_bytes, time_text
from sluis_client.wire.log import (
    CheckpointError,
    EntryError,
    LogKey,
    LogKeys,
    LogProof,
    leaf_hash,
    open_succession,
    sign_checkpoint,
    sign_succession,
    verify_log_proof,
)
from sluis_client.wire.log.checkpoint import sign_note
from sluis_client.wire.log.export import ExportError, export_lines, verify_export

ORIGIN = "sluis.example/v1/log"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PRIVATE = [Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in range(6)]
PUBLIC = [LogKey(ORIGIN, key.public_key()) for key in PRIVATE]
ROGUE = Ed25519PrivateKey.from_private_bytes(bytes([99] * 32))
FIRST = sign_succession(ORIGIN, 10, PRIVATE[0], PRIVATE[1]).note
SECOND = sign_succession(ORIGIN, 20, PRIVATE[1], PRIVATE[2]).note


def checkpoint(size: int, *keys: Ed25519PrivateKey) -> str:
    return sign_checkpoint(ORIGIN, size, leaf_hash(b""), *keys).note


def refused(keys: LogKeys, note: str) -> str:
    with pytest.raises(CheckpointError) as error:
        keys.open(note)
    assert error.value.nl != error.value.en
    return error.value.code


def not_learned(*notes: str) -> str:
    with pytest.raises(CheckpointError) as error:
        LogKeys.of(PUBLIC[0], notes)
    assert error.value.nl != error.value.en
    return error.value.code


@pytest.mark.parametrize("trusted", PUBLIC[:3])
@pytest.mark.parametrize("notes", [(FIRST, SECOND), (SECOND, FIRST), (SECOND, FIRST, SECOND)])
def test_each_key_vouches_for_those_before_and_after_it(trusted: LogKey, notes: tuple[str, ...]) -> None:
    keys = LogKeys.of(trusted, notes)
    assert keys.keys == tuple(PUBLIC[:3])
    for size, signer in ((1, 0), (10, 0), (11, 1), (20, 1), (21, 2), (10**9, 2)):
        assert keys.at(size) == PUBLIC[signer]
        assert keys.open(checkpoint(size, PRIVATE[signer])).size == size
        assert keys.open(checkpoint(size, *PRIVATE[2::-1])).size == size
        for other in {0, 1, 2} - {signer}:
            ended = other < signer
            assert refused(keys, checkpoint(size, PRIVATE[other])) == ("key-ended" if ended else "unsigned")
    assert refused(keys, checkpoint(30, ROGUE)) == "unsigned"


def test_one_key_is_as_before() -> None:
    keys = LogKeys(PUBLIC[0])
    assert keys.open(checkpoint(30, PRIVATE[0])).size == 30
    assert refused(keys, checkpoint(30, PRIVATE[1])) == "unsigned"
    assert keys.knows_signers(checkpoint(30, PRIVATE[0]))
    assert not keys.knows_signers(checkpoint(30, PRIVATE[1], PRIVATE[0]))


def test_a_key_without_the_signature_of_the_one_before_is_not_learned() -> None:
    text = FIRST.partition("\n\n")[0] + "\n"
    assert not_learned(sign_note(text, ORIGIN, [PRIVATE[1]])) == "unvouched"
    assert not_learned(sign_note(text, ORIGIN, [PRIVATE[0]])) == "unvouched"
    assert not_learned(sign_note(text, ORIGIN, [ROGUE, PRIVATE[1]])) == "unvouched"
    forged = FIRST.replace("\n10\n", "\n9\n")
    assert not_learned(forged) == "unvouched"


def test_what_is_joined_to_no_trusted_key_teaches_nothing() -> None:
    other = sign_succession(ORIGIN, 5, ROGUE, PRIVATE[5]).note
    assert LogKeys.of(PUBLIC[0], [other]).keys == (PUBLIC[0],)
    assert LogKeys.of(PUBLIC[0], [SECOND]).keys == (PUBLIC[0],)


def test_two_that_follow_one_are_told() -> None:
    rogue = sign_succession(ORIGIN, 15, PRIVATE[0], ROGUE).note  # by whoever stole the old key
    assert not_learned(FIRST, rogue) == "two-successors"
    with pytest.raises(CheckpointError, match="two keys"):
        LogKeys.of(PUBLIC[0], [FIRST]).learn([rogue])
    later = sign_succession(ORIGIN, 12, PRIVATE[0], PRIVATE[1]).note  # the same key, with more time for the old one
    assert not_learned(FIRST, later) == "two-successors"


def test_a_circle_and_an_order_that_cannot_be_are_no_keys() -> None:
    back = sign_succession(ORIGIN, 30, PRIVATE[1], PRIVATE[0]).note
    assert len(LogKeys.of(PUBLIC[0], [FIRST]).keys) == 2
    assert not_learned(FIRST, back) == "malformed"
    early = sign_succession(ORIGIN, 5, PRIVATE[1], PRIVATE[2]).note
    assert not_learned(FIRST, early) == "malformed"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text",
        checkpoint(3, PRIVATE[0]),
        FIRST.replace("sluis-log-key-succession-v1", "other"),
        FIRST.replace("\n10\n", "\n010\n"),
        FIRST.replace("\n10\n", "\n10\nmore\n"),
        sign_succession(ORIGIN, 3, PRIVATE[0], PRIVATE[0]).note,
    ],
)
def test_what_is_no_succession_is_refused(note: str) -> None:
    assert not_learned(note) == "malformed"


def test_a_succession_of_another_log_is_refused() -> None:
    assert not_learned(sign_succession("other.example/v1/log", 3, PRIVATE[0], PRIVATE[1]).note) == "other-origin"


def test_a_succession_is_no_checkpoint() -> None:
    assert refused(LogKeys(PUBLIC[0]), FIRST) == "malformed"


@given(st.lists(st.integers(1, 40), max_size=5), st.integers(0, 5), st.randoms(use_true_random=False))
def test_any_chain_is_found_from_any_of_its_keys(steps: list[int], start: int, order: object) -> None:
    sizes = [sum(steps[: number + 1]) for number in range(len(steps))]
    notes = [
        sign_succession(ORIGIN, size, PRIVATE[number], PRIVATE[number + 1]).note for number, size in enumerate(sizes)
    ]
    order.shuffle(notes)
    keys = LogKeys.of(PUBLIC[start % (len(steps) + 1)], notes)
    assert keys.keys == tuple(PUBLIC[: len(steps) + 1])
    assert LogKeys.of(keys.trusted, keys.notes) == keys
    assert [open_succession(note, ORIGIN).size for note in keys.notes] == sizes


@pytest.fixture
def renewed() -> SomeLog:
    log = SomeLog(ORIGIN, PRIVATE[0])
    for number in range(4):
        log.add(id=f"e{number}", code="c", outcome="success", recorded=time_text(NOW))
    log.renew(PRIVATE[1])
    log.fill(2)
    return log


def test_a_receipt_is_proven_with_either_key_and_travels_with_what_is_needed(renewed: SomeLog) -> None:
    during = renewed.proof("e1")
    renewed.retire()
    after = renewed.proof("e1")
    for proof in (during, after):
        assert proof is not None
        read = LogProof.from_json(json.loads(canonical_bytes(proof.to_json())))
        assert read == proof
        for key in PUBLIC[:2]:
            assert verify_log_proof(read, key, {"id": "e1"}).index == 1
        with pytest.raises(EntryError, match="not signed with the key of this log"):
            verify_log_proof(read, PUBLIC[3], {"id": "e1"})
    stripped = LogProof(after.entry, after.hashes, after.checkpoint)
    with pytest.raises(EntryError, match="no key that you know vouches"):
        verify_log_proof(stripped, PUBLIC[0], {"id": "e1"})
    for wrong in ("x", [1], {"a": 1}):
        with pytest.raises(ValueError, match="successions"):
            LogProof.from_json({**after.to_json(), "successions": wrong})


def lines_of(log: SomeLog) -> list[bytes]:
    return list(export_lines(log.checkpoint(), log.entries, lambda _: b"", log.successions))


def test_an_export_is_proven_with_either_key(renewed: SomeLog) -> None:
    old = SomeLog(ORIGIN, PRIVATE[0], renewed.entries[:4]).checkpoint().note
    for key in PUBLIC[:2]:
        proven = verify_export(lines_of(renewed), key, [old], now=NOW)
        assert proven.keys.keys == tuple(PUBLIC[:2])
    renewed.retire()
    newest = verify_export(lines_of(renewed), PUBLIC[0], [old], now=NOW)
    assert newest.checkpoint.size == len(renewed.entries)


def test_an_export_by_the_old_key_after_its_end_is_noticed(renewed: SomeLog) -> None:
    known = verify_export(lines_of(renewed), PUBLIC[0], now=NOW).keys
    stolen = SomeLog(ORIGIN, PRIVATE[0], list(renewed.entries))
    stolen.fill(1)
    for trusted in (known, LogKeys.of(PUBLIC[1], known.notes)):
        with pytest.raises(ExportError) as error:
            verify_export(lines_of(stolen), trusted, now=NOW)
        assert error.value.code == "checkpoint-key-ended"
    stolen.renew(ROGUE)
    with pytest.raises(ExportError) as error:
        verify_export(lines_of(stolen), known, now=NOW)
    assert error.value.code == "checkpoint-two-successors"


@pytest.mark.parametrize("successions", ["x", [1], [None], {}])
def test_a_header_with_anything_else_is_unreadable(renewed: SomeLog, successions: object) -> None:
    first, *rest = lines_of(renewed)
    header = canonical_bytes({**json.loads(first), "successions": successions}) + b"\n"
    with pytest.raises(ExportError) as error:
        verify_export([header, *rest], PUBLIC[1], now=NOW)
    assert error.value.code == "malformed"
