"""The log: growing and verifying the tree against two SHA-256 per leaf, and what audit and sequencer cost a delivery.

Two hashes per leaf are the least that a Merkle tree costs: the leaf itself, over salt and event, and the node above
it. Ours are the very functions that the sequencer and `sluis audit verify` call.

Deliveries go to PostgreSQL from 1, 8 and 32 writers, by turns in one run: with the event and a sequencer in a process
of its own that takes it in meanwhile, and the same load with the event left out. How far the log was behind at the end
of a turn is printed too.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.installation import durable_postgres
from benchmarks.report import Peer, compare, is_full, print_row
from benchmarks.submission import Place, place, rate, submitting
from service.adapters.log_signing import Ed25519LogSigner, load_log_signer
from service.domain.log_tiles import Tile, grow, last_tiles
from service.use_cases.read_log import read_standing
from service.use_cases.sequence_log import BATCH
from sluis_client.wire.log import LogEntry, leaf_hash, log_origin, root_of
from sluis_client.wire.log.export import export_header as header
from sluis_client.wire.log.export import export_line, verify_export

TURNS = 3
LOADS = {1: 24, 8: 48, 32: 96}
"""Deliveries of a turn, by the number of writers."""
ISSUER = "http://127.0.0.1:8000"
SALT = bytes(range(32))


def payloads(count: int) -> list[bytes]:
    """Events as large as ours are, each another."""
    filling = b"x" * 900
    return [b'{"id":"%012d","rest":"%b"}' % (number, filling) for number in range(count)]


def tree_rows(count: int) -> None:
    """Growing in the sequencer's batches, and the root that a verifier computes."""
    events = payloads(count)

    def limit() -> None:
        for event in events:
            leaf = sha256(b"\x00" + SALT + event).digest()
            sha256(b"\x01" + leaf + leaf).digest()

    def append() -> None:
        size, tiles = 0, dict[Tile, bytes]()
        for start in range(0, count, BATCH):
            leaves = [leaf_hash(SALT, event) for event in events[start : start + BATCH]]
            grown = grow(size, {tile: tiles[tile] for tile in last_tiles(size)}, leaves)
            tiles |= grown.tiles
            size = grown.size

    def verify() -> None:
        root_of(leaf_hash(SALT, event) for event in events)

    compare(f"{count:,} leaves appended, in batches of {BATCH:,}", append, Peer("two SHA-256 per leaf", limit, 1.5))
    compare(f"{count:,} leaves verified against a root", verify, Peer("two SHA-256 per leaf", limit, 1.5))


def export_row(count: int) -> None:
    """A whole export: every line parsed strictly, hashed, and the root compared."""
    signer = Ed25519LogSigner(Ed25519PrivateKey.generate(), log_origin(ISSUER))
    entries = [LogEntry(number, SALT, event.decode()) for number, event in enumerate(payloads(count))]
    checkpoint = signer.sign(count, root_of(entry.leaf() for entry in entries))
    with tempfile.TemporaryDirectory(prefix="sluis-bench-") as folder:
        file = Path(folder) / "log.ndjson"
        with file.open("wb") as output:
            output.write(header(checkpoint))
            output.writelines(map(export_line, entries))

        def ours() -> None:
            with file.open("rb") as lines:
                verify_export(lines, signer.key, now=datetime.now(UTC))

        def read() -> None:
            with file.open("rb") as lines:
                for line in lines:
                    sha256(line)

        start = time.process_time()
        ours()
        spent = time.process_time() - start
        start = time.process_time()
        read()
        bare = time.process_time() - start
        print_row(f"{count:,} events of an export verified", spent, "its lines, hashed", bare, None)


@contextmanager
def sequencing(folder: Path, url: str) -> Iterator[None]:
    """A sequencer in a process of its own, as in production."""
    load_log_signer(folder / "log-key", log_origin(ISSUER), create=True)
    settings = {
        "SLUIS_DATABASE_URL": url,
        "SLUIS_LOG_KEY_DIRECTORY": str(folder / "log-key"),
        "SLUIS_ISSUER": ISSUER,
        "SLUIS_DATA_DIRECTORY": str(folder),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLUIS_")} | settings
    with subprocess.Popen([sys.executable, "-m", "service", "log", "sequence"], env=environment) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def delivery_rows(where: Place) -> None:
    """With audit and sequencer, and with neither event nor sequencer's work."""
    rate(32, submitting(where.services, where.take(32)))
    while read_standing(where.services).waiting:
        time.sleep(0.1)
    seen: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(TURNS):
        for writers, count in LOADS.items():
            seen[f"with {writers}"].append(rate(writers, submitting(where.services, where.take(count))))
            seen[f"lag {writers}"].append(read_standing(where.services).lag.total_seconds())
            seen[f"without {writers}"].append(rate(writers, submitting(where.unaudited, where.take(count))))
    for writers in LOADS:
        ours, bare = statistics.median(seen[f"with {writers}"]), statistics.median(seen[f"without {writers}"])
        what = f"deliveries/s, {writers} writers, audit and sequencer (lag {max(seen[f'lag {writers}']):.2f} s)"
        print_row(what, ours, "without audit", bare, 0.6 if writers == max(LOADS) else None, at_least=True)


def main() -> None:
    """Print the rows of tree, export and deliveries."""
    tree_rows(1_000_000 if is_full() else 200_000)
    export_row(1_000_000 if is_full() else 100_000)
    with tempfile.TemporaryDirectory(prefix="sluis-bench-") as folder, durable_postgres() as postgres:
        installed = Path(folder) / "installed"
        with place("PostgreSQL", installed, postgres) as where, sequencing(Path(folder), postgres):
            delivery_rows(where)
