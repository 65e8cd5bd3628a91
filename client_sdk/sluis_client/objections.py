"""Objections of persons whom this supplier delivered: lodged by pseudonym, which this machine does not keep."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sluis_client import storage, wire
from sluis_client.answers import field, moment, optional, unexpected
from sluis_client.errors import ReceiptError, ServiceRefusedError, SetupError
from sluis_client.language import Text
from sluis_client.profile import Registration
from sluis_client.transport import Payload, TokenSource, Transport, segment
from sluis_client.wire.pseudonym import MOST_VERSIONS, Pseudonym
from sluis_client.wire.strict import time_text

Keys = Callable[[], Any]
"""The public keys of the service that were pinned when registering."""

_NOT_YOURS = "person-not-yours"


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection that your organisation lodged; whose it is, only the privacy officer of the service sees.

    What the service answers to lodging and withdrawing is signed, and verified before it is told.

    Attributes:
        id: its id.
        data_sets: what it is against; none stands for every one.
        purposes: for which purposes; none stands for every one.
        lodged_at: since when the person counts in nothing new.
        withdrawn_at: when it was withdrawn; None while it is in force.
        acknowledgement: the service's signed word, once it was lodged or withdrawn from here; None in lists.
    """

    id: str
    data_sets: tuple[str, ...]
    purposes: tuple[str, ...]
    lodged_at: datetime
    withdrawn_at: datetime | None
    acknowledgement: wire.SignedObjectionReceipt | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """An objection from an answer.

        Raises:
            UnexpectedAnswerError: a field is missing or of another kind.
        """
        ended, signed = optional(document, "withdrawnAt", str), document.get("acknowledgement")
        return cls(
            id=field(document, "id", str),
            data_sets=tuple(str(name) for name in field(document, "dataSets", list)),
            purposes=tuple(str(name) for name in field(document, "purposes", list)),
            lodged_at=moment(field(document, "lodgedAt", str)),
            withdrawn_at=None if ended is None else moment(ended),
            acknowledgement=None if signed is None else _signed(signed),
        )

    def to_json(self) -> dict[str, Any]:
        """The form of `--json`; in the file that is kept the acknowledgement stands beside it."""
        return {
            "id": self.id,
            "dataSets": list(self.data_sets),
            "purposes": list(self.purposes),
            "lodgedAt": time_text(self.lodged_at),
            "withdrawnAt": None if self.withdrawn_at is None else time_text(self.withdrawn_at),
        }


class Objections:
    """Those of one registration; each answer of the service is kept in a private file before it is told."""

    def __init__(
        self, transport: Transport, tokens: TokenSource, home: Path, *, registration: Registration, keys: Keys
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._home = home
        self._registration = registration
        self._keys = keys

    def lodge(self, pseudonyms: str, data_sets: Sequence[str], purposes: Sequence[str]) -> list[Objection]:
        """Leave a person out of everything that is made from now on; the same again gives the same answers.

        Under a key with which the person was not delivered the service knows no such person. That is no failure while
        there is another under which it does.

        Raises:
            SetupError: it is not what stands for one person; nothing was sent.
            ServiceRefusedError: the person was delivered under none of the keys, or something else was refused.
            ReceiptError: the answer does not prove that the service took this objection.
        """
        made: list[Objection] = []
        refused: ServiceRefusedError | None = None
        for pseudonym in _of_one_person(pseudonyms):
            body: dict[str, object] = {"pseudonym": pseudonym, "dataSets": list(data_sets), "purposes": list(purposes)}
            try:
                answer = self._lodge_one(body)
            except ServiceRefusedError as error:
                if _NOT_YOURS not in {reason.code for reason in error.reasons}:
                    raise
                refused = error
            else:
                against = (data_sets, purposes)
                made.append(self._keep(answer, pseudonym=pseudonym, against=against, withdrawn=False))
        if refused is not None and not made:
            raise refused
        return made

    def withdraw(self, objection: str) -> Objection:
        """Let the person count again.

        Raises:
            ReceiptError: the answer does not prove that this objection was withdrawn.
        """
        path = f"/v1/objections/{segment(objection)}/withdrawal"
        answer = self._transport.call("PUT", path, tokens=self._tokens).object
        return self._keep(answer, objection=objection, withdrawn=True)

    def all(self) -> Iterator[Objection]:
        """All of them as the service has them, newest first, page by page as they are taken."""
        cursor: str | None = None
        while True:
            query = {"cursor": cursor} if cursor else None
            page = self._transport.call("GET", "/v1/objections", tokens=self._tokens, query=query).object
            yield from map(Objection.from_json, field(page, "items", list))
            cursor = optional(page, "next", str)
            if cursor is None:
                return

    def _lodge_one(self, body: Mapping[str, object]) -> Mapping[str, Any]:
        return self._transport.call(
            "POST", "/v1/objections", tokens=self._tokens, payload=lambda: Payload.json(body)
        ).object

    def _keep(
        self,
        document: Mapping[str, Any],
        *,
        withdrawn: bool,
        pseudonym: str | None = None,
        against: tuple[Sequence[str], Sequence[str]] | None = None,
        objection: str | None = None,
    ) -> Objection:
        """Nothing is kept or told before the signature was verified with a key that was pinned when registering."""
        found = Objection.from_json(document)
        if found.acknowledgement is None:
            raise ReceiptError(Text("De bevestiging ontbreekt.", "The acknowledgement is missing."))
        try:
            told = wire.verify_objection(
                found.acknowledgement,
                self._keys(),
                issuer=self._registration.issuer,
                organisation=self._registration.organisation,
                pseudonym=pseudonym,
                against=against,
                objection=objection,
                withdrawn=withdrawn,
            )
        except wire.ReceiptError as failed:
            raise ReceiptError(Text(failed.nl, failed.en)) from None
        if (told.objection_id, told.data_sets, told.purposes, told.lodged_at, told.withdrawn_at) != (
            found.id,
            found.data_sets,
            found.purposes,
            found.lodged_at,
            found.withdrawn_at,
        ):
            raise ReceiptError(
                Text("Het antwoord wijkt af van de bevestiging.", "The answer differs from what is signed.")
            )
        kept = {**found.to_json(), "acknowledgement": found.acknowledgement.to_json()}
        storage.write_private(self._home / f"{storage.safe_name(found.id)}.json", storage.as_json(kept))
        return found


def _signed(document: Any) -> wire.SignedObjectionReceipt:
    try:
        return wire.SignedObjectionReceipt.from_json(document)
    except wire.WireError as wrong:
        raise unexpected("acknowledgement") from wrong


def _of_one_person(text: str) -> list[str]:
    """One pseudonym, or one under each key in force; the message repeats nothing of what was given."""
    found = [Pseudonym.read(each) for each in text.split()]
    sound = [one for one in found if one is not None]
    alike = {(one.type, one.domain) for one in sound}
    versions = {one.version for one in sound}
    if (
        not found
        or len(sound) < len(found)
        or len(alike) > 1
        or len(versions) < len(sound)
        or len(sound) > MOST_VERSIONS
    ):
        raise SetupError(
            Text("Dat is niet het pseudoniem van één persoon.", "That is not the pseudonym of one person."),
            Text("Maak het met `sluis-client pseudonym`.", "Make it with `sluis-client pseudonym`."),
        )
    return [str(one) for one in sound]
