"""Everything that can go wrong, and what to do about it.

Every error says in Dutch and in English what happened (`text`) and what to do (`mend`), and has a stable `code`.
No error holds a key, a code, a token or the contents of a record.

    SluisClientError
    ├── SetupError                something on this machine; nothing was sent           (exit code 2)
    │   ├── NotRegisteredError    there is no registration here yet: run `init`
    │   ├── AlreadyRegisteredError  `init` would replace a registration
    │   ├── PassphraseError       the private key needs a passphrase, or another one
    │   ├── FileError             the file cannot be read, or changed while it was sent
    │   │   └── AmbiguousFileError  the file can be read in two ways: say which
    │   ├── NotCachedError        an offline check needs what was never fetched
    │   └── NoReceiptError        no receipt of that submission is kept here
    ├── ContentRefusedError       the content has fatal faults; nothing counts           (exit code 3)
    │   └── UnconfirmedError      the figures are unusual: look, and give the reason
    ├── ServiceRefusedError       the service said no: round, policy, registration       (exit code 4)
    │   └── ClockSkewError        this machine's clock is off
    ├── ConnectionFailedError     no answer; nothing is lost, the same command goes on   (exit code 5)
    └── TrustError                do not rely on what was received                       (exit code 6)
        ├── ReceiptError          a receipt that does not prove this delivery
        ├── ReleaseRefusedError   a file that is not what was released
        ├── LogError              the audit log was rewritten, forked or cut back, or is another
        ├── UnexpectedAnswerError an answer that breaks the contract
        ├── ProfileUnsafeError    others could read or change the profile
        └── ProfileDamagedError   a file of the profile is not what was written

Example:
    >>> from sluis_client import Client, ConnectionFailedError, ContentRefusedError
    >>> with Client.from_profile() as client:
    ...     try:
    ...         client.submit("faulty.csv", "capacity-2019")
    ...     except ContentRefusedError as refused:
    ...         print(refused.faults.fatal, "faults; nothing was sent")
    ...     except ConnectionFailedError:
    ...         print("try again: the delivery goes on where it stopped")
    2 faults; nothing was sent
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sluis_client import wire
from sluis_client.language import Text, count_of_faults, count_of_minutes


class SluisClientError(Exception):
    """The root of all errors of this package.

    Attributes:
        code: stable name of the kind of error, in kebab-case.
        text: what happened.
        mend: what to do about it.
    """

    code = "error"

    def __init__(self, text: Text, mend: Text) -> None:
        super().__init__(f"{text.en} {mend.en}")
        self.text = text
        self.mend = mend


class SetupError(SluisClientError):
    """Something on this machine is not as needed; nothing was sent."""

    code = "setup"


class NotRegisteredError(SetupError):
    """There is no registration in the profile yet."""

    code = "not-registered"

    def __init__(self, home: Path) -> None:
        super().__init__(
            Text(f"In {home} staat nog geen aanmelding.", f"There is no registration in {home} yet."),
            Text(
                "Meld eerst aan met `sluis-client init`, met de code uit de uitnodiging.",
                "Register first by `sluis-client init`, with the code from the invitation.",
            ),
        )


class AlreadyRegisteredError(SetupError):
    """A registration exists, and replacing it was not asked for."""

    code = "already-registered"

    def __init__(self, name: str) -> None:
        super().__init__(
            Text(f"Dit profiel is al aangemeld als {name}.", f"This profile is already registered as {name}."),
            Text(
                "Gebruik `--force` om met een nieuwe code een nieuwe sleutel aan te melden, of kies een andere map "
                "met SLUIS_CLIENT_HOME.",
                "Use `--force` to register a new key with a new code, or choose another directory with "
                "SLUIS_CLIENT_HOME.",
            ),
        )


class PassphraseError(SetupError):
    """The private key is encrypted and the passphrase is missing or wrong."""

    code = "passphrase"

    def __init__(self, *, given: bool) -> None:
        super().__init__(
            Text("De wachtzin van de sleutel klopt niet.", "The passphrase of the key is wrong.")
            if given
            else Text("De sleutel is met een wachtzin beveiligd.", "The key is protected by a passphrase."),
            Text(
                "Geef de wachtzin in SLUIS_CLIENT_PASSPHRASE, of typ haar als erom gevraagd wordt.",
                "Give the passphrase in SLUIS_CLIENT_PASSPHRASE, or type it when asked.",
            ),
        )


class FileError(SetupError):
    """The file to deliver cannot be used."""

    code = "file"


class AmbiguousFileError(FileError):
    """The file can be read in more than one way, and the supplier has to say which.

    Attributes:
        option: what to say it with, such as `decimal`.
        choices: what may be said.
    """

    code = "file-ambiguous"

    def __init__(self, question: Text, option: str, choices: tuple[str, ...]) -> None:
        said = " / ".join(f"`--{option} {choice}`" for choice in choices)
        super().__init__(
            question,
            Text(
                f"Kies: {said}. Met `sluis-client map` wordt de keuze onthouden.",
                f"Choose: {said}. `sluis-client map` remembers the choice.",
            ),
        )
        self.option = option
        self.choices = choices


class NotCachedError(SetupError):
    """An offline check needs a definition that this machine never fetched."""

    code = "not-cached"

    def __init__(self, round_id: str) -> None:
        super().__init__(
            Text(
                f"De regels van ronde {round_id} zijn op deze computer nog niet opgehaald.",
                f"The rules of round {round_id} were never fetched on this machine.",
            ),
            Text(
                "Controleer één keer zonder `--offline`; daarna kan het ook zonder verbinding.",
                "Check once without `--offline`; after that it works without a connection.",
            ),
        )


class NoReceiptError(SetupError):
    """No receipt of the submission is kept on this machine; that says nothing about what the service accepted."""

    code = "no-receipt"

    def __init__(self) -> None:
        super().__init__(
            Text("Van deze aanlevering is hier geen bewijs.", "There is no receipt of this submission here."),
            Text(
                "Kijk met `sluis-client receipts list` welke bewijzen hier zijn.",
                "Look with `sluis-client receipts list` which receipts are here.",
            ),
        )


class ContentRefusedError(SluisClientError):
    """The content has fatal faults; nothing of it counts.

    Attributes:
        faults: all of them counted, the first 1,000 shown.
    """

    code = "content-refused"

    def __init__(self, faults: wire.Faults) -> None:
        fatal = count_of_faults(faults.fatal)
        super().__init__(
            Text(
                f"De inhoud bevat {fatal.nl}; er is niets aangenomen.",
                f"The content has {fatal.en}; nothing was accepted.",
            ),
            Text("Verbeter alles en lever opnieuw aan.", "Mend everything and deliver again."),
        )
        self.faults = faults


class UnconfirmedError(ContentRefusedError):
    """The figures are unusual beside earlier ones, and nobody said that they are right; nothing was sent."""

    code = "unconfirmed"

    def __init__(self, faults: wire.Faults) -> None:
        SluisClientError.__init__(
            self,
            Text(
                "De cijfers wijken af van eerder; er is niets verstuurd.", "The figures are unusual; nothing was sent."
            ),
            Text(
                'Controleer ze. Kloppen zij, geef dan de reden: `--reason "Afdeling gesloten sinds mei."`',
                'Check them. If they are right, give the reason: `--reason "Ward closed since May."`',
            ),
        )
        self.faults = faults


class ConnectionFailedError(SluisClientError):
    """No usable answer within the time we keep trying. Nothing is lost: the same call goes on where it stopped."""

    code = "connection"

    def __init__(self, what: Text, wait: float | None = None) -> None:
        later = Text("later", "later") if wait is None else Text(f"over {wait:.0f} s", f"in {wait:.0f} s")
        super().__init__(
            what,
            Text(
                f"Er is niets verloren. Geef {later.nl} dezelfde opdracht opnieuw; "
                "een aanlevering gaat verder waar ze bleef.",
                f"Nothing is lost. Give the same command again {later.en}; a delivery goes on where it stopped.",
            ),
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a refusal, as the service's rules word it.

    Attributes:
        code: stable name of the reason.
        rule: the article or rule that it rests on.
        text: why.
        mend: what would change the outcome, if anything.
    """

    code: str
    rule: str
    text: Text
    mend: Text | None


