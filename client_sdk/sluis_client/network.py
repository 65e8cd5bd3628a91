"""How this machine reaches the service: a proxy, and the certificate authority of the network.

A proxy that asks for a name and a password gets those of the address in HTTPS_PROXY, also where the proxy itself is
kept with the registration: they are in no argument and in no file of the profile.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

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
        """Which certificates are trusted, of the service and of the proxy.

        Raises:
            SetupError: SSL_CERT_FILE names no certificates.
        """
        if self.ca_file is not None:
            return self._context()
        try:
            return httpx.create_ssl_context()
        except (OSError, ssl.SSLError):
            raise SetupError(
                Text("SSL_CERT_FILE wijst geen certificaten aan.", "SSL_CERT_FILE names no certificates."),
                Text(
                    "Wijs het PEM-bestand van uw netwerkbeheerder aan.", "Name your network administrator's PEM file."
                ),
            ) from None

    def proxy_to(self, host: str) -> httpx.Proxy | None:
        """What stands between this machine and a host; None when nothing does.

        Raises:
            SetupError: HTTPS_PROXY is no address of a proxy.
        """
        said = _of_environment()
        if self.proxy is None:
            if said is None or proxy_bypass(host):
                return None
            return self._through(said, said)
        kept = urlsplit(self.proxy)
        same = said is not None and (said.hostname, _port(said)) == (kept.hostname, _port(kept))
        return self._through(kept, said if same else None)

    def _through(self, proxy: SplitResult, said: SplitResult | None) -> httpx.Proxy:
        address = proxy._replace(netloc=proxy.netloc.rpartition("@")[2]).geturl()
        auth = None if said is None or not said.username else (unquote(said.username), unquote(said.password or ""))
        encrypted = proxy.scheme == "https"
        return httpx.Proxy(address, ssl_context=self.trust() if encrypted else None, auth=auth)

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=str(self.ca_file))
        except (OSError, ssl.SSLError):
            raise SetupError(
                Text(f"{self.ca_file} bevat geen certificaten.", f"{self.ca_file} holds no certificates."),
                Text("Geef het PEM-bestand van uw netwerkbeheerder.", "Give your network administrator's PEM file."),
            ) from None


def _of_environment() -> SplitResult | None:
    """The proxy of HTTPS_PROXY or ALL_PROXY, or of the system's settings; what is wrong with it is not repeated."""
    found = getproxies()
    named = found.get("https") or found.get("all")
    if not named:
        return None
    parts = _parted(named if "://" in named else f"http://{named}")
    if parts is None:
        raise SetupError(
            Text("HTTPS_PROXY is geen adres van een proxy.", "HTTPS_PROXY is no address of a proxy."),
            Text(
                "Geef http://naam:wachtwoord@proxy.example:8080; schrijf tekens als @ en / in het wachtwoord als %40 en"
                " %2F.",
                "Give http://name:password@proxy.example:8080; write signs such as @ and / in the password as %40 and"
                " %2F.",
            ),
        )
    return parts


def _parted(proxy: str) -> SplitResult | None:
    """The parts of an address of a proxy; None when it is none."""
    try:
        parts = urlsplit(proxy)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if good else None


def _port(proxy: SplitResult) -> int:
    return proxy.port or (443 if proxy.scheme == "https" else 80)


def _check_proxy(proxy: str) -> None:
    parts = _parted(proxy)
    if parts is not None and (parts.username or parts.password):
        raise SetupError(
            Text("Een wachtwoord van de proxy hoort niet in een argument.", "A proxy's password is no argument."),
            Text(
                "Geef het adres zonder wachtwoord, en zet het adres met wachtwoord in HTTPS_PROXY.",
                "Give the address without its password, and set the address with its password in HTTPS_PROXY.",
            ),
        )
    if parts is None:
        raise SetupError(
            Text("Dit is geen adres van een proxy.", "This is no address of a proxy."),
            Text("Geef bijvoorbeeld http://proxy.example:8080.", "Give http://proxy.example:8080, for example."),
        )
