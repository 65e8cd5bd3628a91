"""The loopback end of a log-in: a listener on 127.0.0.1 for one redirect (RFC 8252 section 7.3)."""

from __future__ import annotations

import contextlib
import hmac
import queue
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Final, Self
from urllib.parse import parse_qs, urlsplit

from service.ports.identity import ProviderEndpoints

_PATH: Final = "/callback"
_MAX_CODE: Final = 2048
_SAFE_ERRORS: Final = frozenset(
    {
        "access_denied",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "invalid_target",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unmet_authentication_requirements",
        "unsupported_response_type",
    }
)
"""The error codes of RFC 6749, OpenID Connect and RFC 8707; another is not repeated on the terminal."""


class LoginFailedError(Exception):
    """The log-in did not happen; the message says why in Dutch and English, and holds nothing secret."""


class RedirectListener:
    """Waits for the browser to come back with a code. A context manager: leaving it frees the port.

    Any page or program on this machine can call the port, so a call without our state changes nothing: the wait goes
    on, and nobody can end or take over a log-in by guessing at it.
    """

    def __init__(self, state: str, endpoints: ProviderEndpoints) -> None:
        """Takes a free port of 127.0.0.1."""
        self._state = state
        self._endpoints = endpoints
        self._outcomes: queue.Queue[str | LoginFailedError] = queue.Queue(maxsize=1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_RedirectHandler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def redirect_uri(self) -> str:
        """Where the provider has to send the browser."""
        return f"http://127.0.0.1:{self._server.server_port}{_PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, timeout: float) -> str:
        """The authorisation code.

        Args:
            timeout: seconds.

        Raises:
            LoginFailedError: the provider answered no, answered for another issuer, or nobody came.
        """
        try:
            outcome = self._outcomes.get(timeout=timeout)
        except queue.Empty:
            raise LoginFailedError(
                "Er is niet op tijd ingelogd; probeer het opnieuw. / Nobody logged in in time; try again."
            ) from None
        if isinstance(outcome, LoginFailedError):
            raise outcome
        return outcome

    def read(self, target: str) -> str | LoginFailedError | None:
        """What the redirect in a request target says: a code, why there is none, or None when it is not ours."""
        parts = urlsplit(target)
        try:
            values = parse_qs(parts.query, strict_parsing=True, max_num_fields=20)
        except ValueError:
            return None
        single = {name: found[0] for name, found in values.items() if len(found) == 1}
        state = single.get("state", "")
        if parts.path != _PATH or not hmac.compare_digest(state.encode(), self._state.encode()):
            return None
        return self._outcome(single)

    def conclude(self, outcome: str | LoginFailedError) -> None:
        """End the wait; what comes second changes nothing."""
        with contextlib.suppress(queue.Full):
            self._outcomes.put_nowait(outcome)

    def _outcome(self, values: dict[str, str]) -> str | LoginFailedError:
        """The code, or why there is none. The state is ours."""
        issuer = values.get("iss")
        if issuer is None and self._endpoints.names_issuer_in_response:
            return _other_issuer()
        if issuer is not None and issuer != self._endpoints.issuer:
            return _other_issuer()
        if "error" in values:
            error = values["error"] if values["error"] in _SAFE_ERRORS else "error"
            return LoginFailedError(
                f"De provider weigerde de log-in ({error}). / The provider refused the log-in ({error})."
            )
        code = values.get("code", "")
        if not 0 < len(code) <= _MAX_CODE or not code.isprintable():
            return LoginFailedError(
                "De provider gaf geen bruikbare code. / The provider gave no code that can be used."
            )
        return code


class _RedirectHandler(BaseHTTPRequestHandler):
    """Answers the browser with a small page that loads nothing; logs nothing, because the target holds the code."""

    timeout: ClassVar[float] = 5.0
    server_version = "sluis"
    sys_version = ""

    def __init__(self, listener: RedirectListener, *connection: Any) -> None:
        self._listener = listener
        super().__init__(*connection)

    def do_GET(self) -> None:
        """Read the redirect, answer the browser, and only then let the log-in go on and the listener stop."""
        outcome = self._listener.read(self.path)
        if outcome is None:
            self._answer(HTTPStatus.BAD_REQUEST, "Dit hoort niet bij een log-in.", "This belongs to no log-in.")
            return
        try:
            self._answer(
                HTTPStatus.OK,
                "Terug naar de opdrachtregel: dit venster kan dicht.",
                "Back to the command line: this window may be closed.",
            )
        finally:
            self._listener.conclude(outcome)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing: the request line holds the authorisation code."""

    def _answer(self, status: HTTPStatus, dutch: str, english: str) -> None:
        page = (
            '<!doctype html><html lang="nl"><meta charset="utf-8"><title>Sluis</title>'
            f'<p>{dutch}</p><p lang="en">{english}</p></html>'
        ).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(page)


def _other_issuer() -> LoginFailedError:
    """RFC 9207: the answer came from somebody else than was asked."""
    return LoginFailedError(
        "Het antwoord kwam van een andere provider; er is niet ingelogd. / "
        "The answer came from another provider; nobody was logged in."
    )