class ServiceRefusedError(SluisClientError):
    """The service understood and said no.

    Attributes:
        status: the HTTP status.
        reasons: all reasons that the service gave, possibly none.
        trace: what to quote when asking the service's help desk, if the service gave it.
    """

    code = "refused"

    def __init__(
        self,
        code: str,
        status: int,
        text: Text,
        *,
        mend: Text | None = None,
        reasons: Sequence[Reason] = (),
        trace: str | None = None,
    ) -> None:
        super().__init__(
            text,
            mend
            or Text(
                "Herhalen helpt niet. Vraag de beheerder als de reden onduidelijk is.",
                "Repeating does not help. Ask the operator if the reason is not clear.",
            ),
        )
        self.code = code
        self.status = status
        self.reasons = tuple(reasons)
        self.trace = trace


class ClockSkewError(ServiceRefusedError):
    """This machine's clock differs more than the service accepts.

    Attributes:
        here: the time on this machine.
        there: the time at the service, if it said so.
    """

    def __init__(self, status: int, here: datetime, there: datetime | None) -> None:
        if there is None:
            differs = Text("te veel", "too much")
        else:
            minutes = count_of_minutes(round(abs((here - there).total_seconds()) / 60))
            behind = here < there
            differs = Text(
                f"{minutes.nl} {'achter' if behind else 'voor'}",
                f"{minutes.en} {'behind' if behind else 'ahead'}",
            )
        super().__init__(
            "clock-skew",
            status,
            Text(
                f"De klok van deze computer loopt {differs.nl} ten opzichte van de dienst."
                if there
                else f"De klok van deze computer wijkt {differs.nl} af van die van de dienst.",
                f"The clock of this machine is {differs.en} of the service's."
                if there
                else f"The clock of this machine differs {differs.en} from the service's.",
            ),
            mend=Text(
                "Zet de klok gelijk (bijvoorbeeld met NTP) en probeer opnieuw.",
                "Set the clock right (by NTP, for example) and try again.",
            ),
        )
        self.here = here
        self.there = there


