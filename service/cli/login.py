"""`sluis login` and `sluis logout`: authorisation code with PKCE over a loopback redirect (RFC 8252, RFC 7636).

`sign_in` is the log-in without terminal or file: the demo and the tests call it and play the browser themselves.
"""

from __future__ import annotations

import base64
import hashlib
import webbrowser
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import typer

from service.cli import login_session
from service.cli.login_redirect import LoginFailedError, RedirectListener
from service.ports.clock import Randomness
from service.ports.identity import Algorithm, CodeExchange, NotAuthenticated, OpenIdLogin
from service.ports.identity_texts import FAULT_TEXTS

OpenProvider = Callable[[str, Algorithm], AbstractContextManager[OpenIdLogin]]
"""Opens the client's side of a provider, for an issuer and the one algorithm of its ID tokens."""

_RANDOM_BYTES = 32


class BearerKind(StrEnum):
    """Which token the service takes from this provider (its setting `token`)."""

    ACCESS = "access"
    ID = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest:
    """What to ask of the provider.

    Attributes:
        client_id: as registered for `sluis login`.
        bearer: which token to keep.
        scope: space-separated; always holds `openid`.
        acr_values: the second factor to ask for, in the provider's words.
        resource: for which API the access token is meant (RFC 8707).
        client_secret: only for a provider that demands one of command line programs; it protects nothing.
        timeout: seconds to wait for the browser.
    """

    client_id: str
    bearer: BearerKind = BearerKind.ACCESS
    scope: str = "openid"
    acr_values: str | None = None
    resource: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    timeout: float = 300.0


def sign_in(
    provider: OpenIdLogin, request: LoginRequest, *, show: Callable[[str], None], randomness: Randomness
) -> login_session.Session:
    """Log a person in.

    1. Make state, nonce and code verifier; none of them is used twice.
    2. Listen on a free port of 127.0.0.1 and show the person the provider's page.
    3. Take the code, but only with our state and, where named, from our issuer (RFC 9207).
    4. Redeem it; the ID token is verified.

    Args:
        provider: the client's side of the provider.
        request: what to ask.
        show: gets the address to open; may return at once or when the browser is done.
        randomness: for state, nonce and verifier.

    Raises:
        LoginFailedError: the person or the provider said no, or nobody came in time.
        NotAuthenticated: the provider cannot be reached, or what it answered does not hold.
    """
    endpoints = provider.endpoints()
    state, nonce, verifier = (_unguessable(randomness) for _ in range(3))  # 1
    with RedirectListener(state, endpoints) as listener:  # 2
        question = {
            "response_type": "code",
            "client_id": request.client_id,
            "redirect_uri": listener.redirect_uri,
            "scope": request.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": _base64url(hashlib.sha256(verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
        }
        if request.acr_values is not None:
            question["acr_values"] = request.acr_values
        if request.resource is not None:
            question["resource"] = request.resource
        separator = "&" if urlsplit(endpoints.authorization).query else "?"
        show(f"{endpoints.authorization}{separator}{urlencode(question)}")
        code = listener.wait(request.timeout)  # 3
        redirect_uri = listener.redirect_uri
    tokens = provider.redeem(  # 4
        CodeExchange(
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=verifier,
            nonce=nonce,
            client_id=request.client_id,
            client_secret=request.client_secret,
        )
    )
    by_id = request.bearer is BearerKind.ID
    return login_session.Session(
        issuer=endpoints.issuer,
        client_id=request.client_id,
        subject=tokens.subject,
        bearer=tokens.id_token if by_id else tokens.access_token,
        expires_at=tokens.id_token_expires_at if by_id else tokens.access_token_expires_at,
    )


def add_login_commands(app: typer.Typer, *, open_provider: OpenProvider, randomness: Randomness) -> None:
    """Add `login` and `logout` to the operator's commands."""

    @app.command()
    def login(
        *,
        issuer: Annotated[str, typer.Option(help="De OpenID-provider / the OpenID provider: https://...")],
        client_id: Annotated[str, typer.Option(help="Zoals daar aangemeld / as registered there")],
        bearer: Annotated[
            BearerKind, typer.Option(help="Welk token Sluis aanneemt / which token Sluis takes")
        ] = BearerKind.ACCESS,
        scope: Annotated[str, typer.Option(help="Met spaties / separated by spaces")] = "openid",
        acr: Annotated[str | None, typer.Option(help="Tweede factor / second factor (acr_values)")] = None,
        resource: Annotated[str | None, typer.Option(help="De API / the API (RFC 8707)")] = None,
        algorithm: Annotated[
            Algorithm, typer.Option(help="Van het ID-token / of the ID token; OpenID Connect's default is RS256")
        ] = "RS256",
        client_secret: Annotated[
            str | None,
            typer.Option(
                envvar="SLUIS_LOGIN_CLIENT_SECRET",
                help="Alleen als de provider erom vraagt; liefst door de omgeving / only if the provider asks for it; "
                "by the environment, rather",
            ),
        ] = None,
        timeout: Annotated[float, typer.Option(help="Seconden wachten / seconds to wait", min=1)] = 300.0,
        no_browser: Annotated[
            bool, typer.Option("--no-browser", help="Toon alleen het adres / only print the address")
        ] = False,
    ) -> None:
        """Inloggen bij uw OpenID-provider / log in at your OpenID provider."""
        request = LoginRequest(
            client_id=client_id,
            bearer=bearer,
            scope=scope,
            acr_values=acr,
            resource=resource,
            client_secret=client_secret,
            timeout=timeout,
        )
        try:
            with open_provider(issuer, algorithm) as provider:
                show = _print_address if no_browser else _open_browser
                session = sign_in(provider, request, show=show, randomness=randomness)
        except (LoginFailedError, NotAuthenticated) as error:
            typer.secho(_explanation(error), err=True, fg=typer.colors.RED)
            raise typer.Exit(1) from error
        path = login_session.session_file()
        login_session.save(session, path)
        until = session.expires_at.astimezone()
        typer.echo(f"Ingelogd tot {until:%H:%M}. / Logged in until {until:%H:%M}.")

    @app.command()
    def logout() -> None:
        """De bewaarde log-in wissen / forget the log-in on this machine."""
        if login_session.remove(login_session.session_file()):
            typer.echo("Uitgelogd op deze computer. / Logged out on this computer.")
        else:
            typer.echo("U was niet ingelogd. / You were not logged in.")


def _print_address(address: str) -> None:
    """For a machine without a browser."""
    typer.echo(f"Open dit adres in uw browser / open this address in your browser:\n\n  {address}\n")


def _open_browser(address: str) -> None:
    """The person's own browser; the address is printed too, because opening may fail silently."""
    _print_address(address)
    webbrowser.open(address)


def _unguessable(randomness: Randomness) -> str:
    """256 bits as 43 characters: fit for a state, a nonce, and a code verifier (RFC 7636 section 4.1)."""
    return _base64url(randomness.key(_RANDOM_BYTES))


def _base64url(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _explanation(error: LoginFailedError | NotAuthenticated) -> str:
    """What went wrong and how to mend it, in Dutch and English."""
    if isinstance(error, LoginFailedError):
        return str(error)
    return " / ".join(FAULT_TEXTS[error.fault])
