"""A small real installation for the supplier's side: the service as a process, and suppliers who know what they sign.

Everything goes over HTTP. A `CraftingSupplier` signs whatever it is told to, so that the service's own checks answer and
not those of the SDK.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from token_maker import b64, ec_jwk, seal

from demo.agreements import agree
from demo.installation import Installation, Invited, installation
from demo.people import PersonAtWork, log_in
from demo.provider import LocalProvider, person, running_provider
from sluis_client import Client, wire
from sluis_client.wire.strict import time_text

HEADER = "period,region,care_form,staffed_bed_days,occupied_bed_days\n"
GOOD = HEADER + "2019Q1,S08000015,cardiology,90,61\n2019Q2,S08000015,cardiology,91,70\n"
RECORDS = [
    {
        "period": "2019Q1",
        "region": "S08000015",
        "care_form": "cardiology",
        "staffed_bed_days": 90,
        "occupied_bed_days": 61,
    }
]
OPEN, LATE, CLOSED, DRAFT = "staffed-beds-2019", "staffed-beds-2020", "staffed-beds-2021", "staffed-beds-2022"
PART = 8 * 2**20
_SUPPLIERS = 70
_SECONDS_UNTIL_LATE = 3
_SECONDS_OF_A_TOKEN = 120

Event = Mapping[str, Any]


@dataclass
class SupplierPlace:
    """The running service, and who is there."""

    place: Installation
    provider: LocalProvider
    deadline_passes: datetime
    unused: list[str]
    homes: Path
    http: httpx.Client = field(repr=False)

    @property
    def url(self) -> str:
        return self.place.url

    @cached_property
    def steward(self) -> PersonAtWork:
        return log_in(self.provider, self.url, "steward-1")

    @cached_property
    def auditor(self) -> PersonAtWork:
        return log_in(self.provider, self.url, "auditor-1")

    def invited(self) -> tuple[str, str]:
        """A supplier that has not registered yet, expected in every round, and its code."""
        organisation = self.unused.pop(0)
        return organisation, self.place.codes[organisation]

    def registered(self, url: str | None = None) -> Path:
        """The profile of a supplier that nobody used before, registered through `url`."""
        organisation, code = self.invited()
        home = self.homes / organisation
        with Client.for_service(url or self.url, home) as client:
            client.register(code)
        return home

    def crafting(self, home: Path | None = None) -> CraftingSupplier:
        """A supplier that signs whatever it is told to."""
        profile = home or self.registered()
        with Client.from_profile(profile) as client:
            registration = client.registration
        key = load_pem_private_key((profile / "key.pem").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return CraftingSupplier(self.http, self.url, registration.organisation, registration.key_id, key)

    def wait_until_late(self) -> None:
        """Until the deadline of the round `LATE` has passed."""
        time.sleep(max(0.0, (self.deadline_passes - datetime.now(UTC)).total_seconds() + 0.1))

    def events(self, **filters: str) -> list[Event]:
        """The events as the auditor reads them, oldest first; those of that reading are left out."""
        found: list[Event] = []
        cursor: str | None = None
        while True:
            query = {"limit": "200", **filters, **({"cursor": cursor} if cursor else {})}
            headers = {"Authorization": f"Bearer {self.auditor.token}"}
            page = self.http.get(f"{self.url}/v1/audit-events", params=query, headers=headers).json()
            found += [event for event in page["items"] if event["code"] != "audit.search"]
            cursor = page["next"]
            if cursor is None:
                return found[::-1]

    @contextmanager
    def leaves(self, *expected: tuple[str, str, Sequence[str]]) -> Iterator[None]:
        """What happens inside leaves exactly these events: code, outcome, reasons."""
        start = time_text(datetime.now(UTC).replace(microsecond=0))
        known = {event["id"] for event in self.events(**{"from": start})}
        yield
        new = [event for event in self.events(**{"from": start}) if event["id"] not in known]
        told = [(event["code"], event["outcome"], event["reasons"]) for event in new]
        assert told == [(code, outcome, list(reasons)) for code, outcome, reasons in expected], told

    def peak_memory(self) -> int:
        """The most memory that the service's process ever held, in bytes."""
        status = Path(f"/proc/{self.place.process_id}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def require_healthy(self) -> None:
        assert self.http.get(f"{self.url}/v1/readiness").json()["status"] == "pass"


@dataclass
class CraftingSupplier:
    """A registered supplier with its own HTTP calls and signatures."""

    http: httpx.Client = field(repr=False)
    url: str
    id: str
    key_id: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    _token: str = field(default="", repr=False)
    _token_until: float = 0.0

    def assertion(self, **claims: Any) -> str:
        """A client assertion (RFC 7523)."""
        now = int(time.time())
        said = {
            "iss": self.id,
            "sub": self.id,
            "aud": self.url,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_hex(8),
        }
        return seal({"alg": "ES256", "typ": "JWT", "kid": self.key_id}, said | claims, self.key)

    def ask_token(self, assertion: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
        proof = self.proof("POST", "/v1/oauth/token")
        return self.http.post(f"{self.url}/v1/oauth/token", data=form, headers={"DPoP": proof})

    def proof(self, method: str, path: str, token: str | None = None, **claims: Any) -> str:
        """A proof of possession (RFC 9449) for one request."""
        said: dict[str, Any] = {"htm": method, "htu": self.url + path.partition("?")[0]}
        said |= {"iat": int(time.time()), "jti": secrets.token_hex(8)}
        if token is not None:
            said["ath"] = b64(hashlib.sha256(token.encode()).digest())
        return seal({"alg": "ES256", "typ": "dpop+jwt", "jwk": self.jwk()}, said | claims, self.key)

    def token(self, for_seconds: float = 0) -> str:
        """A token that is not asked for again for so long: asking leaves an event."""
        if time.monotonic() + for_seconds > self._token_until:
            self._token = self.ask_token(self.assertion()).json()["access_token"]
            self._token_until = time.monotonic() + _SECONDS_OF_A_TOKEN
        return self._token

    def call(self, method: str, path: str, token: str | None = None, **sent: Any) -> httpx.Response:
        shown = token or self.token()
        proven = {"Authorization": f"DPoP {shown}", "DPoP": self.proof(method, path, shown)}
        headers = {**proven, **sent.pop("headers", {})}
        return self.http.request(method, self.url + path, headers=headers, **sent)

    def manifest(self, content: bytes, form: str = "csv", **changes: Any) -> wire.Manifest:
        values: dict[str, Any] = {
            "data_set": "staffed-beds",
            "data_set_version": 1,
            "round": OPEN,
            "supplier": self.id,
            "format": wire.Format(form),
            "rows": None,
            "content_digest": wire.digest(content),
            "content_size": len(content),
            "nonce": wire.base64url(secrets.token_bytes(16)),
            "created_at": datetime.now(UTC).replace(microsecond=0),
        }
        return wire.Manifest(**values | changes)

    def signed(self, manifest: wire.Manifest) -> dict[str, Any]:
        signature = wire.sign_manifest(manifest, self.key)
        return {"manifest": manifest.to_json(), "keyId": self.key_id, "signature": signature}

    def post(self, body: Mapping[str, Any], key: str | None = None) -> httpx.Response:
        return self.call("POST", "/v1/submissions", json=body, headers={"Idempotency-Key": key or secrets.token_hex(8)})

    def announce(self, content: bytes, form: str = "csv", **changes: Any) -> httpx.Response:
        return self.post(self.signed(self.manifest(content, form, **changes)))

    def send(self, submission: str, number: int, part: bytes, digest: bytes | None = None) -> httpx.Response:
        sha = base64.b64encode(digest or hashlib.sha256(part).digest()).decode()
        headers = {"Content-Digest": f"sha-256=:{sha}:", "Content-Type": "application/octet-stream"}
        return self.call("PUT", f"/v1/submissions/{submission}/parts/{number}", content=part, headers=headers)

    def complete(self, submission: str, parts: int) -> httpx.Response:
        return self.call("PUT", f"/v1/submissions/{submission}/completion", json={"parts": parts})

    def uploaded(self, content: bytes, form: str = "csv", **changes: Any) -> tuple[str, int]:
        """Announce the content and send all of it: the submission, and how many parts there are."""
        begun = self.announce(content, form, **changes)
        assert begun.status_code == 201, begun.text
        parts = [content[start : start + PART] for start in range(0, len(content), PART)]
        for number, part in enumerate(parts):
            assert self.send(begun.json()["id"], number, part).status_code == 204
        return begun.json()["id"], len(parts)

    def deliver(self, content: bytes, form: str = "csv", **changes: Any) -> httpx.Response:
        """The answer to the completion of a delivery in parts."""
        return self.complete(*self.uploaded(content, form, **changes))

    def deliver_records(self, records: list[Any], **changes: Any) -> httpx.Response:
        content = wire.content_of_records(records)
        return self.post({**self.signed(self.manifest(content, "json", **changes)), "records": records})

    def counting(self) -> list[Any]:
        """This supplier's deliveries that were accepted."""
        found = [self.call("GET", f"/v1/submissions?state={state}").json() for state in ("accepted", "superseded")]
        return [submission for page in found for submission in page["items"]]

    def jwk(self) -> dict[str, Any]:
        return ec_jwk(self.key)


@pytest.fixture(scope="session")
def supplier_place(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupplierPlace]:
    """Many suppliers, nobody registered yet; one round open, one open past its deadline, one closed, one in draft."""
    names = ["ziekenhuis-arran", *(f"supplier-{number:02}" for number in range(1, _SUPPLIERS))]
    invited = [Invited(name, name.replace("-", " ").title(), "supplier") for name in names]
    people = [
        person("steward-1", "steward", organisation="ttp"),
        person("steward-2", "steward", organisation="ttp"),
        person("auditor-1", "auditor", organisation="external-audit"),
    ]
    folder = tmp_path_factory.mktemp("suppliers")
    with (
        running_provider(people) as provider,
        installation(folder, provider, invited=invited) as place,
        httpx.Client(timeout=60) as http,
    ):
        made = SupplierPlace(place, provider, datetime.now(UTC), names[1:], folder / "profiles", http)
        made.homes.mkdir()
        agree([made.steward, log_in(provider, place.url, "steward-2")], names, ["staffed-beds"], [])
        made.deadline_passes = _rounds(made.steward, names)
        yield made


def _rounds(steward: PersonAtWork, expected: Sequence[str]) -> datetime:
    soon = (datetime.now(UTC) + timedelta(seconds=_SECONDS_UNTIL_LATE)).replace(microsecond=0)
    later = soon + timedelta(days=14)
    states: Mapping[str, Sequence[str]] = {OPEN: ["open"], LATE: ["open"], CLOSED: ["open", "closed"], DRAFT: []}
    for name, steps in states.items():
        data_set, _, period = name.rpartition("-")
        deadline = time_text(soon if name == LATE else later)
        body = {"dataSet": data_set, "period": period, "expected": list(expected), "deadline": deadline}
        steward.send("POST", "/v1/rounds", body)
        for step in steps:
            steward.send("PUT", f"/v1/rounds/{name}/state", {"state": step})
    return soon
