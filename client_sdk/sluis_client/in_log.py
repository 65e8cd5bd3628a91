"""What of the log can be told without the service: a receipt is in it, and what contradicts what was seen before."""

from sluis_client import wire
from sluis_client.errors import LogError
from sluis_client.language import Text
from sluis_client.wire.log import Checkpoint, EntryError, LogKeys, LogProof, verify_log_proof


def require_in_log(receipt: wire.Receipt, proof: LogProof | None, keys: LogKeys, seen: Checkpoint | None) -> None:
    """Prove, without the service, that the acceptance of a delivery is in its log.

    1. to 3. Checkpoint, place and event hold: `sluis_client.wire.log.verify_log_proof`. The event is the one that the
       receipt names, the acceptance of this submission, ended well, and commits to everything that the receipt says:
       the service cannot sign another receipt for the same place.
    4. The checkpoint does not contradict the newest one seen.

    Raises:
        LogError: one of these fails.
    """
    if proof is None:
        raise LogError(
            "log-no-proof",
            Text(
                "Dit bewijs heeft nog geen plaats in het auditlog.", "This receipt has no place in the audit log yet."
            ),
        )
    committed = receipt.commitment()
    if committed is None:
        raise LogError(
            "log-entry",
            Text(
                "Dit bewijs is van voor het log zich aan bewijzen bond: het log zegt niets van deze inhoud.",
                "This receipt is from before the log committed to receipts: the log says nothing of this content.",
            ),
        )
    expected = {
        "id": receipt.audit_event_id,
        "code": wire.ACCEPTANCE_EVENTS,
        "objectId": receipt.submission_id,
        "outcome": "success",
        "commitment": committed,
    }
    # 1 to 3
    try:
        proven = verify_log_proof(proof, keys, expected)
    except EntryError as error:
        raise LogError("log-entry", Text(error.nl, error.en)) from None
    # 4
    if seen is not None and seen.size == proven.checkpoint.size and seen.root != proven.checkpoint.root:
        raise forked(proven.checkpoint)


def cut_back(seen: Checkpoint, newest: Checkpoint) -> LogError:
    """The log has fewer events than it had."""
    return LogError(
        "log-cut-back",
        Text(
            f"Het auditlog is ingekort: het had {seen.size} gebeurtenissen en nu {newest.size}. "
            "Of u krijgt een oud ijkpunt te zien.",
            f"The audit log was cut back: it had {seen.size} events and has {newest.size} now. "
            "Or an old checkpoint is shown to you.",
        ),
    )


def forked(newest: Checkpoint) -> LogError:
    """Two logs of one size."""
    return LogError(
        "log-forked",
        Text(
            f"Er zijn twee auditlogs: bij {newest.size} gebeurtenissen zag u eerder een ander log dan nu.",
            f"There are two audit logs: at {newest.size} events you saw another log before than now.",
        ),
    )
