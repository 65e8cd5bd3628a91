"""What else the delivery of a form served: shown, held against what was signed, and each with a receipt of its own."""

from dataclasses import replace

from sluis_client import wire
from sluis_client.answers import Submission
from sluis_client.errors import FileError, ReceiptError
from sluis_client.language import Text
from sluis_client.receipts import ReceiptBook, StoredReceipt
from sluis_client.rules import RoundRules
from sluis_client.sealing import SealedContent
from sluis_client.transport import TokenSource, Transport, segment


class Serving:
    """What came with the deliveries of forms, at one service."""

    def __init__(self, transport: Transport, tokens: TokenSource, receipts: ReceiptBook) -> None:
        self._transport = transport
        self._tokens = tokens
        self._receipts = receipts

    def of(self, form: StoredReceipt, sent: SealedContent, rules: RoundRules) -> StoredReceipt:
        """The receipt of a form's delivery with what came with it, whose receipts were verified and are kept.

        The service made the rows; the same ones are made here, of the file, and each receipt has to be about these. Of
        a delivery that another machine made, whose manifest is not here, the receipts themselves have to hold.

        Args:
            form: the receipt of the delivery, verified.
            sent: what was delivered, as it was sealed.
            rules: of its round.

        Raises:
            ReceiptError: the service made something else of the figures, or served what the form does not.
            FileError: the file changed since; the delivery counts, and the same command with the file as it was then
                brings the receipts.
        """
        if not rules.definition.serves:
            return form
        checked = _checked_again(sent, rules)
        known = {served.data_set: served for served in rules.definition.serves}
        found = self._read(form.submission).served
        for one in found:
            if one.data_set not in known or checked.table is None:
                raise ReceiptError(_ANOTHER)
            made = self._read(one.submission)
            receipt, served = made.receipt, known[one.data_set]
            records = wire.content_of_records(served.records(checked.table))
            manifest = None if form.manifest is None else served.manifest(form.manifest, one.round, records, sent.salt)
            if (
                receipt is None
                or (receipt.receipt.submission_id, receipt.receipt.data_set) != (one.submission, one.data_set)
                or (manifest is not None and receipt.receipt.content_digest != manifest.content_digest)
            ):
                raise ReceiptError(_ANOTHER)
            kept = self._receipts.get(one.submission) or StoredReceipt(receipt, manifest, form.name)
            stored = replace(kept, signed=receipt, manifest=manifest or kept.manifest)
            self._receipts.verify(stored)
            self._receipts.keep(stored)
        form = replace(form, served=found)
        self._receipts.keep(form)
        return form

    def withdrawn(self, form: Submission) -> None:
        """Keep the acknowledgements of what was withdrawn with the delivery of a form, verified.

        Raises:
            ReceiptError: an answer does not prove that a delivery counts no longer.
        """
        for one in form.served:
            if one.state == "withdrawn":
                self._receipts.withdrawn(self._read(one.submission))

    def _read(self, submission: str) -> Submission:
        answer = self._transport.call("GET", f"/v1/submissions/{segment(submission)}", tokens=self._tokens)
        return Submission.from_answer(answer.object, answer.headers)


def _checked_again(sent: SealedContent, rules: RoundRules) -> wire.Checked:
    inner = sent.inner
    try:
        checked = wire.check_content(rules.definition, rules.allowed_periods, inner.source, inner.format)
        for _ in inner.parts(_BLOCK):
            pass
    except (FileError, OSError):
        raise FileError(
            Text(
                f"{inner.name} veranderde na het versturen; de aanlevering telt.",
                f"{inner.name} changed after it was sent; the delivery counts.",
            ),
            Text(
                "Geef de opdracht opnieuw met het bestand zoals het was; dan krijgt u de ontvangstbewijzen.",
                "Give the command again with the file as it was; then you get the receipts.",
            ),
        ) from None
    return checked


_BLOCK = 1 << 20
_ANOTHER = Text(
    "De dienst maakte iets anders van uw cijfers dan het formulier zegt. Meld dit bij de beheerder.",
    "The service made something else of your figures than the form says. Report this to the operator.",
)
