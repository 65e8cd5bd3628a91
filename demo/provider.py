"""A real OpenID provider on this machine, and people who log in at it the way `sluis login` does.

`oidc-provider-mock` is a complete provider (discovery, JWKS, authorisation code, RS256 ID tokens) whose people need no
password. Its access tokens are opaque and its ID tokens name no key, so the service takes its ID tokens and its one key
(docs/adr/0003).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from service.adapters.clock import SystemClock, SystemRandomness
from service.adapters.identity.login_client import OpenIdLoginClient
from service.adapters.identity.provider_settings import ProviderSettings
from service.cli.login import BearerKind, LoginRequest, sign_in
from service.cli.login_session import Session

with warnings.catch_warnings(record=True):  # authlib announces its successor, past any filter
    import oidc_provider_mock

CLIENT_ID = "sluis-cli"
SECOND_FACTOR = "urn:example:second-factor"


def person(
    subject: str, *roles: str, organisation: str | None = None, acr: str | None = SECOND_FACTOR, **claims: object
) -> Mapping[str, object]:
    """A person as the provider knows one; claims that are None are left out."""
    known = {"roles": list(roles), "organisation": organisation, "acr": acr, **claims}
    return {"sub": subject} | {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True)
class LocalProvider:
    """A running provider."""

    issuer: str
    port: int

    def settings(self, **changes: Any) -> ProviderSettings:
        """As the service would be told about it."""
        told: dict[str, Any] = {
            "issuer": self.issuer,
            "token": "id",
            "audience": CLIENT_ID,
            "algorithm": "RS256",
            "key_id_required": False,
            "roles_claim": ("roles",),
            "roles": {name: name for name in ("steward", "privacy-officer", "regional-owner", "auditor")},
            "organisation_claim": ("organisation",),
            "organisations": ["*"],
            "acr_required": {name: [SECOND_FACTOR] for name in ("steward", "privacy-officer", "auditor")},
        }
        return ProviderSettings(**told | changes)

    def session(self, subject: str, *, client_id: str = CLIENT_ID, bearer: BearerKind = BearerKind.ID) -> Session:
        """A whole log-in: browser, redirect, code, tokens."""
        request = LoginRequest(client_id=client_id, bearer=bearer, client_secret="not a secret", timeout=10)
        with httpx.Client() as http:
            client = OpenIdLoginClient(self.issuer, "RS256", http=http, clock=SystemClock())
            return sign_in(client, request, show=browser_of(subject), randomness=SystemRandomness())

    def log_in(self, subject: str, *, client_id: str = CLIENT_ID) -> str:
        """The bearer token of a person who just logged in."""
        return self.session(subject, client_id=client_id).bearer


def browser_of(subject: str) -> Callable[[str], None]:
    """A browser whose person chooses this account and is then sent back to the command line."""

    def show(address: str) -> None:
        with httpx.Client() as browser:
            browser.get(address).raise_for_status()
            sent_back = browser.post(address, data={"sub": subject})
            browser.get(sent_back.headers["location"]).raise_for_status()

    return show


@contextmanager
def running_provider(
    people: Sequence[Mapping[str, object]],
    *,
    port: int = 0,
    lifetime: timedelta = timedelta(hours=1),
) -> Iterator[LocalProvider]:
    """A provider with these people; started again on the same port it has a new key."""
    users = [
        oidc_provider_mock.User(
            sub=str(one["sub"]), claims={name: value for name, value in one.items() if name != "sub"}
        )
        for one in people
    ]
    for name in ("werkzeug", "oidc_provider_mock"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    running = oidc_provider_mock.run_server_in_thread(port, user_claims=users, access_token_max_age=lifetime)
    with running as server:
        yield LocalProvider(f"http://localhost:{server.server_port}", server.server_port)
