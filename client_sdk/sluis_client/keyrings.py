"""Where the private key rests: in a file of the profile, or in the keyring of the operating system.

With a keyring the file holds `keyring:` and the key's id, so that what is done with files, and in which order, is one.
"""

from typing import Any

from sluis_client.errors import SetupError, TrustError
from sluis_client.language import Text

_SERVICE = "sluis-client"
_REFERENCE = b"keyring:"


def put_away(pem: bytes, key_id: str) -> bytes:
    """Puts a key into the keyring; what the file holds in its place.

    Raises:
        SetupError: there is no keyring, or it refused.
    """
    try:
        _keyring().set_password(_SERVICE, key_id, pem.decode())
    except Exception as failed:  # noqa: BLE001 - backends raise whatever their system raises
        raise _no_keyring(failed) from None
    return _REFERENCE + key_id.encode() + b"\n"


def taken_out(content: bytes) -> bytes:
    """The key that a file holds or refers to, as PEM.

    Raises:
        SetupError: there is no keyring, or it refused.
        TrustError: the keyring does not hold the key.
    """
    if not content.startswith(_REFERENCE):
        return content
    try:
        found = _keyring().get_password(_SERVICE, _name(content))
    except Exception as failed:  # noqa: BLE001 - as above
        raise _no_keyring(failed) from None
    if found is None:
        raise TrustError(
            Text("De sleutelbos bevat de sleutel niet meer.", "The keyring does not hold the key any more."),
            Text(
                "Vraag een nieuwe code en geef `sluis-client init --force --keyring`.",
                "Ask for a new code and give `sluis-client init --force --keyring`.",
            ),
        )
    secret: str = found
    return secret.encode()


def is_reference(content: bytes) -> bool:
    """Whether a file refers to the keyring."""
    return content.startswith(_REFERENCE)


def forget(content: bytes) -> None:
    """Removes the key to which a file refers from the keyring, if it is there."""
    if content.startswith(_REFERENCE):
        try:
            _keyring().delete_password(_SERVICE, _name(content))
        except Exception as failed:  # noqa: BLE001 - as above
            raise _no_keyring(failed) from None


def _name(content: bytes) -> str:
    return content.removeprefix(_REFERENCE).decode("ascii", "replace").strip()


def _keyring() -> Any:
    import keyring  # noqa: PLC0415 - an extra

    return keyring


def _no_keyring(failed: Exception) -> SetupError:
    kind = type(failed).__name__
    return SetupError(
        Text(f"De sleutelbos van het systeem doet het niet ({kind}).", f"The system's keyring does not work ({kind})."),
        Text(
            "Installeer `sluis-client[keyring]` en ontgrendel de sleutelbos, of gebruik een wachtzin: `--passphrase`.",
            "Install `sluis-client[keyring]` and unlock the keyring, or use a passphrase: `--passphrase`.",
        ),
    )
