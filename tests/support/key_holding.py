"""A key holder in this process, and whoever asks it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from token_maker import SetClock

from service.adapters.clock import SystemRandomness
from service.adapters.identity.machine import JoseMachineTokens
from service.adapters.keystore import FileKeyStore
from service.keyholder.access import Access
from service.keyholder.evaluating import Quota, evaluate
from service.keyholder.http import KeyHolder
from service.keyholder.keys import Keys
from service.keyholder.settings import KeyHolderSettings
from service.keyholder.store import Store
from service.ports.identity import AuthenticatedClient
from sluis_client.wire.canonical import base64url, from_base64url
from sluis_client.wire.pseudonym_keys import PublishedKeys

ADDRESS = "https://keys.example"
ISSUER = "https://sluis.example"
DOMAIN = "planning"


@dataclass
class Holding:
    """A key holder with one domain, and the service that gives tokens for it."""

    directory: Path
    clock: SetClock
    quota: Quota = field(default_factory=lambda: Quota(100, 30))
    wrapping: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def __post_init__(self) -> None:
        self.store = Store(self.directory / "keyholder.db")
        self.keys = Keys(self.store, FileKeyStore(self.wrapping), self.clock, SystemRandomness())
        self.machine = JoseMachineTokens(
            issuer=ISSUER,
            token_endpoint=f"{ISSUER}/v1/oauth/token",
            audience=ISSUER,
            signing_key=ec.generate_private_key(ec.SECP256R1()),
            new_id=SystemRandomness().new_id,
        )
        jwks = self.directory / "service-keys.json"
        jwks.write_text(json.dumps({"keys": list(self.machine.public_keys())}))
        self.access = Access(KeyHolderSettings(address=ADDRESS, issuer=ISSUER, service_keys=jwks))

    def holder(self) -> KeyHolder:
        return KeyHolder(self.store, self.keys, self.access, self.quota, self.clock, ADDRESS)

    def token(self, supplier: str = "north", audience: str | None = ADDRESS) -> str:
        client = AuthenticatedClient(supplier, "key-1")
        return self.machine.issue_access_token(client, now=self.clock.now(), audience=audience).token

    def evaluate(
        self, elements: Sequence[bytes], supplier: str = "north", domain: str = DOMAIN
    ) -> dict[int, list[bytes]]:
        return evaluate(
            self.store, self.keys, self.quota, self.clock, supplier=supplier, domain=domain, elements=elements
        )

    def published(self) -> PublishedKeys:
        return PublishedKeys.from_json(self.keys.published(ADDRESS).to_json())


@dataclass(frozen=True)
class Answer:
    object: dict[str, Any]


@dataclass
class Line:
    """Stands for the connection of a supplier to the key holder; keeps what passed."""

    holding: Holding
    supplier: str = "north"
    passed: list[str] = field(default_factory=list)

    def call(self, _method: str, _path: str, *, payload: Any, **_more: Any) -> Any:
        sent = payload().content
        asked = json.loads(sent)
        elements = [from_base64url(one) for one in asked["elements"]]
        found = self.holding.evaluate(elements, self.supplier, asked["domain"])
        answers = [{"version": v, "elements": [base64url(one) for one in made]} for v, made in found.items()]
        self.passed += [sent.decode(), json.dumps(answers)]

        return Answer({"evaluations": answers})
