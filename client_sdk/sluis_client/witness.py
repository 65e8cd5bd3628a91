"""The supplier as a witness: the log that shows its receipts may only grow.

The newest checkpoint that was seen stays in the profile. Whatever the service shows later has to continue it, and that
has to be proven. So an operator who rewrites the log, cuts it back, or shows one log here and another there, is
noticed by everyone who delivered before.

A delivery never waits for this: it counts, with a signed receipt, before the log is asked.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sluis_client.answers import Submission, proof_hashes
from sluis_client.errors import ConnectionFailedError, LogError, ServiceRefusedError, SluisClientError
from sluis_client.in_log import cut_back, forked
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.profile import Profile, Registration
from sluis_client.receipts import ReceiptBook, StoredReceipt
from sluis_client.retry import Patience
from sluis_client.transport import TokenSource, Transport, segment
from sluis_client.wire.log import (
    Checkpoint,
    CheckpointError,
    LogKey,
    LogKeys,
    LogProof,
    ProofError,
    log_origin,
    verify_consistency,
)

PROOF_WAIT = 1.5
"""Seconds that a delivery that counts is looked at again for its place in the log."""

OVERDUE = timedelta(days=1)
"""After which a receipt without a place in the log is no delay any more."""

_PAUSE = 0.1
_NOT_FOUND = 404
_ONE_TRY = Patience(total=2.0, first=0.25)


class Witness:
    """Follows the log of one service for one registration."""

    def __init__(
        self,
        *,
        transport: Transport,
        tokens: TokenSource,
        profile: Profile,
        registration: Registration,
        receipts: ReceiptBook,
        machine: Machine,
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._profile = profile
        self._origin = log_origin(registration.issuer)
        self._receipts = receipts
        self._machine = machine

    def prove(self, stored: StoredReceipt, *, wait: float = PROOF_WAIT) -> StoredReceipt:
        """The receipt with its place in the log, verified and kept; as it was when the log has none for it yet.

        Args:
            stored: a receipt that is kept.
            wait: seconds to look again for a place.

        Raises:
            LogError: what the log shows does not hold; the receipt itself stays good.
        """
        try:
            return self._place(stored, wait)
        except (ConnectionFailedError, ServiceRefusedError):
            return stored  # later: nothing depends on it but the proof

    def settle(self, receipts: Sequence[StoredReceipt]) -> int:
        """Give receipts that have none yet their place in the log.

        Returns:
            How many still have none.

        Raises:
            LogError: what the log shows does not hold, or after a day a receipt still has no place in it: events get
                theirs within seconds.
            ConnectionFailedError, ServiceRefusedError: of a receipt that is that old the service did not tell.
        """
        without, withheld, untold = 0, list[str](), list[SluisClientError]()
        for receipt in receipts:
            old = self._machine.now() - receipt.signed.receipt.accepted_at > OVERDUE
            try:
                if self._place(receipt, 0).proof is not None:
                    continue
                withheld += [receipt.submission] if old and receipt.signed.receipt.commitment() is not None else []
            except (ConnectionFailedError, ServiceRefusedError) as error:
                untold += [error] if old else []
            without += 1
        if withheld:
            raise _withheld(withheld)
        if untold:
            raise untold[0]
        return without

    def _place(self, stored: StoredReceipt, wait: float) -> StoredReceipt:
        if stored.proof is not None:
            return stored
        keys = self._keys()
        if keys is None:
            return stored
        seen = self._seen(keys)
        proof = self._await_proof(stored.submission, wait)
        if proof is None:
            return stored
        self._observe(proof.checkpoint, keys, seen)
        proven = replace(stored, proof=proof)
        self._receipts.verify(proven)
        self._receipts.keep(proven)
        return proven

    def follow(self) -> Checkpoint | None:
        """The newest checkpoint, after it was shown to continue the one seen before; None when there is no log yet.

        Raises:
            LogError: it does not.
            ConnectionFailedError, ServiceRefusedError: the service did not tell.
        """
        keys = self._keys()
        if keys is None:
            return None
        seen = self._seen(keys)
        return self._observe(self._transport.call("GET", "/v1/log/checkpoint").text, keys, seen)

    def confirm(self, note: str) -> Checkpoint:
        """The newest checkpoint, after it was shown to continue the one of `note` and the one seen before.

        Raises:
            LogError: it does not: there is another history than the one that `note` is of.
            ConnectionFailedError, ServiceRefusedError: the service did not tell.
        """
        newest, keys = self.follow(), self._keys()
        if newest is None or keys is None:
            raise LogError("log-key", Text("De dienst toont geen auditlog.", "The service shows no audit log."))
        try:
            shown = keys.open(note)
        except CheckpointError as error:
            raise LogError(f"checkpoint-{error.code}", Text(error.nl, error.en)) from None
        if shown.size > newest.size:
            raise cut_back(shown, newest)
        if shown.size == newest.size and shown.root != newest.root:
            raise forked(newest)
        if shown.size < newest.size:
            self._require_continued(shown, newest)
        return newest

    def _observe(self, note: str, keys: LogKeys, seen: Checkpoint | None) -> Checkpoint:
        """Take note of a checkpoint.

        `seen` was read before the service was asked: two programs on one profile may see newer ones meanwhile.

        1. It is signed with the key that was pinned, or with one that this vouches for, under the name of this
           service's log. Who signed it and is not known yet has to be vouched for; what the service tells of that is
           kept, so that a key that was replaced is believed in nothing newer from then on.
        2. It is not smaller than the one seen before: a log does not shrink.
        3. At the same size it has the same root: there are not two logs.
        4. The service proves that the log up to here begins with the log as it was seen.
        5. It is kept, and from now on the one to be continued.

        Raises:
            LogError: 1. to 4. does not hold; the checkpoint seen before stays.
            ConnectionFailedError: the service did not answer.
            ServiceRefusedError: `log-not-proven`: it refused the proof of 4., which accuses nobody.
        """
        # 1
        try:
            keys = self._learned(note, keys)
            newest = keys.open(note)
        except CheckpointError as error:
            raise LogError(f"checkpoint-{error.code}", Text(error.nl, error.en)) from None
        if seen is not None and seen.size > newest.size:
            raise cut_back(seen, newest)  # 2
        if seen is not None and seen.size == newest.size:
            if seen.root != newest.root:
                raise forked(newest)  # 3
            return newest
        if seen is not None:
            self._require_continued(seen, newest)  # 4
        now = self._seen(keys)
        if now is None or now.size < newest.size:
            self._profile.keep_checkpoint(newest.note)  # 5
        return newest

    def _require_continued(self, seen: Checkpoint, newest: Checkpoint) -> None:
        query = {"from": str(seen.size), "to": str(newest.size)}
        try:
            answer = self._transport.call("GET", "/v1/log/consistency", query=query).object
            verify_consistency(seen.size, newest.size, proof_hashes(answer), seen.root, newest.root)
        except ServiceRefusedError as refused:
            raise _not_proven(refused) from None
        except ProofError:
            raise LogError(
                "log-rewritten",
                Text(
                    f"Het auditlog is herschreven: de eerste {seen.size} gebeurtenissen zijn niet meer die van eerder.",
                    f"The audit log was rewritten: its first {seen.size} events are no longer those of before.",
                ),
            ) from None

    def _learned(self, note: str, keys: LogKeys) -> LogKeys:
        """The keys, with those that the service shows to follow them when the note is signed by one that is not known.

        Raises:
            CheckpointError: a key is shown that the one before does not vouch for.
            ConnectionFailedError, ServiceRefusedError: the service did not tell, and without it nothing can be said.
        """
        if keys.knows_signers(note):
            return keys
        try:
            answer = self._transport.call("GET", "/v1/log/successions").object
        except ServiceRefusedError as refused:
            if refused.status == _NOT_FOUND or keys.signed(note):
                return keys
            raise
        told = answer.get("successions")
        learned = keys.learn(str(one) for one in told) if isinstance(told, list) else keys
        if learned != keys:
            self._profile.keep_successions(learned)
        return learned

    def _seen(self, keys: LogKeys) -> Checkpoint | None:
        note = self._profile.checkpoint()
        try:
            return None if note is None else keys.open(note)
        except CheckpointError as error:
            raise LogError(f"checkpoint-{error.code}", Text(error.nl, error.en)) from None

    def _keys(self) -> LogKeys | None:
        """The pinned key and those that follow it; at the first use the one that the service shows over TLS."""
        pinned = self._profile.log_keys()
        if pinned is not None:
            return pinned
        try:
            text = self._transport.call("GET", "/v1/log/key", patience=_ONE_TRY).text
        except ServiceRefusedError:
            return None
        try:
            key = LogKey.from_text(text)
        except CheckpointError as error:
            raise LogError("log-key", Text(error.nl, error.en)) from None
        if key.name != self._origin:
            raise LogError(
                "checkpoint-other-origin",
                Text(
                    f"De dienst toont het log van {key.name}, niet dat van {self._origin}.",
                    f"The service shows the log of {key.name}, not that of {self._origin}.",
                ),
            )
        self._profile.keep_log_key(key)
        return LogKeys(key)

    def _await_proof(self, submission: str, wait: float) -> LogProof | None:
        until = self._machine.monotonic() + wait
        while True:
            answer = self._transport.call(
                "GET", f"/v1/submissions/{segment(submission)}", tokens=self._tokens, patience=_ONE_TRY
            )
            found = Submission.from_answer(answer.object, answer.headers).proof
            if found is not None or self._machine.monotonic() + _PAUSE > until:
                return found
            self._machine.sleep(_PAUSE)


def _not_proven(refused: ServiceRefusedError) -> ServiceRefusedError:
    return ServiceRefusedError(
        "log-not-proven",
        refused.status,
        Text(
            f"De dienst gaf geen bewijs dat het auditlog alleen groeide ({refused.status}). Dat zegt nog niet dat het "
            "anders is.",
            f"The service gave no proof that the audit log only grew ({refused.status}). That does not say that it did "
            "not.",
        ),
        mend=Text(
            "Probeer het later opnieuw. Blijft het zo, meld het dan bij de beheerder van de dienst en bij uw "
            "toezichthouder.",
            "Try again later. If it stays like this, report it to the operator of the service and to your supervisor.",
        ),
        trace=refused.trace,
    )


def _withheld(submissions: Sequence[str]) -> LogError:
    listed = ", ".join(submissions)
    return LogError(
        "log-withheld",
        Text(
            f"Van deze aanleveringen staat na een dag nog niets in het auditlog: {listed}.",
            f"After a day these deliveries still have no place in the audit log: {listed}.",
        ),
    )
