"""The sequencer on both databases: dense places, whoever commits late, one at a time, and nothing signed over damage."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from database_samples import NOON, after, an_event
from sqlalchemy import text

from service.adapters.database import SqlDatabase
from service.adapters.log_signing import Ed25519LogSigner
from service.domain.errors import Unavailable
from service.ports.log import LogTurn
from service.use_cases.read_log import prove
from service.use_cases.sequence_log import Sequenced, lag, sequence_log
from sluis_client.wire.log import (
    CheckpointError,
    EntryError,
    LogKeys,
    leaf_hash,
    open_checkpoint,
    root_of,
    verify_log_proof,
)

SIGNER = Ed25519LogSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "sluis.example/v1/log")


class SomeClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC)


CLOCK = SomeClock()


def keep(database: SqlDatabase, count: int = 1, **changes: object) -> list[str]:
    ids = []
    for _ in range(count):
        with database.begin() as uow:
            event = an_event(**changes)
            uow.commit(event)
            ids.append(event.id)
    return ids


def sequence(database: SqlDatabase, batch: int = 100, signer: Ed25519LogSigner = SIGNER) -> Sequenced | None:
    return sequence_log(database, signer, CLOCK, batch=batch)


def behind_its_back(database: SqlDatabase, *statements: str) -> None:
    """Change the database as somebody with all rights would, past the triggers."""
    with database._engines.write.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))


def require_whole(database: SqlDatabase, count: int) -> None:
    """Dense places, a root over exactly these leaves, and a proof for each of them."""
    with database.look() as data:
        newest = data.log.checkpoint()
        assert newest is not None
        entries = list(data.log.entries(0, newest.size))
        assert [entry.index for entry in entries] == list(range(count))
        signed = open_checkpoint(newest.note, SIGNER.key)
        assert (signed.size, signed.root) == (count, root_of(entry.leaf() for entry in entries))
        ids = [row[0] for row in _rows(database, "SELECT id FROM audit_events ORDER BY log_index")]
        for id_ in ids:
            proof = prove(data.log, id_)
            assert proof is not None
            verify_log_proof(proof, SIGNER.key, {"id": id_})


def _rows(database: SqlDatabase, query: str) -> list[tuple]:
    with database._engines.read.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_batches_make_one_dense_log(real_database: SqlDatabase) -> None:
    assert sequence(real_database) is None
    keep(real_database, 7)
    assert sequence(real_database, 3) == Sequenced(3, 3, more=True)
    assert sequence(real_database, 3) == Sequenced(3, 6, more=True)
    keep(real_database, 1)
    assert sequence(real_database, 3) == Sequenced(2, 8, more=False)
    assert sequence(real_database) is None
    require_whole(real_database, 8)
    with real_database.look() as data:
        assert data.log.key() == SIGNER.key


def test_a_log_of_more_than_one_tile(real_database: SqlDatabase) -> None:
    with real_database._engines.write.connect() as connection, connection.begin():
        for number in range(600):
            connection.execute(
                text(
                    "INSERT INTO audit_events (id, salt, payload, recorded, user_id, code, action, outcome,"
                    " object_type) VALUES (:id, :salt, :payload, :recorded, 'u', 'c', 'R', 'success', 'o')"
                ),
                {
                    "id": f"e{number:04}",
                    "salt": bytes(32),
                    "payload": f'{{"id":"e{number:04}","recorded":"{NOON:%Y-%m-%dT%H:%M:%S.%fZ}"}}',
                    "recorded": NOON,
                },
            )
    for size in (250, 506, 512, 600):
        done = sequence(real_database, size - (0 if size == 250 else {506: 250, 512: 506, 600: 512}[size]))
        assert done is not None
        assert done.size == size
    with real_database.look() as data:
        entries = list(data.log.entries(0, 600))
        assert data.log.checkpoint().root == root_of(entry.leaf() for entry in entries)
        for place in (0, 255, 256, 511, 512, 599):
            verify_log_proof(prove(data.log, f"e{place:04}"), SIGNER.key, {"id": f"e{place:04}"})


def test_an_event_that_commits_late_is_not_missed(real_database: SqlDatabase) -> None:
    """On PostgreSQL it is written before, and committed after, one that is sequenced meanwhile."""
    if real_database._engines.write.dialect.name == "sqlite":
        keep(real_database, recorded=after(50))
        sequence(real_database)
        early = keep(real_database, recorded=after(-50))
    else:
        with real_database.begin() as late:
            event = an_event(recorded=after(-50))
            late._trail.insert(event)
            keep(real_database, recorded=after(50))
            assert sequence(real_database) == Sequenced(1, 1, more=False)
            late._transaction.commit()
        early = [event.id]
    with real_database.look() as data:
        assert data.log.entry(early[0]) is None
        assert prove(data.log, early[0]) is None
    assert sequence(real_database) == Sequenced(1, 2, more=False)
    require_whole(real_database, 2)


def test_one_sequencer_at_a_time(real_database: SqlDatabase) -> None:
    keep(real_database, 5)
    if real_database._engines.write.dialect.name == "postgresql":
        with real_database.sequencing() as first:
            assert first is not None
            assert sequence(real_database) is None
    threads = [threading.Thread(target=sequence, args=(real_database, 1)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while sequence(real_database, 1):
        pass
    require_whole(real_database, 5)


@pytest.mark.parametrize("last", ["waiting", "place", "put_tiles", "put_key", "put_checkpoint", "commit"])
def test_what_breaks_off_leaves_the_log_as_it_was(
    real_database: SqlDatabase, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    keep(real_database, 3)
    with monkeypatch.context() as patch:

        def broken(*_arguments: object) -> None:
            raise ConnectionError

        with real_database.sequencing() as turn:
            kind: type[LogTurn] = type(turn)
        patch.setattr(kind, last, broken)
        with pytest.raises(ConnectionError):
            sequence(real_database)
    for table in ("log_tiles", "log_checkpoints", "log_keys"):
        assert _rows(real_database, f"SELECT * FROM {table}") == []
    assert _rows(real_database, "SELECT DISTINCT log_index FROM audit_events") == [(None,)]
    assert sequence(real_database) == Sequenced(3, 3, more=False)
    require_whole(real_database, 3)


def test_another_key_or_origin_signs_nothing(real_database: SqlDatabase) -> None:
    keep(real_database)
    sequence(real_database)
    keep(real_database)
    other_key = Ed25519LogSigner(Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)), SIGNER.key.name)
    other_name = Ed25519LogSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "other.example/v1/log")
    for signer in (other_key, other_name):
        with pytest.raises(Unavailable, match="log-not-ours"):
            sequence(real_database, signer=signer)
    assert sequence(real_database) == Sequenced(1, 2, more=False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_tiles SET hashes = substr(hashes, 33)",
        "DELETE FROM log_tiles",
        "DELETE FROM log_checkpoints WHERE size = 3",
        "UPDATE log_checkpoints SET size = 2 WHERE size = 3",
    ],
)
def test_an_altered_tree_is_not_signed_over(real_database: SqlDatabase, statement: str) -> None:
    keep(real_database, 2)
    sequence(real_database)
    keep(real_database)
    sequence(real_database)
    if statement.startswith("UPDATE log_checkpoints"):
        behind_its_back(real_database, "DELETE FROM log_checkpoints WHERE size = 2", statement)
    else:
        behind_its_back(real_database, statement)
    keep(real_database)
    with pytest.raises(Unavailable, match="log-altered"):
        sequence(real_database)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET payload = replace(payload, 'steward', 'auditor') WHERE log_index = 1",
        "UPDATE audit_events SET salt = (SELECT salt FROM audit_events WHERE log_index = 2) WHERE log_index = 1",
    ],
)
def test_an_altered_event_has_no_proof_any_more(real_database: SqlDatabase, statement: str) -> None:
    ids = keep(real_database, 4)
    sequence(real_database)
    behind_its_back(real_database, statement)
    with real_database.look() as data:
        proof = prove(data.log, ids[1])
        with pytest.raises(EntryError, match="step 2"):
            verify_log_proof(proof, SIGNER.key, {"id": ids[1]})
        verify_log_proof(prove(data.log, ids[2]), SIGNER.key, {"id": ids[2]})


def test_the_lag_is_how_long_the_oldest_waits(real_database: SqlDatabase) -> None:
    with real_database.look() as data:
        assert lag(data.log, CLOCK) == timedelta()
    keep(real_database, 1, recorded=CLOCK.now() - timedelta(seconds=90))
    keep(real_database, 1, recorded=CLOCK.now() - timedelta(seconds=5))
    with real_database.look() as data:
        assert lag(data.log, CLOCK) == timedelta(seconds=90)
        assert data.log.backlog().events == 2
    sequence(real_database)
    with real_database.look() as data:
        assert lag(data.log, CLOCK) == timedelta()


def test_what_waits_about_an_object_is_counted_until_a_moment(real_database: SqlDatabase) -> None:
    keep(real_database, 2, object_id="req-1", recorded=NOON)
    keep(real_database, 1, object_id="req-1", recorded=after(9))
    keep(real_database, 1, object_id="req-2", recorded=NOON)
    with real_database.look() as data:
        assert data.log.uncovered(["req-1"], NOON) == 2
        assert data.log.uncovered(["req-1", "req-2"], after(9)) == 4
    sequence(real_database, 1)
    with real_database.look() as data:
        assert data.log.uncovered(["req-1"], NOON) == 1
    sequence(real_database)
    with real_database.look() as data:
        assert data.log.uncovered(["req-1", "req-2"], after(9)) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET log_index = 7 WHERE log_index = 0",
        "DELETE FROM audit_events",
        "DELETE FROM log_tiles",
        "UPDATE log_tiles SET hashes = substr(hashes, 33)",
        "UPDATE log_tiles SET level = 3",
        "UPDATE log_checkpoints SET root = salt FROM audit_events",
        "DELETE FROM log_checkpoints",
        "DELETE FROM log_keys",
        "UPDATE log_keys SET key = 'mine'",
    ],
)
def test_the_database_keeps_the_log_as_it_is(real_database: SqlDatabase, statement: str) -> None:
    keep(real_database, 2)
    sequence(real_database)
    with real_database._engines.write.connect() as connection, connection.begin() as transaction:
        with pytest.raises(Exception, match=r"kept|only grows|is not changed|five years"):
            connection.execute(text(statement))
        transaction.rollback()


def test_leaves_are_salted(real_database: SqlDatabase) -> None:
    """The same event twice: without the salt, whoever guesses it could recognise it in the public tree."""
    (id_,) = keep(real_database)
    sequence(real_database)
    with real_database.look() as data:
        entry = data.log.entry(id_)
        assert len(entry.salt) == 32
        assert entry.leaf() != leaf_hash(entry.payload.encode())


KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in range(4)]
NAMES = [Ed25519LogSigner(key, "sluis.example/v1/log").key for key in KEYS]


def holding(*numbers: int) -> Ed25519LogSigner:
    first, *others = (KEYS[number] for number in numbers)
    return Ed25519LogSigner(first, "sluis.example/v1/log", *others)


def test_a_new_key_follows_with_an_overlap(real_database: SqlDatabase) -> None:
    notes = []
    for held in ((0,), (0, 1), (0, 1), (1,), (1, 2), (2,)):
        keep(real_database, 3)
        assert sequence(real_database, signer=holding(*held)) is not None
        with real_database.look() as data:
            notes.append(data.log.checkpoint().note)
    with real_database.look() as data:
        successions = data.log.successions()
        assert (data.log.key(), data.log.keys()) == (NAMES[2], NAMES[:3])
        proof = prove(data.log, keep_ids(real_database)[0])
    for trusted in NAMES[:3]:
        keys = LogKeys.of(trusted, successions)
        assert [keys.open(note).size for note in notes] == [3, 6, 9, 12, 15, 18]
        assert [keys.at(keys.open(note).size) for note in notes] == [NAMES[number] for number in (0, 1, 1, 1, 2, 2)]
        assert verify_log_proof(proof, trusted, {}).checkpoint.size == 18
    for note, size in zip(notes[:3], (3, 6, 9), strict=True):  # who knows the first key only reads on meanwhile
        assert open_checkpoint(note, NAMES[0]).size == size
    with pytest.raises(CheckpointError):
        open_checkpoint(notes[3], NAMES[0])


def keep_ids(database: SqlDatabase) -> list[str]:
    with database.look() as data:
        return [json.loads(entry.payload)["id"] for entry in data.log.entries(0, 1_000)]


@pytest.mark.parametrize("held", [(1,), (0, 1, 2), (1, 2)])
def test_keys_that_do_not_follow_sign_nothing(real_database: SqlDatabase, held: tuple[int, ...]) -> None:
    """Without the key in use nothing is signed, nor with two new ones."""
    keep(real_database, 3)
    sequence(real_database, signer=holding(0))
    keep(real_database, 1)
    with pytest.raises(Unavailable, match="log-not-ours"):
        sequence(real_database, signer=holding(*held))
    with real_database.look() as data:
        assert (data.log.keys(), data.log.checkpoint().size) == (NAMES[:1], 3)


def test_a_key_that_was_retired_does_not_come_back(real_database: SqlDatabase) -> None:
    keep(real_database, 1)
    sequence(real_database, signer=holding(0))
    keep(real_database, 1)
    sequence(real_database, signer=holding(0, 1))
    keep(real_database, 1)
    with pytest.raises(Unavailable, match="log-not-ours"):
        sequence(real_database, signer=holding(0))
