"""What an OpenID provider publishes: its discovery document and its keys, fetched with suspicion and kept for a while.

A provider that is slow, large, elsewhere or silent leads to a refusal, never to older rules: keys are used for ten
minutes at most (OpenID Connect Discovery 1.0 section 4, OpenID Connect Core 1.0 section 10.1.1).
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import httpx

from service.adapters.identity import strict_json
from service.adapters.identity.key_choice import verification_key
from service.ports.clock import Clock
from service.ports.identity import Algorithm, NotAuthenticated, TokenFault

MAX_DOCUMENT: Final = 256 * 1024
"""Bytes of a document; the largest JWKS of the big providers is a tenth of it."""
TIMEOUT: Final = httpx.Timeout(3.0)
TOTAL_TIME: Final = timedelta(seconds=5)
KEYS_LAST: Final = timedelta(minutes=10)
ASK_AGAIN: Final = timedelta(minutes=1)
"""A key id that is not there makes us ask once a minute at most, whoever invents key ids."""
ASK_AGAIN_AFTER_FAILURE: Final = timedelta(seconds=5)
"""A provider that is down is not asked by every request."""
_MAX_KEYS: Final = 100
_SERVER_ERROR: Final = 500


def checked_address(address: str, *, loopback: bool) -> str:
    """An https address without user, query for credentials or fragment; http only on loopback where that is allowed.

    Raises:
        ValueError: what is wrong with it.
    """
    parts = urlsplit(address)
    try:
        httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError("not an address") from error
    if (
        not parts.hostname
        or parts.port == 0
        or parts.username is not None
        or parts.fragment
        or not address.isprintable()
    ):
        raise ValueError("not an absolute address without user and fragment")
    if parts.scheme != "https" and not (loopback and parts.scheme == "http" and is_loopback(address)):
        raise ValueError("https is required (http only on the loopback interface)")
    return address


def is_loopback(address: str) -> bool:
    """Whether the address is on this machine, by name or number."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Discovery:
    """The parts of a discovery document that are used here."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str
    token_endpoint: str
    names_issuer_in_response: bool


class ProviderHttp:
    """One provider over HTTP: no redirects, no encodings, at most a quarter megabyte, at most five seconds."""

    def __init__(self, issuer: str, http: httpx.Client, clock: Clock) -> None:
        """Binds to an issuer, which decides whether loopback addresses may be asked."""
        self._issuer = checked_address(issuer, loopback=True)
        self._http = http
        self._clock = clock

    def discovery(self) -> Discovery:
        """The provider's own description, for exactly this issuer.

        Raises:
            NotAuthenticated: it cannot be had (PROVIDER_UNREACHABLE) or is not right (PROVIDER_INVALID).
        """
        address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        document = self.get(address)
        if document.get("issuer") != self._issuer:
            raise NotAuthenticated(TokenFault.PROVIDER_INVALID, "issuer")
        return Discovery(
            issuer=self._issuer,
            jwks_uri=self._address(document, "jwks_uri"),
            authorization_endpoint=self._address(document, "authorization_endpoint"),
            token_endpoint=self._address(document, "token_endpoint"),
            names_issuer_in_response=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def get(self, address: str) -> Mapping[str, object]:
        """The JSON object at an address of the provider."""
        return self._ask(self._http.build_request("GET", address, headers=_HEADERS, timeout=TIMEOUT))

    def post(self, address: str, form: Mapping[str, str]) -> Mapping[str, object]:
        """The JSON object that the provider answers to a form."""
        request = self._http.build_request("POST", address, data=form, headers=_HEADERS, timeout=TIMEOUT)
        return self._ask(request)

    def _ask(self, request: httpx.Request) -> Mapping[str, object]:
        """A JSON object, when the provider answers 200 in time and in measure."""
        try:
            response = self._http.send(request, stream=True, follow_redirects=False)
            try:
                content = self._read(response)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise NotAuthenticated(TokenFault.PROVIDER_UNREACHABLE) from error
        try:
            document = strict_json.loads(content)
        except ValueError as error:
            raise NotAuthenticated(TokenFault.PROVIDER_INVALID) from error
        if not isinstance(document, dict):
            raise NotAuthenticated(TokenFault.PROVIDER_INVALID)
        return document

    def _read(self, response: httpx.Response) -> bytes:
        """The body, as it came over the line."""
        if response.status_code >= _SERVER_ERROR:
            raise NotAuthenticated(TokenFault.PROVIDER_UNREACHABLE)
        if response.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED}:
            raise NotAuthenticated(TokenFault.PROVIDER_REFUSED)
        if response.status_code != httpx.codes.OK or "content-encoding" in response.headers:
            raise NotAuthenticated(TokenFault.PROVIDER_INVALID)
        deadline = self._clock.now() + TOTAL_TIME
        content = b""
        for piece in response.iter_raw():
            content += piece
            if len(content) > MAX_DOCUMENT:
                raise NotAuthenticated(TokenFault.PROVIDER_INVALID)
            if self._clock.now() > deadline:
                raise NotAuthenticated(TokenFault.PROVIDER_UNREACHABLE)
        return content

    def _address(self, document: Mapping[str, object], member: str) -> str:
        """An address in the document; a provider elsewhere cannot send us to our own machine."""
        try:
            return checked_address(str(document.get(member)), loopback=is_loopback(self._issuer))
        except ValueError as error:
            raise NotAuthenticated(TokenFault.PROVIDER_INVALID, member) from error


_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class _KeySet:
    """The suitable keys as they were at one moment; `by_id` leaves out an id that stands twice."""

    fetched_at: datetime
    by_id: Mapping[str, Mapping[str, object]]
    suitable: tuple[Mapping[str, object], ...]


class ProviderKeys:
    """The keys of one provider that fit one algorithm. Safe to share among threads."""

    def __init__(self, provider: ProviderHttp, algorithm: Algorithm, clock: Clock) -> None:
        """Nothing is fetched until a key is asked for."""
        self._provider = provider
        self._algorithm: Algorithm = algorithm
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: _KeySet | None = None
        self._asked_at: datetime | None = None
        self._failure: NotAuthenticated | None = None

    def find(self, key_id: str | None) -> Mapping[str, object] | None:
        """The key with this id; with None the only suitable key there is.

        Raises:
            NotAuthenticated: the keys are not known and cannot be had; or no id was given and there are several.
        """
        keys = self._current()
        if key_id is None:
            if len(keys.suitable) != 1:
                raise NotAuthenticated(TokenFault.KEY_ID)
            return keys.suitable[0]
        if key_id not in keys.by_id and self.renew():
            keys = self._current()
        return keys.by_id.get(key_id)

    def renew(self) -> bool:
        """Ask the provider again, unless that was done within the last minute; whether it was done.

        Raises:
            NotAuthenticated: the provider was asked and did not answer well.
        """
        with self._lock:
            if self._asked_at is not None and self._clock.now() < self._asked_at + ASK_AGAIN:
                return False
            self._fetch()
            return True

    def _current(self) -> _KeySet:
        """Keys of at most ten minutes old."""
        keys = self._keys
        if keys is not None and self._clock.now() < keys.fetched_at + KEYS_LAST:
            return keys
        with self._lock:
            return self._fetch_unless_done()

    def _fetch_unless_done(self) -> _KeySet:
        """Fetch, unless another thread just did or just failed. The lock is held."""
        now = self._clock.now()
        if self._keys is not None and now < self._keys.fetched_at + KEYS_LAST:
            return self._keys
        failed_at = self._asked_at if self._failure is not None else None
        if self._failure is not None and failed_at is not None and now < failed_at + ASK_AGAIN_AFTER_FAILURE:
            raise NotAuthenticated(self._failure.fault)
        return self._fetch()

    def _fetch(self) -> _KeySet:
        """The keys as the provider publishes them now. The lock is held."""
        self._asked_at = self._clock.now()
        try:
            document = self._provider.get(self._provider.discovery().jwks_uri)
            keys = _suitable_keys(document, self._algorithm, self._asked_at)
        except NotAuthenticated as error:
            self._failure = error
            raise
        self._failure = None
        self._keys = keys
        return keys


def _suitable_keys(document: Mapping[str, object], algorithm: Algorithm, now: datetime) -> _KeySet:
    """The keys of a JWKS that may verify this algorithm; others, of whatever type, are passed over."""
    published = document.get("keys")
    if not isinstance(published, list) or len(published) > _MAX_KEYS:
        raise NotAuthenticated(TokenFault.PROVIDER_INVALID, "keys")
    suitable = tuple(key for key in published if isinstance(key, dict) and _fits(key, algorithm))
    ids = [key["kid"] for key in suitable if isinstance(key.get("kid"), str)]
    by_id = {key["kid"]: key for key in suitable if ids.count(key.get("kid")) == 1}
    return _KeySet(fetched_at=now, by_id=by_id, suitable=suitable)


def _fits(key: Mapping[str, object], algorithm: Algorithm) -> bool:
    """Whether a published key may be used."""
    try:
        verification_key(key, algorithm)
    except NotAuthenticated:
        return False
    return True
