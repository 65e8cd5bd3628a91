"""How this machine reaches the service: a proxy, and the certificate authority of the network."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from sluis_client.errors import SetupError
from sluis_client.language import Text


@dataclass(frozen=True, slots=True)
class Network:
    """What the environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE) says otherwise.

    Attributes:
        proxy: address of the proxy, without user and password.
        ca_file: PEM file of certificate authorities, in place of those of the system.

    Raises:
        SetupError: the proxy is no address, or holds a password; the file holds no certificates.
    """

    proxy: str | None = None
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what would fail later, and what would be kept in the open."""
        if self.proxy is not None:
            _check_proxy(self.proxy)
        if self.ca_file is not None:
            self._context()

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """As config.json has it.

        Raises:
            SetupError: as the class.
        """
        proxy, file = document.get("proxy"), document.get("caFile")
        return cls(None if proxy is None else str(proxy), None if file is None else Path(str(file)))

    def to_json(self) -> dict[str, Any]:
        """The members that are set."""
        members = {"proxy": self.proxy, "caFile": None if self.ca_file is None else str(self.ca_file)}
        return {name: value for name, value in members.items() if value is not None}

    def trust(self) -> ssl.SSLContext:
        """Which certificates are trusted."""
        return httpx.create_ssl_context() if self.ca_file is None else self._context()

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=str(self.ca_file))
        except (OSError, ssl.SSLError):
            raise SetupError(
                Text(f"{self.ca_file} bevat geen certificaten.", f"{self.ca_file} holds no certificates."),
                Text("Geef het PEM-bestand van uw netwerkbeheerder.", "Give your network administrator's PEM file."),
            ) from None


def _check_proxy(proxy: str) -> None:
    try:
        parts = urlsplit(proxy)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        secret = bool(parts.username or parts.password)
    except ValueError:
        good = secret = False
    if secret:
        raise SetupError(
            Text("Een wachtwoord van de proxy hoort niet in een argument.", "A proxy's password is no argument."),
            Text(
                "Zet het adres met wachtwoord in HTTPS_PROXY en laat --proxy weg.",
                "Set the address with its password in HTTPS_PROXY and leave --proxy out.",
            ),
        )
    if not good:
        raise SetupError(
            Text("Dit is geen adres van een proxy.", "This is no address of a proxy."),
            Text("Geef bijvoorbeeld http://proxy.example:8080.", "Give http://proxy.example:8080, for example."),
        )
