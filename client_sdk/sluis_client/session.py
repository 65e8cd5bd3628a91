"""One profile opened at one service: what the calls of a client share, each part made when it is first needed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sluis_client import wire
from sluis_client.answers import Submission
from sluis_client.check import CheckReport, check
from sluis_client.content import Content
from sluis_client.delivery import Courier, Delivered, Destination, Progress
from sluis_client.errors import ContentRefusedError, NotRegisteredError, SetupError
from sluis_client.keys import SupplierKey
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.network import Network
from sluis_client.objections import Objections
from sluis_client.outbox import Outbox
from sluis_client.passphrases import given_passphrase
from sluis_client.profile import Profile, Registration
from sluis_client.pseudonyms import KeyHolder, Maker, published_keys
from sluis_client.receipts import ReceiptBook, StoredReceipt
from sluis_client.registering import register
from sluis_client.retry import Patience
from sluis_client.rules import RoundRules, require_identifier
from sluis_client.sealing import SealedContent, Sealer
from sluis_client.serving import Serving
from sluis_client.tokens import Tokens
from sluis_client.transport import Transport, segment
from sluis_client.witness import Witness

PATIENCE_VARIABLE = "SLUIS_CLIENT_PATIENCE"


class Session:
    """A profile, a connection and what follows from them; it does not show its key or passphrase."""

    def __init__(
        self,
        profile: Profile,
        url: str,
        *,
        passphrase: str | None,
        in_keyring: bool,
        network: Network | None,
        patience: Patience | None,
        machine: Machine | None,
    ) -> None:
        self.profile = profile
        self.machine = machine or Machine()
        self.network = network or Network()
        self._in_keyring = in_keyring
        self._patience = patience or _patience()
        self.transport = Transport(url, patience=self._patience, machine=self.machine, network=self.network)
        self.passphrase = passphrase if passphrase is not None else given_passphrase()
        self._registration: Registration | None = None
        self._read_key: SupplierKey | None = None
        self._open_tokens: Tokens | None = None

    @property
    def registration(self) -> Registration:
        """Who this machine is to the service.

        Raises:
            NotRegisteredError: it has not registered yet.
        """
        if self._registration is None:
            raise NotRegisteredError(self.profile.home)
        return self._registration

    def take_up(self, registration: Registration) -> None:
        """Go on as this registration; key and tokens of an earlier one are let go."""
        self._registration = registration
        self._read_key = self._open_tokens = None

    def register(self, code: str) -> Registration:
        """Registers by the steps of `registering`, and goes on as that registration."""
        key = self.profile.prepared().new_key(self.passphrase, in_keyring=self._in_keyring)
        made = register(self.transport, self.profile, code, key=key, network=self.network, machine=self.machine)
        self.take_up(made)
        return made

    def digest_in(self, stored: StoredReceipt, content: Content) -> str:
        """The digest of a file as a receipt has it: with what goes before it, or of the bare file."""
        salted = self.salted(content).digest
        return salted if salted == stored.signed.receipt.content_digest else content.digest

    def key(self) -> SupplierKey:
        """The private key, read once.

        Raises:
            PassphraseError: it needs a passphrase, or another one.
        """
        if self._read_key is None:
            self._read_key = self.profile.key(self.passphrase)
        return self._read_key

    @property
    def tokens(self) -> Tokens:
        """Where access tokens come from."""
        if self._open_tokens is None:
            self._open_tokens = self._tokens_for(None)
        return self._open_tokens

    def _tokens_for(self, resource: str | None) -> Tokens:
        registration = self.registration
        return Tokens(
            self.transport,
            self.key(),
            client_id=registration.client_id,
            issuer=registration.issuer,
            machine=self.machine,
            resource=resource,
        )

    @contextmanager
    def pseudonym_maker(self, progress: Progress | None = None) -> Iterator[Maker]:
        """What makes pseudonyms, with a connection to the key holder that the service names."""
        published = published_keys(self.transport)
        with Transport(
            published.address, patience=self._patience, machine=self.machine, network=self.network
        ) as transport:
            holder = KeyHolder(transport, self._tokens_for(published.address), published)
            yield Maker(holder, progress=progress)

    @property
    def outbox(self) -> Outbox:
        """The deliveries under way."""
        return Outbox(self.profile.outbox)

    @property
    def receipts(self) -> ReceiptBook:
        """The receipts that are kept."""
        return ReceiptBook(self.profile, self.registration)

    @property
    def witness(self) -> Witness:
        """What follows the service's audit log."""
        return Witness(
            transport=self.transport,
            tokens=self.tokens,
            profile=self.profile,
            registration=self.registration,
            receipts=self.receipts,
            machine=self.machine,
        )

    @property
    def courier(self) -> Courier:
        """What takes a delivery to the service."""
        return Courier(
            transport=self.transport,
            tokens=self.tokens,
            key=self.key(),
            outbox=self.outbox,
            receipts=self.receipts,
            machine=self.machine,
            sealer=Sealer(self.transport, self.profile, self.registration, self.machine),
        )

    @property
    def serving(self) -> Serving:
        """What comes with the delivery of a form."""
        return Serving(self.transport, self.tokens, self.receipts)

    @property
    def objections(self) -> Objections:
        """What lodges objections of persons."""
        return Objections(
            self.transport,
            self.tokens,
            self.profile.objections,
            registration=self.registration,
            keys=self.profile.service_keys,
        )

    def salted(self, content: Content) -> SealedContent:
        """The content as it is sealed and signed for."""
        return SealedContent.of(content, self.profile.content_secret())

    def deliver(
        self,
        content: Content,
        rules: RoundRules,
        corrects: str | None,
        progress: Progress | None,
        *,
        checked: CheckReport | None = None,
        confirmed: wire.Confirmation | None = None,
    ) -> Delivered:
        """Delivers what was checked against the rules first, here or before, and looks for its place in the log.

        Raises:
            SluisClientError: as `Client.submit`.
        """
        if corrects is not None:
            require_identifier(corrects)
        report = checked or check(content, rules)
        if not report.accepted:
            raise ContentRefusedError(report.faults)
        destination = Destination(
            data_set=rules.definition.id,
            data_set_version=rules.definition.version,
            round=rules.round.id,
            supplier=self.registration.organisation,
            corrects=corrects,
            confirmed=confirmed,
        )
        salted = self.salted(content)
        delivered = self.courier.deliver(salted, destination, report.rows, progress or _no_progress)
        receipt = self.serving.of(delivered.receipt, salted, rules)
        return replace(delivered, receipt=self.witness.prove(receipt))

    def withdraw(self, submission: str) -> StoredReceipt:
        """Withdraws a delivery, and keeps the acknowledgement beside its receipt.

        Raises:
            SluisClientError: as `Client.withdraw`.
        """
        require_identifier(submission)
        path = f"/v1/submissions/{segment(submission)}/withdrawal"
        answer = self.transport.call("PUT", path, tokens=self.tokens)
        submission_now = Submission.from_answer(answer.object, answer.headers)
        self.serving.withdrawn(submission_now)
        return self.receipts.withdrawn(submission_now)


def _no_progress(_done: int, _total: int) -> None:
    """Nobody looks."""


def _patience() -> Patience:
    named = os.environ.get(PATIENCE_VARIABLE)
    if named is None:
        return Patience()
    if not (named.isascii() and named.isdigit()):
        raise SetupError(
            Text(f"{PATIENCE_VARIABLE} is geen aantal seconden.", f"{PATIENCE_VARIABLE} is no number of seconds."),
            Text("Geef een geheel getal, zoals 120.", "Give a whole number, such as 120."),
        )
    return Patience(total=float(named))
