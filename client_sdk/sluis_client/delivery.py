"""The delivery: never lost, never counted twice, not over until the receipt holds.

1. Write the manifest and the idempotency key into the outbox, durably, or take up the entry that is there.
2. See that there is a key to seal to; announce the manifest, signed. The same manifest is always the same submission.
3. Send the parts that the service does not have, each sealed to it.
4. Complete. The service checks everything and answers with a receipt, or with all faults.
5. Verify the receipt.
6. Keep the receipt, durably; only then remove the entry from the outbox.

A crash or a lost connection after any step leaves an entry from which the same call goes on. A refusal is final: the
entry is removed, so that the next attempt is a new delivery.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sluis_client import wire
from sluis_client.answers import Submission
from sluis_client.errors import (
    ClockSkewError,
    ContentRefusedError,
    ServiceRefusedError,
    UnexpectedAnswerError,
)
from sluis_client.keys import SupplierKey
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.outbox import Entry, Outbox
from sluis_client.receipts import ReceiptBook, StoredReceipt
from sluis_client.sealing import SealedContent, Sealer
from sluis_client.transport import Answer, Payload, TokenSource, Transport, segment

Outcome = Literal["accepted", "late", "duplicate"]
Progress = Callable[[int, int], None]

_NONCE_BYTES = 16
_LARGEST_PART = 64 * 1024 * 1024  # held in memory
_CREATED = 201
_CONFLICT = 409
_SAYS_NOTHING = frozenset({401, 408})  # about the delivery: the entry stays


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery that the service accepted and whose receipt was verified.

    Attributes:
        outcome: accepted, late (after the deadline), or duplicate: exactly this content counted already.
        submission: submission id.
        version: 1, or higher for a correction.
        rows: number of rows accepted.
        warnings: faults that did not stand in the way.
        receipt: the proof, as it is kept.
    """

    outcome: Outcome
    submission: str
    version: int
    rows: int
    warnings: tuple[wire.Fault, ...]
    receipt: StoredReceipt


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a delivery goes, and in whose name."""

    data_set: str
    data_set_version: int
    round: str
    supplier: str
    corrects: str | None
    confirmed: wire.Confirmation | None = None


class Courier:
    """Delivers content to one service with one key."""

    def __init__(
        self,
        *,
        transport: Transport,
        tokens: TokenSource,
        key: SupplierKey,
        outbox: Outbox,
        receipts: ReceiptBook,
        machine: Machine,
        sealer: Sealer,
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._key = key
        self._outbox = outbox
        self._receipts = receipts
        self._machine = machine
        self._sealer = sealer

    def deliver(
        self, content: SealedContent, destination: Destination, rows: int | None, progress: Progress
    ) -> Delivered:
        """The accepted delivery of `content`, by the steps in the module's docstring.

        Raises:
            ContentRefusedError: the service found fatal faults.
            ServiceRefusedError: the service refused the delivery.
            ConnectionFailedError: no answer; the same call goes on later.
            TrustError: the answer or the receipt cannot be relied upon.
        """
        draft = self._draft(content, destination, rows)
        entry = self._outbox.begin(draft)  # 1
        try:
            return self._attempt(entry, content, progress)
        except GivenUpError:
            pass
        except ClockSkewError:
            if entry is draft:
                raise
        # The service gave this manifest up, or never took it in and finds it too old by now: none of it counts.
        again = self._outbox.begin(self._draft(content, destination, rows))
        return self._attempt(again, content, progress)

    def _draft(self, content: SealedContent, destination: Destination, rows: int | None) -> Entry:
        return Entry(
            manifest=wire.Manifest(
                data_set=destination.data_set,
                data_set_version=destination.data_set_version,
                round=destination.round,
                supplier=destination.supplier,
                format=content.format,
                rows=rows,
                content_digest=content.digest,
                content_size=content.size,
                nonce=wire.base64url(self._machine.token(_NONCE_BYTES)),
                created_at=self._machine.now().replace(microsecond=0),
                corrects=destination.corrects,
                sealed=True,
                confirmed=destination.confirmed,
            ),
            idempotency_key=self._machine.token(_NONCE_BYTES).hex(),
            name=content.name,
        )

    def _attempt(self, entry: Entry, content: SealedContent, progress: Progress) -> Delivered:
        try:
            return self._steps(entry, content, progress)
        except ContentRefusedError:
            self._outbox.end(entry)
            raise
        except ServiceRefusedError as refused:
            if refused.status not in _SAYS_NOTHING:
                self._outbox.end(entry)
            raise

    def _steps(self, entry: Entry, content: SealedContent, progress: Progress) -> Delivered:
        self._sealer.require_key()
        answer = self._announce(entry, content)  # 2
        submission = Submission.from_answer(answer.object, answer.headers)
        if submission.state == "receiving" and not content.inline:
            self._outbox.announced(entry, submission.id)
            if answer.status != _CREATED:
                submission = self._get(submission.id)
            submission = self._send_content(entry, submission, content, progress)  # 3, 4
        return self._conclude(entry, submission)

    def _send_content(
        self, entry: Entry, submission: Submission, content: SealedContent, progress: Progress
    ) -> Submission:
        if submission.state != "receiving":
            return submission
        try:
            parts = self._send_missing(entry, submission, content, progress)  # 3
            return self._complete(submission.id, parts)  # 4
        except ServiceRefusedError as refused:
            if refused.status != _CONFLICT:
                raise
            now = self._get(submission.id)
            if now.state == "receiving":
                raise
            return now  # another process with the same entry completed it

    def _announce(self, entry: Entry, content: SealedContent) -> Answer:
        body: dict[str, Any] = {
            "manifest": entry.manifest.to_json(),
            "keyId": self._key.key_id,
            "signature": self._key.sign_manifest(entry.manifest),
        }
        if not content.inline:
            return self._post(entry, body)

        def send(sealed: bytes, key_id: str) -> Answer:
            return self._post(entry, {**body, "sealedRecords": {"keyId": key_id, "content": wire.base64url(sealed)}})

        return self._sealer.send(b"".join(content.parts(content.size)), entry.manifest, 0, send)

    def _post(self, entry: Entry, body: dict[str, Any]) -> Answer:
        return self._transport.call(
            "POST",
            "/v1/submissions",
            tokens=self._tokens,
            payload=lambda: Payload.json(body),
            headers={"Idempotency-Key": entry.idempotency_key},
            patient_read=True,
        )

    def _get(self, submission: str) -> Submission:
        answer = self._transport.call("GET", f"/v1/submissions/{segment(submission)}", tokens=self._tokens)
        return Submission.from_answer(answer.object, answer.headers)

    def _send_missing(self, entry: Entry, submission: Submission, content: SealedContent, progress: Progress) -> int:
        """The number of parts, after all of them have arrived.

        A part that is there was sealed by this entry, and sealing it again would give other bytes: its number is
        enough. That all together are what was signed the service looks at in the end.
        """
        if submission.part_size is None or not 0 < submission.part_size <= _LARGEST_PART:
            raise UnexpectedAnswerError(
                Text("De dienst noemt geen bruikbare deelgrootte.", "The service names no usable part size.")
            )
        there = {part.number for part in submission.parts}
        done, count = 0, 0
        for number, part in enumerate(content.parts(submission.part_size)):
            if number not in there:
                self._send(entry, submission.id, number, part)
            done, count = done + len(part), number + 1
            progress(done, content.size)
        return count

    def _send(self, entry: Entry, submission: str, number: int, part: bytes) -> None:
        def send(sealed: bytes, key_id: str) -> None:
            digest = base64.b64encode(hashlib.sha256(sealed).digest()).decode()
            self._transport.call(
                "PUT",
                f"/v1/submissions/{segment(submission)}/parts/{number}",
                tokens=self._tokens,
                payload=lambda: Payload.octets(sealed),
                headers={"Content-Digest": f"sha-256=:{digest}:", "Sluis-Sealed-To": key_id},
            )

        self._sealer.send(part, entry.manifest, number, send)

    def _complete(self, submission: str, parts: int) -> Submission:
        answer = self._transport.call(
            "PUT",
            f"/v1/submissions/{segment(submission)}/completion",
            tokens=self._tokens,
            payload=lambda: Payload.json({"parts": parts}),
            patient_read=True,
        )
        return Submission.from_answer(answer.object, answer.headers)

    def _conclude(self, entry: Entry, submission: Submission) -> Delivered:
        match submission.state:
            case "accepted" | "superseded" if submission.receipt is not None:
                receipt = submission.receipt
            case "refused" if submission.faults is not None:
                raise ContentRefusedError(submission.faults)
            case "abandoned" | "withdrawn":
                raise GivenUpError
            case _:
                raise UnexpectedAnswerError(Text("De dienst gaf geen ontvangstbewijs.", "The service gave no receipt."))
        stored = self._receipts.accept(receipt, entry, submission)  # 5, 6
        self._outbox.end(entry)  # 6
        return Delivered(
            outcome="duplicate" if submission.duplicate else "late" if receipt.receipt.late else "accepted",
            submission=submission.id,
            version=receipt.receipt.version,
            rows=receipt.receipt.rows,
            warnings=submission.warnings,
            receipt=stored,
        )


class GivenUpError(ServiceRefusedError):
    """This delivery was given up before it was complete, or withdrawn."""

    def __init__(self) -> None:
        super().__init__(
            "abandoned",
            410,
            Text("Deze aanlevering is opgegeven of ingetrokken.", "This delivery was given up or withdrawn."),
            mend=Text("Geef dezelfde opdracht opnieuw.", "Give the same command again."),
        )
