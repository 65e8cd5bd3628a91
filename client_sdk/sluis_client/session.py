"""One profile opened at one service: what the calls of a client share, each part made when it is first needed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

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
from sluis_client.pseudonyms import KeyHolder, Maker, Pseudonymised, has_bsn_column, pseudonymise_file, stand_ins
from sluis_client.pseudonyms.files import person_column
from sluis_client.pseudonyms.making import published_keys
from sluis_client.receipts import ReceiptBook, StoredReceipt
from sluis_client.registering import register
from sluis_client.retry import Patience
from sluis_client.rotating import RegisteredKey, fetch_keys, revoke, rotate
from sluis_client.rules import RoundRules, require_identifier
from sluis_client.sealing import SealedContent, Sealer
from sluis_client.tokens import Tokens
from sluis_client.transport import Transport, segment
from sluis_client.wire import FaultCode
from sluis_client.wire.manifest import KEY_ID
from sluis_client.wire.pseudonym import checked_bsn
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
        network: Network | None,
        patience: Patience | None,
        machine: Machine | None,
    ) -> None:
        self.profile = profile
        self.machine = machine or Machine()
        self.network = network or Network()
        self.in_keyring = False
        self._patience = patience or _patience()
        self.transport = Transport(url, patience=self._patience, machine=self.machine, network=self.network)
        self._passphrase = passphrase if passphrase is not None else given_passphrase()
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
        key = self.profile.prepared().new_key(self._passphrase, in_keyring=self.in_keyring)
        made = register(self.transport, self.profile, code, key=key, network=self.network, machine=self.machine)
        self.take_up(made)
        return made

    def registered_keys(self) -> Sequence[RegisteredKey]:
        """The keys of the organisation."""
        return fetch_keys(self.transport, self.tokens, self.key().key_id)

    def rotate_key(self) -> Registration:
        """Rotates by the steps of `rotating`, and goes on with the new key."""
        made = rotate(
            self.transport,
            self.tokens,
            self.profile,
            self.registration,
            passphrase=self._passphrase,
            machine=self.machine,
        )
        self.take_up(made)
        return made

    def revoke_key(self, key_id: str) -> RegisteredKey:
        """Revokes a key of the organisation."""
        if not KEY_ID.fullmatch(key_id):
            raise SetupError(
                Text("Dat is geen sleutel.", "That is no key."),
                Text("Kijk met `sluis-client keys list`.", "Look with `sluis-client keys list`."),
            )
        return revoke(self.transport, self.tokens, key_id)

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
            self._read_key = self.profile.key(self._passphrase)
        return self._read_key

    @property
    def tokens(self) -> Tokens:
        """Where access tokens come from."""
        if self._open_tokens is None:
            registration = self.registration
            self._open_tokens = Tokens(
                self.transport,
                self.key(),
                client_id=registration.client_id,
                issuer=registration.issuer,
                machine=self.machine,
            )
        return self._open_tokens

    @contextmanager
    def pseudonym_maker(self) -> Iterator[Maker]:
        """What makes pseudonyms, with a connection to the key holder that the service names."""
        published = published_keys(self.transport)
        registration = self.registration
        with Transport(
            published.address, patience=self._patience, machine=self.machine, network=self.network
        ) as transport:
            tokens = Tokens(
                self.transport,
                self.key(),
                client_id=registration.client_id,
                issuer=registration.issuer,
                machine=self.machine,
                resource=published.address,
            )
            yield Maker(KeyHolder(transport, tokens, published))

    @contextmanager
    def without_bsns(
        self, path: Path, rules: RoundRules, *, stand_in: bool = False, progress: Progress | None = None
    ) -> Iterator[Path]:
        """The file itself, or where it has a column of BSNs one with pseudonyms in their place, which goes afterwards.

        Args:
            path: the supplier's file.
            rules: what a delivery to the round must be.
            stand_in: for a check, without the key holder: values that only look like pseudonyms.
            progress: called with the persons done so far and in total.
        """
        person = person_column(rules.definition)
        if person is None or not has_bsn_column(path):
            yield path
            return
        with ExitStack() as opened:
            make = stand_ins if stand_in else opened.enter_context(self.pseudonym_maker())
            folder = Path(opened.enter_context(TemporaryDirectory(prefix="sluis-client-")))
            yield pseudonymise_file(path, folder / path.name, person, make=make, progress=progress or _no_progress).path

    def pseudonymise(
        self, path: Path, output: Path, rules: RoundRules, column: str, progress: Progress | None
    ) -> Pseudonymised:
        """Writes the file with pseudonyms in place of BSNs.

        Raises:
            SluisClientError: as `Client.pseudonymise`.
        """
        person = person_column(rules.definition)
        if person is None:
            raise SetupError(
                Text(f"{rules.round.id} vraagt geen pseudoniemen.", f"{rules.round.id} asks for no pseudonyms."),
                Text("Lever het bestand zonder BSN aan.", "Deliver the file without BSNs."),
            )
        with self.pseudonym_maker() as make:
            return pseudonymise_file(path, output, person, make=make, progress=progress or _no_progress, column=column)

    def pseudonyms(self, bsns: Sequence[str], domain: str) -> list[str]:
        """The pseudonyms of BSNs, in their order.

        Raises:
            SluisClientError: as `Client.pseudonyms`.
        """
        checked = [checked_bsn(bsn) for bsn in bsns]
        wrong = [str(place) for place, found in enumerate(checked, 1) if isinstance(found, FaultCode)]
        if wrong:
            raise SetupError(
                Text(f"Geen BSN: nummer {', '.join(wrong)}.", f"Not a BSN: number {', '.join(wrong)}."),
                Text("Controleer het (elfproef).", "Check it (eleven test)."),
            )
        with self.pseudonym_maker() as make:
            made = make(checked, domain, _no_progress)
        return [made[bsn] for bsn in checked]

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
    def objections(self) -> Objections:
        """What lodges objections of persons."""
        return Objections(self.transport, self.tokens, self.profile.objections)

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
        return replace(delivered, receipt=self.witness.prove(delivered.receipt))

    def withdraw(self, submission: str) -> StoredReceipt:
        """Withdraws a delivery, and keeps the acknowledgement beside its receipt.

        Raises:
            SluisClientError: as `Client.withdraw`.
        """
        require_identifier(submission)
        path = f"/v1/submissions/{segment(submission)}/withdrawal"
        answer = self.transport.call("PUT", path, tokens=self.tokens)
        return self.receipts.withdrawn(Submission.from_answer(answer.object, answer.headers))


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
