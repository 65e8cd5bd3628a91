"""The keys of this organisation: the present one, the next, and those that ended."""

from collections.abc import Sequence

from sluis_client.errors import SetupError
from sluis_client.language import Text
from sluis_client.profile import Registration
from sluis_client.rotating import RegisteredKey, fetch_keys, revoke, rotate
from sluis_client.session import Session
from sluis_client.wire.manifest import KEY_ID


class OwnKeys:
    """Of one profile; see `Client.keys`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> Sequence[RegisteredKey]:
        """The keys that speak, or spoke, for this organisation, the oldest first.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     [key.here for key in client.keys.all()]
            [True]
        """
        session = self._session
        return fetch_keys(session.transport, session.tokens, session.key().key_id)

    def rotate(self) -> Registration:
        """Makes a new key and registers it with the present one; from now on this profile uses it.

        The old key still holds, for other machines and for deliveries under way, until `revoke`. After a lost
        connection the same call goes on with the same key.

        Raises:
            ServiceRefusedError: too many keys hold already.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     old = client.registration.key_id
            ...     client.keys.rotate().key_id == old
            False
        """
        session = self._session
        made = rotate(
            session.transport,
            session.tokens,
            session.profile,
            session.registration,
            passphrase=session.passphrase,
            machine=session.machine,
        )
        session.take_up(made)
        return made

    def revoke(self, key_id: str) -> RegisteredKey:
        """Revokes a key of this organisation: it and what it earned are refused at once.

        Raises:
            ServiceRefusedError: the organisation has no such key.

        Example:
            >>> from sluis_client import Client
            >>> with Client.from_profile() as client:
            ...     old = client.registration.key_id
            ...     _ = client.keys.rotate()
            ...     client.keys.revoke(old).revoked_at is None
            False
        """
        if not KEY_ID.fullmatch(key_id):
            raise SetupError(
                Text("Dat is geen sleutel.", "That is no key."),
                Text("Kijk met `sluis-client keys list`.", "Look with `sluis-client keys list`."),
            )
        return revoke(self._session.transport, self._session.tokens, key_id)
