"""Writers and sequencers die at any step, under 32 concurrent writers: nothing is half there, and all is proven."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from log_crashes import ENOUGH, SIGNER
from sqlalchemy import text

from service.adapters.clock import SystemClock
from service.adapters.database import SqlDatabase
from service.use_cases.read_log import log_lines, prove
from service.use_cases.sequence_log import sequence_log
from sluis_client.wire.log import verify_log_proof
from sluis_client.wire.log.export import verify_export

SUPPORT = Path(__file__).parents[1] / "support"


def test_killed_at_every_step_under_32_writers(postgres_url: str) -> None:
    path = os.pathsep.join([str(SUPPORT), str(SUPPORT.parents[1])])
    done = subprocess.run(
        [sys.executable, str(SUPPORT / "log_crashes.py"), postgres_url],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"] == len(told["steps"])
    for step in ("waiting", "place", "put_tiles", "put_checkpoint", "commit"):
        assert {f"before turn.{step}", f"after turn.{step}"} <= set(told["steps"])

    database = SqlDatabase(postgres_url, random_bytes=secrets.token_bytes)
    while sequence_log(database, SIGNER, SystemClock()) is not None:
        pass
    with database._engines.read.connect() as connection:
        acted = set(connection.execute(text("SELECT id FROM organisations")).scalars())
        events = list(connection.execute(text("SELECT object_id, log_index FROM audit_events ORDER BY log_index")))
        notes = list(connection.execute(text("SELECT note FROM log_checkpoints ORDER BY size")).scalars())
    assert len(events) >= ENOUGH
    assert {object_id for object_id, _ in events} == acted  # no action without its event, no event without its action
    assert len(events) == len(acted)
    assert [place for _, place in events] == list(range(len(events)))
    with database.look() as data:
        # one log: every checkpoint ever signed is the root of what it covers
        assert verify_export(log_lines(data.log), SIGNER.key, notes, now=datetime.now(UTC)).checkpoint.size == len(
            events
        )
        for object_id, place in events[:: max(1, len(events) // 200)]:
            proof = prove(data.log, object_id)
            assert proof is not None
            assert verify_log_proof(proof, SIGNER.key, {"id": object_id}).index == place
    database.dispose()
