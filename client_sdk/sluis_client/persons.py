"""What concerns persons: their pseudonyms, and their objections to being counted."""

from collections.abc import Sequence

from sluis_client.errors import SetupError
from sluis_client.language import Text
from sluis_client.objections import Objection
from sluis_client.session import Session
from sluis_client.wire import FaultCode
from sluis_client.wire.pseudonym import checked_bsn


class Persons:
    """Of one profile; see `Client.persons`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def pseudonyms(self, bsns: Sequence[str], domain: str) -> list[str]:
        """The pseudonyms of BSNs, to lodge an objection or to ask the log about a person.

        Returns:
            For each BSN its pseudonym; while a key is being replaced two, with a space between.

        Raises:
            SetupError: one of them is no BSN (which one is said by its place), or the domain has no key.
            ServiceRefusedError: the key holder refused, for the quota is used up, for example.
            TrustError: the key holder used another key than the service names.

        Example:
            >>> from sluis_client import Client, SetupError
            >>> with Client.from_profile() as client:
            ...     try:
            ...         client.persons.pseudonyms(["123456789"], "planning")
            ...     except SetupError as refused:
            ...         print(refused.text.en)
            Not a BSN: number 1.
        """
        checked = [checked_bsn(bsn) for bsn in bsns]
        wrong = [str(place) for place, found in enumerate(checked, 1) if isinstance(found, FaultCode)]
        if wrong:
            raise SetupError(
                Text(f"Geen BSN: nummer {', '.join(wrong)}.", f"Not a BSN: number {', '.join(wrong)}."),
                Text("Controleer het (elfproef).", "Check it (eleven test)."),
            )
        with self._session.pseudonym_maker() as make:
            made = make(checked, domain)
        return [made[bsn] for bsn in checked]

    def objections(self) -> list[Objection]:
        """The objections of persons that your organisation lodged, newest first.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     client.persons.objections()
            []
        """
        return list(self._session.objections.all())

    def lodge_objection(
        self, pseudonym: str, *, data_sets: Sequence[str] = (), purposes: Sequence[str] = ()
    ) -> list[Objection]:
        """Leave a person whom you delivered out of everything that is made from now on, whoever delivered the person.

        The answers are kept on this machine, the pseudonym is not. Lodging the same again gives the same answers. Under
        a key with which you did not deliver the person yet nothing is lodged: do it again once you have.

        Args:
            pseudonym: as `pseudonyms` gives it: while a key is being replaced two, a space between.
            data_sets: what it is against; none for every one.
            purposes: for which purposes; none for every one.

        Returns:
            An objection per pseudonym under which you delivered the person.

        Raises:
            SetupError: it is no pseudonym; nothing was sent.
            ServiceRefusedError: you delivered no such person, or there is no such data set or purpose.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     (made,) = client.persons.lodge_objection("bsn.planning.1.0123456789abcdefghijkl")
            >>> made.data_sets
            ()
        """
        return self._session.objections.lodge(pseudonym, data_sets, purposes)

    def withdraw_objection(self, objection: str) -> Objection:
        """Let the person count again from now on; withdrawing twice is fine.

        Raises:
            ServiceRefusedError: you lodged no such objection.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     (made,) = client.persons.lodge_objection("bsn.planning.1.0123456789abcdefghijkl")
            ...     client.persons.withdraw_objection(made.id).withdrawn_at is None
            False
        """
        return self._session.objections.withdraw(objection)