class TrustError(SluisClientError):
    """What was received cannot be relied upon."""

    code = "trust"


class ProfileDamagedError(TrustError):
    """A file of the profile is not what this package wrote."""

    code = "profile-damaged"

    def __init__(self, path: Path) -> None:
        super().__init__(
            Text(f"Het bestand {path} is beschadigd.", f"The file {path} is damaged."),
            Text(
                "Zet het terug uit een reservekopie, of meld opnieuw aan met `sluis-client init --force`.",
                "Restore it from a backup, or register again by `sluis-client init --force`.",
            ),
        )


class ReceiptError(TrustError):
    """A receipt that does not prove this delivery."""

    code = "receipt"

    def __init__(self, why: Text) -> None:
        super().__init__(
            why,
            Text(
                "Vertrouw niet op dit ontvangstbewijs; neem contact op met de beheerder van de dienst.",
                "Do not rely on this receipt; contact the operator of the service.",
            ),
        )


class LogError(TrustError):
    """The service's audit log is not what it was, or does not hold what it should. Receipts that are kept stay good."""

    def __init__(self, code: str, why: Text) -> None:
        super().__init__(
            why,
            Text(
                "Uw aanleveringen en bewijzen blijven geldig. Bewaar deze map en meld dit bij de beheerder van de "
                "dienst en bij uw toezichthouder.",
                "Your deliveries and receipts stay valid. Keep this directory and report this to the operator of the "
                "service and to your supervisor.",
            ),
        )
        self.code = code


class ReleaseRefusedError(TrustError):
    """A file is not a release as it was approved.

    Attributes:
        step: the step of `sluis_client.wire.release.verify_release` that failed.
    """

    code = "release"

    def __init__(self, step: int, why: Text) -> None:
        super().__init__(
            Text(f"Stap {step}: {why.nl}", f"Step {step}: {why.en}"),
            Text("Gebruik deze cijfers niet; haal ze opnieuw op.", "Do not use these figures; fetch them again."),
        )
        self.step = step


class UnexpectedAnswerError(TrustError):
    """An answer that the contract does not allow."""

    code = "unexpected-answer"

    def __init__(self, what: Text) -> None:
        super().__init__(
            what,
            Text(
                "Controleer het adres, en of deze versie van sluis-client bij de dienst past.",
                "Check the address, and that this version of sluis-client fits the service.",
            ),
        )


class ProfileUnsafeError(TrustError):
    """Others than the owner could read or change the profile."""

    code = "profile-unsafe"

    def __init__(self, path: Path, *, wanted: str) -> None:
        super().__init__(
            Text(f"Anderen dan de eigenaar kunnen bij {path}.", f"Others than the owner have access to {path}."),
            Text(
                f"Herstel de rechten: chmod {wanted} {path}. "
                "Kon een ander bij de sleutel, meld dan een nieuwe aan met `sluis-client init --force`.",
                f"Mend the permissions: chmod {wanted} {path}. "
                "If someone else could reach the key, register a new one by `sluis-client init --force`.",
            ),
        )
