"""Stewards, a regional owner and an auditor: each logs in at the provider and works over REST."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from demo.provider import LocalProvider, person

STEWARDS = ("steward-1", "steward-2")
PRIVACY_OFFICER = "privacy-officer-1"
AUDITOR = "auditor-1"
_PREPARE_SECONDS = 120.0
_TLS = httpx.create_ssl_context()  # made once: to read what the machine trusts takes longer than most calls
_ENDED = {"prepared", "unsafe", "failed", "released", "rejected", "denied"}


def everyone(owners: Iterable[str]) -> Sequence[Mapping[str, object]]:
    """The accounts at the provider: two stewards, a privacy officer, an auditor, and one for each regional owner."""
    return [
        *(person(name, "steward", organisation="ttp") for name in STEWARDS),
        person(PRIVACY_OFFICER, "privacy-officer", organisation="ttp"),
        person(AUDITOR, "auditor", organisation="external-audit"),
        *(person(f"owner-{owner}", "regional-owner", organisation=owner, acr=None) for owner in owners),
    ]


@dataclass(frozen=True)
class PersonAtWork:
    """Somebody with a bearer token."""

    url: str
    token: str

    def call(self, method: str, path: str, body: object = None, accept: str = "application/json") -> httpx.Response:
        """One call."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept}
        return httpx.request(method, self.url + path, json=body, headers=headers, timeout=60, verify=_TLS)

    def get(self, path: str) -> Any:
        """What is there.

        Raises:
            RuntimeError: the service refused.
        """
        return _expected(self.call("GET", path))

    def send(self, method: str, path: str, body: object) -> Any:
        """Make or change something.

        Raises:
            RuntimeError: the service refused.
        """
        return _expected(self.call(method, path, body))

    def wait_for(self, request: str) -> Any:
        """The request once the service has done what it can do with it.

        Raises:
            RuntimeError: it takes too long.
        """
        until = time.monotonic() + _PREPARE_SECONDS
        while time.monotonic() < until:
            found = self.get(f"/v1/aggregate-requests/{request}")
            if found["state"] in _ENDED:
                return found
            time.sleep(0.2)
        raise RuntimeError(f"request {request} was not ready in time")


def log_in(provider: LocalProvider, url: str, subject: str) -> PersonAtWork:
    """A whole log-in at the provider, as `sluis login` does it."""
    return PersonAtWork(url, provider.log_in(subject))


def _expected(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else None
