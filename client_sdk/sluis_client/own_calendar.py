"""What this organisation delivers when, and where its reminders go."""

from collections.abc import Sequence

from sluis_client.calendar import CalendarEntry, change_contact, fetch_calendar, fetch_contact
from sluis_client.session import Session


class OwnCalendar:
    """Of one profile; see `Client.calendar`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[CalendarEntry]:
        """What has to be delivered when, and how you stand in it; by day, with what is foreseen for the coming year.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     [(one.round, one.standing) for one in client.calendar.all()]
            [('capacity-2019', 'due'), (None, 'foreseen')]
        """
        return fetch_calendar(self._session.transport, self._session.tokens)

    def contact(self) -> list[str]:
        """Where reminders of your deliveries go.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     client.calendar.contact()
            []
        """
        return fetch_contact(self._session.transport, self._session.tokens)

    def change_contact(self, addresses: Sequence[str]) -> list[str]:
        """Where reminders of your deliveries go, in place of what was there.

        Args:
            addresses: five at most; none for no reminders.

        Raises:
            ServiceRefusedError: one of them is no address.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     client.calendar.change_contact(["aanlevering@ziekenhuis.example"])
            ['aanlevering@ziekenhuis.example']
        """
        return change_contact(self._session.transport, self._session.tokens, addresses)
