"""The audit log as somebody who does not trust its operator sees it: tree, signed checkpoints, and what they prove.

    merkle       the tree of RFC 6962, section 2.1: hashes, roots, and whether a proof holds
    checkpoint   what the log's key signs: origin, number of events, root (C2SP signed note and tlog-checkpoint)
    keys         which key signs when, and how a new one is trusted
    entry        one event in the log: leaf, place, proof and checkpoint, as receipts and releases carry it
    witness      does a checkpoint continue the one that was seen before?
    export       a whole log as lines, and everything that may have been done to it

The same code runs in the service, in the client of a supplier and at an auditor without either.
"""

from sluis_client.wire.log.checkpoint import (
    Checkpoint,
    CheckpointError,
    LogKey,
    checkpoint_text,
    log_origin,
    open_checkpoint,
    sign_checkpoint,
)
from sluis_client.wire.log.entry import EntryError, LogEntry, LogProof, verify_log_proof
from sluis_client.wire.log.keys import LogKeys, Succession, open_succession, sign_succession
from sluis_client.wire.log.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    ProofError,
    Range,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Checkpoint",
    "CheckpointError",
    "EntryError",
    "LogEntry",
    "LogKey",
    "LogKeys",
    "LogProof",
    "ProofError",
    "Range",
    "Succession",
    "checkpoint_text",
    "consistency_ranges",
    "inclusion_ranges",
    "leaf_hash",
    "log_origin",
    "node_hash",
    "open_checkpoint",
    "open_succession",
    "root_of",
    "sign_checkpoint",
    "sign_succession",
    "verify_consistency",
    "verify_inclusion",
    "verify_log_proof",
]
