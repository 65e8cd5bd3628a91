"""The supplier's side of Sluis in one class: register, check, deliver, keep the receipts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sluis_client import wire
from sluis_client.agreements import Agreement, fetch_agreements, give_consent, leave_agreement
from sluis_client.answers import Round
from sluis_client.check import CheckReport
from sluis_client.content import HeldContent
from sluis_client.delivery import Delivered, Progress
from sluis_client.errors import AlreadyRegisteredError, NoReceiptError
from sluis_client.files.desk import Desk
from sluis_client.files.dialect import Dialect
from sluis_client.files.prepare import require_file
from sluis_client.machine import Machine
from sluis_client.network import Network
from sluis_client.own_calendar import OwnCalendar
from sluis_client.own_keys import OwnKeys
from sluis_client.persons import Persons
from sluis_client.profile import Profile, Registration
from sluis_client.receipts import StoredReceipt
from sluis_client.registering import pin_announced_key
from sluis_client.retry import Patience
from sluis_client.rules import RoundRules, fetch_definition, fetch_rounds, fetch_rules, kept_rules
from sluis_client.session import Session
from sluis_client.standing import LogFollowed, Status
from sluis_client.transport import checked_url
from sluis_client.uses import Use, fetch_uses


class Client:
    """A supplier at one service.

    Use it in a `with` statement: it holds connections. It may be used from one thread at a time; two processes may
    share one profile.
    """

    def __init__(
        self,
        profile: Profile,
        url: str,
        *,
        passphrase: str | None = None,
        in_keyring: bool = False,
        network: Network | None = None,
        patience: Patience | None = None,
        machine: Machine | None = None,
    ) -> None:
        self._session = Session(
            profile,
            url,
            passphrase=passphrase,
            in_keyring=in_keyring,
            network=network,
            patience=patience,
            machine=machine,
        )

    def __repr__(self) -> str:
        return f"Client({self._session.transport.url}, {self._session.profile.home})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections.

        Example:
            >>> from sluis_client import Client
            >>> client = Client.from_profile()
            >>> client.close()
        """
        self._session.transport.close()

    @classmethod
    def from_profile(
        cls,
        home: Path | str | None = None,
        *,
        passphrase: str | None = None,
        patience: Patience | None = None,
        machine: Machine | None = None,
    ) -> Self:
        """The client of the registration on this machine.

        Args:
            home: the profile's directory; otherwise SLUIS_CLIENT_HOME, otherwise the platform's for user data.
            passphrase: of the private key; otherwise SLUIS_CLIENT_PASSPHRASE.
            patience: how long to keep trying; otherwise SLUIS_CLIENT_PATIENCE seconds, otherwise two minutes per call.
            machine: clock and randomness, for tests.

        Raises:
            NotRegisteredError: there is no registration yet.
            TrustError: the profile is unsafe or damaged.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     client.registration.name
            'Ziekenhuis Arran'
        """
        profile = Profile.at(None if home is None else Path(home))
        registration = profile.registration()
        client = cls(
            profile,
            registration.url,
            passphrase=passphrase,
            network=registration.network,
            patience=patience,
            machine=machine,
        )
        client._session.take_up(registration)
        return client

    @classmethod
    def for_service(
        cls,
        url: str,
        home: Path | str | None = None,
        *,
        passphrase: str | None = None,
        in_keyring: bool = False,
        network: Network | None = None,
        patience: Patience | None = None,
        machine: Machine | None = None,
    ) -> Self:
        """A client that has yet to register at `url`; for the rest as `from_profile`.

        Args:
            url: the service's address.
            home: as `from_profile`.
            passphrase: as `from_profile`; the new key is encrypted with it.
            in_keyring: whether the new key rests in the keyring of the operating system (extra `keyring`).
            network: proxy and certificate authority of this network, kept with the registration.
            patience: as `from_profile`.
            machine: as `from_profile`.

        Raises:
            SetupError: the address is none, or not encrypted.

        Example:
            >>> from sluis_client import Client
            >>> with Client.for_service("https://sluis.example", "elsewhere") as client:
            ...     client.registered
            False
        """
        profile = Profile.at(None if home is None else Path(home))
        return cls(
            profile,
            checked_url(url),
            passphrase=passphrase,
            in_keyring=in_keyring,
            network=network,
            patience=patience,
            machine=machine,
        )

    @property
    def registered(self) -> bool:
        """Whether the profile holds a registration."""
        return self._session.profile.registered

    @property
    def registration(self) -> Registration:
        """Who this machine is to the service.

        Raises:
            NotRegisteredError: it has not registered yet.
        """
        return self._session.registration

    def unlock(self) -> None:
        """Reads the private key, so that a missing passphrase shows before anything else is done.

        Raises:
            PassphraseError: the key needs a passphrase, or another one.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     client.unlock()
        """
        self._session.key()

    def register(self, code: str, *, replace: bool = False) -> Registration:
        """Makes a key pair and registers the public half with the one-time code of the invitation.

        Repeating it after a lost connection uses the same key.

        Args:
            code: the code; it is not kept.
            replace: whether an existing registration is replaced by this one. Receipts stay.

        Raises:
            AlreadyRegisteredError: there is a registration, and `replace` is not set.
            ServiceRefusedError: the code is wrong, used or expired.

        Example:
            >>> import os
            >>> from sluis_client import Client
            >>> with Client.for_service(os.environ["SLUIS_URL"], "second-profile") as client:
            ...     client.register(os.environ["SLUIS_CODE"]).name
            'Ziekenhuis Arran'
        """
        if self._session.profile.registered and not replace:
            raise AlreadyRegisteredError(self._session.profile.registration().name)
        return self._session.register(code)

    def rounds(self) -> list[Round]:
        """The rounds in which a delivery of this organisation is expected.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     [(round.id, round.state) for round in client.rounds()]
            [('capacity-2019', 'open')]
        """
        return fetch_rounds(self._session.transport, self._session.tokens)

    def rules(self, round_id: str, *, offline: bool = False) -> RoundRules:
        """What a delivery to a round must be: its columns, and the codes that they may hold.

        Args:
            round_id: the round to deliver to.
            offline: as they were fetched last, without a connection.

        Raises:
            NotCachedError: offline, and the rules were never fetched.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     rules = client.rules("capacity-2019")
            >>> rules.header
            ('period', 'region', 'care_form', 'staffed_bed_days', 'occupied_bed_days')
            >>> [code.code for code in rules.codes_of("period")]
            ['2019Q1', '2019Q2', '2019Q3', '2019Q4']
        """
        if offline:
            return kept_rules(self._session.profile, round_id)
        return fetch_rules(self._session.transport, self._session.tokens, self._session.profile, round_id)

    def describe(self, data_set: str, version: int | None = None) -> wire.Definition:
        """What a data set is: its columns with their definitions, who delivers it and when, and what may become of it.

        Args:
            data_set: its id, as a round names it.
            version: the newest when left out.

        Raises:
            ServiceRefusedError: there is no such data set or version.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     definition = client.describe("capacity")
            >>> definition.version, definition.names[:3]
            (1, ('period', 'region', 'care_form'))
        """
        return fetch_definition(self._session.transport, self._session.tokens, data_set, version)

    @property
    def desk(self) -> Desk:
        """What is done with files on this machine: names and codes of one's own, templates, comparisons."""
        return Desk(self._session)

    @property
    def keys(self) -> OwnKeys:
        """The keys that speak for this organisation."""
        return OwnKeys(self._session)

    @property
    def calendar(self) -> OwnCalendar:
        """What this organisation delivers when, and where its reminders go."""
        return OwnCalendar(self._session)

    @property
    def persons(self) -> Persons:
        """What concerns persons: their pseudonyms, and their objections."""
        return Persons(self._session)

    def check(
        self, path: Path | str, round_id: str, *, offline: bool = False, dialect: Dialect | None = None
    ) -> CheckReport:
        """Everything that is wrong with a file, found on this machine; nothing is sent.

        Args:
            path: the file: .csv, .tsv, .txt, .xlsx, .ndjson or .parquet.
            round_id: the round to deliver to.
            offline: use the rules as they were fetched last, without a connection.
            dialect: how the file is to be read, where that cannot be seen or should be otherwise.

        Raises:
            AmbiguousFileError: the file can be read in two ways; `dialect` says which.
            FileError: the file cannot be read.
            NotCachedError: offline, and the rules were never fetched.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     report = client.check("faulty.csv", "capacity-2019")
            >>> report.accepted
            False
            >>> [(fault.row, fault.column) for fault in report.faults.shown]
            [(2, 'care_form'), (3, 'staffed_bed_days')]
        """
        require_file(Path(path))
        return self.desk.prepare(Path(path), self.rules(round_id, offline=offline), dialect).report

    def submit(
        self,
        path: Path | str,
        round_id: str,
        corrects: str | None = None,
        *,
        progress: Progress | None = None,
        dialect: Dialect | None = None,
        reason: str | None = None,
    ) -> Delivered:
        """Delivers a file: checked here first, sent in parts, done when the receipt has been verified and kept.

        Whatever happens on the way, the same call again goes on where it stopped and gives the same receipt.

        Args:
            path: the file: .csv, .tsv, .txt, .xlsx, .ndjson or .parquet.
            round_id: the round to deliver to.
            corrects: the submission that this one replaces.
            progress: called with the bytes sent so far and in total.
            dialect: how the file is to be read, where that cannot be seen or should be otherwise.
            reason: why unusual figures are right; it travels in the signed manifest.

        Raises:
            AmbiguousFileError: the file can be read in two ways; `dialect` says which.
            UnconfirmedError: figures are unusual beside earlier ones, and no reason was given; nothing was sent.
            ContentRefusedError: fatal faults; when found here, nothing was sent.
            ServiceRefusedError: the round or the rules do not allow it.
            ConnectionFailedError: no answer in time; call again.
            ReceiptError: the service's receipt does not prove this delivery.
            LogError: the delivery counts and its receipt is kept, but the service's audit log is not what it was.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     delivered = client.submit("capacity.csv", "capacity-2019")
            >>> delivered.outcome, delivered.rows
            ('accepted', 2)
        """
        require_file(Path(path))
        return self.desk.submit(
            Path(path), self.rules(round_id), corrects, progress=progress, dialect=dialect, reason=reason
        )

    def submit_records(
        self, records: Sequence[Mapping[str, Any]], round_id: str, corrects: str | None = None
    ) -> Delivered:
        """Delivers records from memory in one call; for the rest as `submit`.

        For more than some ten thousand records a file is quicker.

        Example:
            >>> from sluis_client import Client
            >>> row = {
            ...     "period": "2019Q1", "region": "S08000015", "care_form": "cardiology",
            ...     "staffed_bed_days": 90, "occupied_bed_days": 61,
            ... }
            >>> with Client.from_profile() as client:
            ...     client.submit_records([row], "capacity-2019").rows
            1
        """
        return self._session.deliver(HeldContent.of_records(records), self.rules(round_id), corrects, None)

    def status(self) -> Status:
        """How this organisation stands: rounds, and deliveries that were cut off.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     status = client.status()
            >>> status.rounds[0].delivery, len(status.under_way)
            ('missing', 0)
        """
        return Status(self.registration, tuple(self.rounds()), tuple(self._session.outbox.entries()))

    def withdraw(self, submission: str) -> StoredReceipt:
        """Withdraws a delivery: it counts in nothing that is released from now on. What was released stays.

        Withdrawing twice gives the same acknowledgement.

        Args:
            submission: the delivery's id, as its receipt names it.

        Returns:
            The receipt with the service's signed acknowledgement; both verified and kept.

        Raises:
            ServiceRefusedError: there is no such delivery of yours, or it does not count.
            ReceiptError: the answer does not prove the withdrawal.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     delivered = client.submit("capacity.csv", "capacity-2019")
            ...     receipt = client.withdraw(delivered.submission)
            >>> receipt.withdrawal.withdrawal.submission_id == delivered.submission
            True
        """
        return self._session.withdraw(submission)

    def uses(self) -> list[Use]:
        """What happened to your deliveries: the releases that they went into, newest first.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     [(use.purpose, [one.organisation for one in use.read_by]) for use in client.uses()]
            [('regional-capacity-planning', ['nhs-north'])]
        """
        return list(fetch_uses(self._session.transport, self._session.tokens))

    def agreements(self) -> list[Agreement]:
        """What your figures are used under: your organisation's agreements and consents.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     [(one.kind, one.in_force) for one in client.agreements()]
            [('processor-agreement', True)]
        """
        return fetch_agreements(self._session.transport, self._session.tokens)

    def consent(
        self,
        data_set: str,
        *,
        purposes: Sequence[str] = (),
        valid_until: str | None = None,
        serves: Sequence[str] | None = None,
    ) -> Agreement:
        """Let your own figures be used, from today.

        Args:
            data_set: what the consent is about.
            purposes: for which; none for every one.
            valid_until: the last day, as 2026-12-31; None until you leave it.
            serves: of a form, the data sets that it may serve; None for all of them. It is one consent.

        Raises:
            ServiceRefusedError: there is no such data set or purpose, or it ends before today.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     client.consent("capacity", valid_until="2099-12-31").valid_until
            '2099-12-31'
        """
        session = self._session
        return give_consent(
            session.transport,
            session.tokens,
            data_set,
            purposes=purposes,
            valid_until=valid_until,
            serves=serves,
        )

    def leave_agreement(self, agreement: str, reason: str) -> Agreement:
        """End an agreement, or your consent, for your own organisation: nothing new rests on it from this moment.

        Raises:
            ServiceRefusedError: it is not yours, does not hold, or the reason is too short.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     given = client.consent("capacity")
            ...     client.leave_agreement(given.id, "We stop sharing these.").in_force
            False
        """
        return leave_agreement(self._session.transport, self._session.tokens, agreement, reason)

    def receipts(self) -> list[StoredReceipt]:
        """The receipts on this machine, newest first.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     delivered = client.submit("capacity.csv", "capacity-2019")
            ...     [receipt.round for receipt in client.receipts()]
            ['capacity-2019']
        """
        return self._session.receipts.all()

    def verify_receipt(
        self, receipt: StoredReceipt | str, path: Path | str | None = None, *, in_log: bool = False
    ) -> StoredReceipt:
        """Proves a receipt again, without asking the service.

        Args:
            receipt: the receipt, or the submission's id.
            path: the file that was delivered, to prove that it is that file; of what came with a form the file of that.
            in_log: fail while the receipt has no place in the service's audit log; one that it has is always proven.

        Raises:
            NoReceiptError: there is none of this submission here.
            ReceiptError: it does not hold.
            LogError: it is not in the log, or the log contradicts the one seen before.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     delivered = client.submit("capacity.csv", "capacity-2019")
            ...     client.verify_receipt(delivered.submission, "capacity.csv").rows
            2
        """
        receipts = self._session.receipts
        stored = receipts.get(receipt) if isinstance(receipt, str) else receipt
        if stored is None:
            raise NoReceiptError
        receipts.verify(stored, in_log=in_log)
        if path is not None:
            sent = receipts.form_of(stored) or stored
            receipts.verify(sent, self._session.digest_in(sent, self.desk.content(Path(path), sent.round)))
        return stored

    def follow_log(self) -> LogFollowed:
        """Sees the newest checkpoint of the service's audit log, and gives receipts their place in it.

        Raises:
            LogError: the log was rewritten, forked or cut back, is another than before, or lacks a delivery for a day.
            ServiceRefusedError: `log-not-proven`: the service refused to prove it; or another refusal.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     delivered = client.submit("capacity.csv", "capacity-2019")
            ...     client.follow_log().without_proof
            0
        """
        witness = self._session.witness
        newest = witness.follow()
        without = witness.settle(self.receipts())
        return LogFollowed(0 if newest is None else newest.size, without, shown=newest is not None)

    def confirm_checkpoint(self, note: str) -> int:
        """Has the service prove that a checkpoint, of a release for instance, is of the one log that is followed here.

        Returns:
            The number of events in that log now.

        Raises:
            LogError: it is of another history, or of more events than the log has.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     receipt = client.submit("capacity.csv", "capacity-2019").receipt
            ...     receipt.proof is None or client.confirm_checkpoint(receipt.proof.checkpoint) > 0
            True
        """
        return self._session.witness.confirm(note).size

    def trust(self, key_id: str) -> None:
        """Pins a new receipt key of the service, after the operator announced its thumbprint by another way.

        Raises:
            TrustError: the service publishes no such key.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     receipt = client.submit("capacity.csv", "capacity-2019").receipt
            ...     client.trust(receipt.signed.key_id)
        """
        pin_announced_key(self._session.transport, self._session.profile, key_id)
