"""HTTP to the service: TLS always verified, tokens renewed, every call safe to repeat.

Proxies and private certificate authorities come from the registration, or from the usual environment (HTTPS_PROXY,
NO_PROXY, SSL_CERT_FILE).
Plain http is for this machine only. Redirects are not followed: a token goes where it was meant to go, or nowhere.
"""

import ipaddress
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote, urlencode, urlsplit

import httpx

from sluis_client.errors import SetupError, TrustError, UnexpectedAnswerError
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.network import Network
from sluis_client.problems import refusal
from sluis_client.retry import TRY_AGAIN_STATUS, Patience, TryAgain

USER_AGENT = f"sluis-client/{version('sluis-client')}"
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_UNAUTHORIZED = 401
_CONFLICT = 409
_TOO_LONG = 300.0  # seconds: the checking of ten million rows stays below it
_PROXY_ASKS = "407"  # RFC 9110 15.5.8, as httpx has it before the reason
_MAX_ANSWER = 32 * 1024 * 1024


class TokenSource(Protocol):
    """Where access tokens come from."""

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        """What shows, on this one request, that the caller may make it: a token that is valid now, and a new proof."""

    def forget(self) -> None:
        """The token was refused: the next `headers` fetches another."""


def checked_url(url: str) -> str:
    """The service's address without a trailing slash.

    Raises:
        SetupError: when it is not https (http is for loopback only), or holds more than an address.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _no_address() from None
    extra = parts.username or parts.password or parts.query or parts.fragment
    if not host or extra or parts.scheme not in {"https", "http"}:
        raise _no_address()
    if parts.scheme == "http" and not _is_loopback(host):
        raise SetupError(
            Text("Een adres met http:// is niet versleuteld.", "An http:// address is not encrypted."),
            Text("Gebruik https://.", "Use https://."),
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


@dataclass(frozen=True, slots=True, repr=False)
class Payload:
    """A request's body."""

    content: bytes
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, document: object) -> Self:
        """A JSON document."""
        return cls(json.dumps(document, ensure_ascii=False, allow_nan=False).encode(), "application/json")

    @classmethod
    def form(cls, fields: Mapping[str, str], headers: Mapping[str, str]) -> Self:
        """A form, as OAuth 2.0 asks, and the headers that go with it."""
        return cls(urlencode(fields).encode(), "application/x-www-form-urlencoded", headers)

    @classmethod
    def octets(cls, content: bytes) -> Self:
        """Bytes as they are."""
        return cls(content, "application/octet-stream")


def segment(value: str) -> str:
    """An identifier as one segment of a path."""
    return quote(value, safe="")


