"""Receipts: verified before a delivery counts as done, kept, and verifiable again at any later time.

Next to the receipt the manifest is kept, so that years later it can be shown without the service, and without
trusting it, that exactly these bytes were accepted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sluis_client import wire
from sluis_client.answers import ServedDelivery, Submission
from sluis_client.errors import LogError, ReceiptError, UnexpectedAnswerError
from sluis_client.in_log import require_in_log
from sluis_client.language import Text
from sluis_client.outbox import Entry
from sluis_client.profile import Profile, Registration
from sluis_client.wire.log import CheckpointError, LogProof


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt as this machine keeps it.

    Attributes:
        signed: the receipt with the service's signature.
        manifest: what was announced; None when another machine made the delivery.
        name: the file's name on this machine.
        proof: the place of the acceptance in the service's audit log; None until it has one.
        withdrawal: the service's signed word that the delivery counts no longer, once it was withdrawn.
        served: what came with the delivery, when it is that of a form; each has a receipt of its own.
    """

    signed: wire.SignedReceipt
    manifest: wire.Manifest | None
    name: str
    proof: LogProof | None = None
    withdrawal: wire.SignedWithdrawal | None = None
    served: tuple[ServedDelivery, ...] = ()

    @property
    def submission(self) -> str:
        """Submission id."""
        return self.signed.receipt.submission_id

    @property
    def round(self) -> str:
        """Round id."""
        return self.signed.receipt.round

    @property
    def version(self) -> int:
        """1, or higher for a correction."""
        return self.signed.receipt.version

    @property
    def rows(self) -> int:
        """Number of rows that the service counted."""
        return self.signed.receipt.rows

    @property
    def late(self) -> bool:
        """Accepted after the deadline."""
        return self.signed.receipt.late

    @property
    def accepted_at(self) -> datetime:
        """When the service accepted the delivery."""
        return self.signed.receipt.accepted_at

    def to_json(self) -> dict[str, Any]:
        """The form on disk and of `--json`."""
        return {
            **self.signed.to_json(),
            "manifest": None if self.manifest is None else self.manifest.to_json(),
            "name": self.name,
            "proof": None if self.proof is None else self.proof.to_json(),
            **({} if self.withdrawal is None else {"withdrawal": self.withdrawal.to_json()}),
            **({"served": [one.to_json() for one in self.served]} if self.served else {}),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The receipt on disk.

        Raises:
            WireError: it is damaged.
        """
        manifest, proof, withdrawal = (document.get(name) for name in ("manifest", "proof", "withdrawal"))
        return cls(
            signed=wire.SignedReceipt.from_json({k: document.get(k) for k in ("receipt", "keyId", "signature")}),
            manifest=None if manifest is None else wire.Manifest.from_json(manifest),
            name=str(document.get("name", "")),
            proof=None if proof is None else LogProof.from_json(proof),
            withdrawal=None if withdrawal is None else wire.SignedWithdrawal.from_json(withdrawal),
            served=tuple(ServedDelivery.from_json(one) for one in document.get("served", ())),
        )


class ReceiptBook:
    """The receipts of one registration."""

    def __init__(self, profile: Profile, registration: Registration) -> None:
        self._profile = profile
        self._registration = registration

    def all(self) -> list[StoredReceipt]:
        """All receipts, newest first.

        Raises:
            ReceiptError: one of them is damaged.
        """
        return sorted(self._stored(), key=lambda kept: kept.accepted_at, reverse=True)

    def get(self, submission: str) -> StoredReceipt | None:
        """The receipt of a submission, if it is kept here.

        Raises:
            ReceiptError: it is damaged.
        """
        document = self._profile.receipt(submission)
        return None if document is None else _read(document)

    def form_of(self, stored: StoredReceipt) -> StoredReceipt | None:
        """The receipt of the form that a delivery came with; None when it came by itself.

        Raises:
            ReceiptError: a receipt is damaged.
        """
        forms = (kept for kept in self._stored() if any(one.submission == stored.submission for one in kept.served))
        return next(forms, None)

    def accept(self, signed: wire.SignedReceipt, entry: Entry, submission: Submission) -> StoredReceipt:
        """The receipt of a delivery, after it has been verified and is on disk.

        Raises:
            ReceiptError: it does not prove this delivery; nothing is kept.
        """
        receipt, sent = signed.receipt, entry.manifest
        if receipt.submission_id != submission.id:
            raise ReceiptError(_ANOTHER_DELIVERY)
        stored = StoredReceipt(signed, sent, entry.name)
        if submission.duplicate and receipt.manifest_digest != sent.digest():
            # This content counted already, under the manifest of an earlier delivery, made here or elsewhere.
            if (receipt.content_digest, receipt.round) != (sent.content_digest, sent.round):
                raise ReceiptError(_ANOTHER_DELIVERY)
            earlier = self.get(submission.id)
            stored = replace(stored, manifest=None) if earlier is None else replace(earlier, signed=signed)
        self.verify(stored)
        self.keep(stored)
        return stored

    def withdrawn(self, submission: Submission) -> StoredReceipt:
        """The receipt of a delivery that was withdrawn, with the acknowledgement; both were verified and are on disk.

        Raises:
            ReceiptError: the answer does not prove that this delivery counts no longer; nothing is kept.
        """
        if submission.receipt is None or submission.withdrawal is None:
            raise ReceiptError(_NO_ACKNOWLEDGEMENT)
        if submission.receipt.receipt.submission_id != submission.id:
            raise ReceiptError(_ANOTHER_DELIVERY)
        stored = self.get(submission.id) or StoredReceipt(submission.receipt, None, "")
        stored = replace(stored, withdrawal=submission.withdrawal, served=submission.served)
        self.verify(stored)
        self.keep(stored)
        return stored

    def keep(self, stored: StoredReceipt) -> None:
        """Puts a receipt that was verified on disk, durably."""
        self._profile.keep_receipt(stored.submission, stored.to_json())

    def verify(self, stored: StoredReceipt, content_digest: str | None = None, *, in_log: bool = False) -> None:
        """Proves that the service accepted this delivery, without asking the service.

        1. The key that signed is one that was pinned when registering, and its signature holds.
        2. The issuer is the service of the registration, and the delivery was made in this organisation's name.
        3. The receipt is about the manifest that is kept here (when it is kept here) and agrees with it.
        4. The content at hand is the content that was accepted (when `content_digest` is given).
        5. The acceptance is in the service's audit log (once the receipt has its place there, or with `in_log`).
        6. The acknowledgement of a withdrawal is signed by the same service and about this delivery.

        Raises:
            ReceiptError: one of these fails.
            LogError: 5. fails.
        """
        receipt = stored.signed.receipt
        jwks = self._profile.service_keys()
        try:
            if stored.manifest is not None:  # 1, 2, 3
                wire.verify_receipt(stored.signed, stored.manifest, jwks, issuer=self._registration.issuer)
            else:
                wire.verify_receipt_alone(stored.signed, jwks, issuer=self._registration.issuer)  # 1, 2
            if stored.withdrawal is not None:  # 6
                wire.verify_withdrawal(stored.withdrawal, receipt, jwks)
        except wire.ReceiptError as failed:
            raise ReceiptError(Text(failed.nl, failed.en)) from None
        if receipt.organisation != self._registration.organisation:  # 2
            raise ReceiptError(
                Text("Het bewijs staat op naam van een ander.", "The receipt is in another organisation's name.")
            )
        if content_digest is not None and content_digest != receipt.content_digest:  # 4
            raise ReceiptError(
                Text(
                    "Dit bestand is niet het bestand dat is aangeleverd.",
                    "This file is not the one that was delivered.",
                )
            )
        if in_log or stored.proof is not None:  # 5
            self._require_in_log(stored)

    def _require_in_log(self, stored: StoredReceipt) -> None:
        keys, note = self._profile.log_keys(), self._profile.checkpoint()
        if keys is None:
            raise LogError("log-key", Text("De sleutel van het auditlog ontbreekt.", "The audit log's key is missing."))
        try:
            seen = None if note is None else keys.open(note)
        except CheckpointError as error:
            raise LogError(f"checkpoint-{error.code}", Text(error.nl, error.en)) from None
        require_in_log(stored.signed.receipt, stored.proof, keys, seen)

    def _stored(self) -> Iterator[StoredReceipt]:
        for document in self._profile.receipts():
            yield _read(document)


_NO_ACKNOWLEDGEMENT = Text(
    "De dienst bevestigde niet dat de aanlevering niet meer telt.",
    "The service did not acknowledge that the delivery counts no longer.",
)
_ANOTHER_DELIVERY = Text(
    "Het ontvangstbewijs gaat over een andere aanlevering.", "The receipt is about another delivery."
)


def _read(document: Mapping[str, Any]) -> StoredReceipt:
    try:
        return StoredReceipt.from_json(document)
    except (wire.WireError, UnexpectedAnswerError):
        raise ReceiptError(
            Text("Een bewaard ontvangstbewijs is beschadigd.", "A receipt that was kept is damaged.")
        ) from None