class Answer:
    """An HTTP answer whose JSON was read whole."""

    def __init__(
        self, status: int, document: object, headers: Mapping[str, str], date: datetime | None, text: str = ""
    ) -> None:
        self.status = status
        self.document = document
        self.headers = headers
        self.date = date
        self.text = text

    @classmethod
    def read(cls, response: httpx.Response, raw: bytes) -> Self:
        """The answer with its JSON or plain text, if it holds any.

        Raises:
            TryAgain: when a successful answer is cut off.
        """
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        document: object = None
        if raw and (kind == "application/json" or kind.endswith("+json")):
            try:
                document = json.loads(raw)
            except ValueError:  # also UnicodeDecodeError
                raise TryAgain(_CUT_OFF) from None
        text = raw.decode("utf-8", "replace") if kind == "text/plain" else ""
        return cls(response.status_code, document, response.headers, _http_date(response.headers.get("Date")), text)

    @property
    def good(self) -> bool:
        """Whether the service did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110 15.3

    @property
    def code(self) -> str | None:
        """The code of the problem, if the answer is one."""
        code = self.document.get("code") if isinstance(self.document, dict) else None
        return code if isinstance(code, str) else None

    @property
    def object(self) -> dict[str, Any]:
        """The answer as a JSON object.

        Raises:
            UnexpectedAnswerError: when it is something else.
        """
        if not isinstance(self.document, dict):
            raise _unexpected()
        return self.document


class Transport:
    """A connection to one service; its representation shows the address only."""

    def __init__(self, url: str, *, patience: Patience, machine: Machine, network: Network | None = None) -> None:
        self.url = checked_url(url)
        encrypted, network = self.url.startswith("https:"), network or Network()
        # What is not encrypted never goes to a proxy.
        proxy = network.proxy_to(urlsplit(self.url).netloc) if encrypted else None
        self._proxied = proxy is not None
        self._patience = patience
        self._machine = machine
        self._http = httpx.Client(
            base_url=self.url,
            timeout=_TIMEOUT,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json, application/problem+json"},
            follow_redirects=False,
            verify=network.trust() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            proxy=proxy,
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"Transport({self.url})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        tokens: TokenSource | None = None,
        payload: Callable[[], Payload] | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        patient_read: bool = False,
        patience: Patience | None = None,
    ) -> Answer:
        """The service's answer, after as many attempts as the patience allows.

        Args:
            method: HTTP method.
            path: path below the service's address.
            tokens: where the access token comes from; a refused one is renewed once.
            payload: makes the body, anew for every attempt, because a proof inside may be used once only.
            headers: extra headers.
            query: query parameters.
            patient_read: the service may need minutes to answer.
            patience: how long to keep trying, when that is another time than for other calls.

        Raises:
            ConnectionFailedError: no answer in time.
            ServiceRefusedError: the service said no.
            ContentRefusedError: the service found faults in the content.
            TrustError: the certificate is not trusted, or the answer breaks the contract.
        """
        renewed = False

        def attempt() -> Answer:
            nonlocal renewed
            sent: dict[str, Any] = {"headers": dict(headers or {}), "params": query}
            if payload is not None:
                made = payload()
                sent["content"] = made.content
                sent["headers"] |= {"Content-Type": made.kind, **made.headers}
            if patient_read:
                sent["timeout"] = httpx.Timeout(30.0, connect=10.0, read=_TOO_LONG)
            if tokens is not None:
                sent["headers"] |= tokens.headers(method, path)
            answer = self._exchange(method, path, sent)
            if answer.status == _UNAUTHORIZED and tokens is not None and not renewed:
                renewed = True
                tokens.forget()
                return attempt()
            return answer

        answer = (patience or self._patience).call(attempt, self._machine)
        if not answer.good:
            raise refusal(answer.status, answer.document, answer.date, self._machine.now())
        return answer

    def _exchange(self, method: str, path: str, sent: dict[str, Any]) -> Answer:
        try:
            with self._http.stream(method, path, **sent) as response:
                raw = bytearray()
                for chunk in response.iter_bytes():
                    raw += chunk
                    if len(raw) > _MAX_ANSWER:
                        raise _unexpected()
        except httpx.TransportError as failed:
            if _is_certificate_trouble(failed):
                raise _untrusted_certificate(proxied=self._proxied) from None
            if isinstance(failed, httpx.ProxyError) and str(failed).startswith(_PROXY_ASKS):
                raise _proxy_asks() from None
            raise TryAgain(_what_failed(failed, proxied=self._proxied)) from None
        except httpx.DecodingError:
            raise TryAgain(_CUT_OFF) from None
        if response.status_code in TRY_AGAIN_STATUS:
            raise TryAgain(
                Text("De dienst is nu niet beschikbaar.", "The service is not available now.")
                if response.status_code != 429  # noqa: PLR2004 - RFC 6585
                else Text("De dienst vraagt om te wachten.", "The service asks to wait."),
                _retry_after(response, self._machine.now()),
            )
        answer = Answer.read(response, bytes(raw))
        if answer.status == _CONFLICT and answer.code == "try-again":
            raise TryAgain(Text("De dienst was tegelijk met iets anders bezig.", "The service was busy with another."))
        return answer


_CUT_OFF = Text("Het antwoord van de dienst brak af.", "The answer of the service was cut off.")


def _no_address() -> SetupError:
    return SetupError(
        Text("Dit is geen adres van een dienst.", "This is no address of a service."),
        Text("Geef bijvoorbeeld https://sluis.example.", "Give https://sluis.example, for example."),
    )


def _unexpected() -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        Text("Het antwoord is niet dat van een Sluis-dienst.", "The answer is not that of a Sluis service.")
    )


def _untrusted_certificate(*, proxied: bool) -> TrustError:
    who = (
        Text("de dienst of van de proxy", "the service or of the proxy")
        if proxied
        else Text("de dienst", "the service")
    )
    return TrustError(
        Text(
            f"Het certificaat van {who.nl} wordt niet vertrouwd; er is niets verstuurd.",
            f"The certificate of {who.en} is not trusted; nothing was sent.",
        ),
        Text(
            "Controleer het adres. Gebruikt uw netwerk een eigen certificaatautoriteit, vraag uw netwerkbeheerder dan "
            "haar PEM-bestand en wijs het aan met SSL_CERT_FILE, of bij het aanmelden met `--ca-file`.",
            "Check the address. If your network has its own certificate authority, ask your network's administrator "
            "for its PEM file and point to it with SSL_CERT_FILE, or with `--ca-file` when registering.",
        ),
    )


def _proxy_asks() -> SetupError:
    return SetupError(
        Text(
            "De proxy vraagt om een naam en wachtwoord, of neemt de gegeven niet aan; er is niets verstuurd.",
            "The proxy asks for a name and a password, or does not take those given; nothing was sent.",
        ),
        Text(
            "Zet het adres van de proxy met naam en wachtwoord in HTTPS_PROXY, zoals "
            "http://naam:wachtwoord@proxy.example:8080; nooit in een argument.",
            "Set the proxy's address with name and password in HTTPS_PROXY, such as "
            "http://name:password@proxy.example:8080; never in an argument.",
        ),
    )


def _is_certificate_trouble(failed: BaseException) -> bool:
    cause: BaseException | None = failed
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _what_failed(failed: httpx.TransportError, *, proxied: bool) -> Text:
    if isinstance(failed, httpx.ConnectError | httpx.ConnectTimeout):
        if proxied:
            return Text("De proxy is niet te bereiken.", "The proxy cannot be reached.")
        return Text("De dienst is niet te bereiken.", "The service cannot be reached.")
    if isinstance(failed, httpx.ProxyError):
        return Text("De proxy laat de verbinding niet door.", "The proxy does not let the connection through.")
    if isinstance(failed, httpx.TimeoutException):
        return Text("De dienst antwoordt niet op tijd.", "The service does not answer in time.")
    return Text("De verbinding brak af.", "The connection was cut off.")


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    moment = _http_date(value)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def _http_date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
