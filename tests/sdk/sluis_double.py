"""A small service on a real socket that keeps the HTTP contract, counts what it is asked, and can misbehave.

It stands in for the service in tests of retry, resume and trust only; what is true and false about content comes from
the wire package, as in the service itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from log_double import SomeLog

from sluis_client import wire
from sluis_client.wire.sealing import (
    SALT_BYTES,
    SEALING_KEYS_PREFIX,
    PublishedSealingKey,
    SealedPlace,
    SealingKeys,
    SealingState,
    SignedSealingKeys,
    open_sealed,
    sealing_jwk,
)
from sluis_client.wire.strict import time_text

ORGANISATION = "hospital-a101h"
ISSUER = "https://sluis.example"


_FIELD = {"nl": "Noem die aanlevering in 'corrects'.", "en": "Name that delivery in 'corrects'."}


class Refusal(Exception):
    def __init__(self, status: int, code: str, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.headers, self.extra = status, code, headers or {}, extra

    def problem(self) -> dict[str, Any]:
        return {
            "type": f"urn:sluis:problem:{self.code}",
            "title": f"Refused: {self.code}",
            "titleNl": f"Geweigerd: {self.code}",
            "status": self.status,
            "detail": f"The double says {self.code}.",
            "detailNl": f"De dubbelganger zegt {self.code}.",
            "instance": f"urn:uuid:{uuid.uuid4()}",
            "code": self.code,
            **self.extra,
        }


def an_entry(*, foreseen: bool = False, **changes: Any) -> dict[str, Any]:
    """One delivery that is asked for, as the service tells it."""
    told: dict[str, Any] = {
        "dataSet": "capacity",
        "title": {"nl": "Capaciteit, in bedden; bezet", "en": "Capacity"},
        "period": "2020" if foreseen else "2019",
        "due": "2027-02-14" if foreseen else "2026-02-14",
        "daysLeft": 400 if foreseen else 35,
        "standing": "foreseen" if foreseen else "due",
    }
    more = {} if foreseen else {"round": "capacity-2019", "deadline": "2026-02-14T22:59:00Z"}
    return told | more | changes


def a_use(**changes: Any) -> dict[str, Any]:
    return {
        "releaseId": "0190f000-0000-7000-8000-000000000001",
        "releasedAt": "2026-07-01T09:00:00Z",
        "dataSet": "capacity",
        "purpose": "regional-capacity-planning",
        "legalBasis": "6-1-e",
        "deliveries": [{"submissionId": "s-1", "round": "capacity-2019", "agreement": "VO-2026-001"}],
        "examinedBy": [
            {"organisation": "ttp", "times": 2, "first": "2026-06-30T09:00:00Z", "last": "2026-06-30T10:00:00Z"}
        ],
        "readBy": [
            {"organisation": "nhs-north", "times": 2, "first": "2026-07-02T09:00:00Z", "last": "2026-07-03T09:00:00Z"}
        ],
        **changes,
    }


@dataclass
class Held:
    id: str
    manifest: wire.Manifest
    key: str
    parts: dict[int, bytes] = field(default_factory=dict)
    state: str = "receiving"
    faults: dict[str, Any] | None = None
    receipt: wire.SignedReceipt | None = None
    withdrawal: wire.SignedWithdrawal | None = None
    version: int = 1
    late: bool = False


@dataclass
class Double:
    """The state of the service, and the knobs that tests turn."""

    definition: wire.Definition
    part_size: int = 64
    token_lifetime: int = 300
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    signing_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    sealing_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    started: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    receipt_key: Ed25519PrivateKey | None = None  # signs receipts instead of the published key
    round_state: str = "open"
    deadline: datetime = datetime(2099, 1, 1, tzinfo=UTC)
    codes: dict[str, str] = field(default_factory=dict)
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    token_keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen_jti: set[str] = field(default_factory=set)
    held: dict[str, Held] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)
    trouble: list[tuple[str, int, dict[str, str]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    refuse_content: bool = False
    contact: list[str] = field(default_factory=list)
    attempt: dict[str, str] | None = None
    calendar: list[dict[str, Any]] = field(default_factory=lambda: [an_entry(), an_entry(foreseen=True)])
    persons: set[str] = field(default_factory=lambda: {"bsn.planning.1.0123456789abcdefghijkl"})
    objections: dict[str, dict[str, Any]] = field(default_factory=dict)
    objection_lie: dict[str, Any] = field(default_factory=dict)
    use_pages: list[list[dict[str, Any]]] = field(default_factory=lambda: [[a_use()]])
    hook: Callable[[str, str], None] = lambda _phase, _call: None
    log: SomeLog | None = None
    log_stands_still: bool = False
    url: str = ""

    def invite(self) -> str:
        code = base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")
        self.codes[hashlib.sha256(code.encode()).hexdigest()] = "unused"
        return code

    @property
    def round_id(self) -> str:
        return f"{self.definition.id}-2019"

    @property
    def accepted(self) -> list[Held]:
        return [held for held in self.held.values() if held.state in {"accepted", "superseded"}]

    def fail_next(self, call: str, status: int, **headers: str) -> None:
        """The next request whose name starts so is refused with this status."""
        self.trouble.append((call, status, headers))

    def revoke_tokens(self) -> None:
        self.tokens.clear()

    # the endpoints

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        assertion = form["client_assertion"]
        kid = jwt.get_unverified_header(assertion)["kid"]
        jwk = self.clients.get(kid)
        if jwk is None:
            raise Refusal(401, "invalid_client", error="invalid_client")
        claims = self._claims(assertion, jwk)
        if claims["iss"] != ORGANISATION or claims["sub"] != ORGANISATION:
            raise Refusal(401, "invalid_client", error="invalid_client")
        token = secrets.token_urlsafe(32)
        self.tokens[token] = time.monotonic() + self.token_lifetime
        self.token_keys[token] = jwk
        return {"access_token": token, "token_type": "DPoP", "expires_in": self.token_lifetime}

    def register(self, body: dict[str, Any]) -> dict[str, Any]:
        code = hashlib.sha256(body["code"].encode()).hexdigest()
        kid = wire.jwk_thumbprint(body["publicKey"])
        if self.codes.get(code) not in {"unused", kid}:
            raise Refusal(403, "registration-refused")
        if self._claims(body["proof"], body["publicKey"])["sub"] != code:
            raise Refusal(400, "proof-refused")
        self.codes[code] = kid
        self.clients[kid] = body["publicKey"]
        return {
            "organisationId": ORGANISATION,
            "clientId": ORGANISATION,
            "name": "Ziekenhuis Arran",
            "keyId": kid,
            "issuer": ISSUER,
            "tokenEndpoint": f"{ISSUER}/v1/oauth/token",
            "jwksUri": f"{ISSUER}/.well-known/jwks.json",
        }

    def keys(self) -> list[dict[str, Any]]:
        return [self._key(kid) for kid in [*self.clients, *self.revoked]]

    def _key(self, kid: str) -> dict[str, Any]:
        told = {"keyId": kid, "registeredAt": time_text(self.started)}
        return {**told, "revokedAt": time_text(self.started)} if kid in self.revoked else told

    def add_key(self, body: dict[str, Any]) -> dict[str, Any]:
        if self._claims(body["proof"], body["publicKey"])["sub"] != ORGANISATION:
            raise Refusal(400, "proof-not-valid")
        kid = wire.jwk_thumbprint(body["publicKey"])
        self.clients[kid] = body["publicKey"]
        return self._key(kid)

    def revoke_key(self, kid: str) -> dict[str, Any]:
        jwk = self.clients.pop(kid)
        self.revoked.append(kid)
        self.tokens = {one: until for one, until in self.tokens.items() if self.token_keys[one] != jwk}
        return self._key(kid)

    def _claims(self, token: str, jwk: dict[str, Any]) -> dict[str, Any]:
        now = self.clock().timestamp()
        claims = jwt.decode(
            token,
            jwt.PyJWK(jwk, algorithm="ES256"),
            algorithms=["ES256"],
            audience=ISSUER,
            options={"verify_exp": False, "verify_iat": False, "require": ["aud", "sub", "iat", "exp", "jti"]},
        )
        if not (claims["iat"] - 60 <= now <= claims["exp"] <= claims["iat"] + 300):
            raise Refusal(401, "invalid_client", error="invalid_client")
        if claims["jti"] in self.seen_jti:
            raise Refusal(401, "invalid_client", error="invalid_client")
        self.seen_jti.add(claims["jti"])
        return claims

    def require_proof(self, proof: str, method: str, path: str, token: str | None, jwk: dict[str, Any]) -> None:
        """The proof of possession is one for this request, and new."""
        header = jwt.get_unverified_header(proof)
        claims = jwt.decode(
            proof, jwt.PyJWK(jwk, algorithm="ES256"), algorithms=["ES256"], options={"verify_iat": False}
        )
        ath = None if token is None else wire.base64url(hashlib.sha256(token.encode()).digest())
        right = (method, ISSUER + path, ath) == (claims["htm"], claims["htu"], claims.get("ath"))
        if not right or header["typ"] != "dpop+jwt" or header["jwk"] != jwk or claims["jti"] in self.seen_jti:
            raise Refusal(401, "invalid_dpop_proof")
        self.seen_jti.add(claims["jti"])

    def uses(self, cursor: str) -> dict[str, Any]:
        """Page by page: those of `use_pages`, each with the cursor of the next."""
        number = int(cursor or "0")
        following = str(number + 1) if number + 1 < len(self.use_pages) else None
        return {"items": self.use_pages[number], "next": following}

    def agreement(self, kind: str, **more: Any) -> dict[str, Any]:
        told = {"dataSets": [more.pop("dataSet", self.definition.id)], "inForce": True, **more}
        fixed = {"id": "01a2-agreement", "kind": kind, "reference": "VO-2026-001", "state": "confirmed"}
        return {**fixed, "purposes": [], "validFrom": "2026-01-01", **told}

    def object_to(self, body: dict[str, Any]) -> dict[str, Any]:
        """As the service: only for a person whom it was sent, and without telling whose objection it is."""
        if body["pseudonym"] not in self.persons:
            reason = {
                "code": "person-not-yours",
                "rule": "lodge.cedar",
                "en": "Not delivered.",
                "nl": "Niet aangeleverd.",
            }
            raise Refusal(403, "denied", reasons=[reason])
        name = f"objection-{len(self.objections) + 1}"
        told = {"id": name, "organisation": ORGANISATION, "lodgedAt": time_text(self.deadline)}
        against = {field: sorted(set(body[field])) for field in ("dataSets", "purposes")}
        self.objections[name] = told | against
        return self.objections[name] | self.acknowledged(name, body["pseudonym"])

    def acknowledged(self, name: str, pseudonym: str | None = None) -> dict[str, Any]:
        """The service's signed word of an objection, which it does not keep; a test that lies changes `objection_lie`."""
        told, nonce = self.objections[name], wire.base64url(bytes(32))
        receipt = wire.ObjectionReceipt(
            objection_id=name,
            organisation=ORGANISATION,
            subject=None if pseudonym is None else wire.subject_of(pseudonym, nonce),
            data_sets=tuple(sorted(set(told["dataSets"]))),
            purposes=tuple(sorted(set(told["purposes"]))),
            lodged_at=self.deadline,
            withdrawn_at=self.deadline if "withdrawnAt" in told else None,
            stated_at=self.deadline,
            audit_event_id="event-1",
            issuer=ISSUER,
            nonce=nonce,
        )
        receipt = replace(receipt, **self.objection_lie)
        key = self.receipt_key or self.signing_key
        signature = wire.sign_ed25519(wire.OBJECTION_PREFIX, receipt.canonical(), key)
        key_id = wire.jwk_thumbprint(wire.public_jwk(key.public_key()))
        return {"acknowledgement": wire.SignedObjectionReceipt(receipt, key_id, signature).to_json()}

    def round(self) -> dict[str, Any]:
        counts = next((h for h in self.held.values() if h.state == "accepted"), None)
        mine: dict[str, Any] = {"state": "missing"}
        if counts is not None:
            mine = {"state": "accepted", "submissionId": counts.id}
        if self.attempt is not None:
            mine["attempt"] = self.attempt
        return {
            "id": self.round_id,
            "dataSet": self.definition.id,
            "dataSetVersion": self.definition.version,
            "period": "2019",
            "state": self.round_state,
            "deadline": time_text(self.deadline),
            "myDelivery": mine,
            "periodColumn": "period",
            "allowedPeriods": ["2019Q1", "2019Q2", "2019Q3", "2019Q4"],
        }

    def announce(self, body: dict[str, Any], key: str) -> tuple[int, Held, dict[str, str]]:
        signed = wire.SignedManifest.from_json({k: body[k] for k in ("manifest", "keyId", "signature")})
        signed.verify(wire.KeySet.from_json({"keys": list(self.clients.values())}).p256(signed.key_id))
        manifest = signed.manifest
        for held in self.held.values():
            if held.manifest.digest() == manifest.digest():
                return 200, held, {}
            if held.key == key:
                raise Refusal(409, "idempotency-key-reused")
        if abs(manifest.created_at - self.clock()) > timedelta(minutes=5):
            raise Refusal(400, "clock-skew", serverTime=time_text(self.clock()))
        if self.round_state != "open":
            raise Refusal(409, "round-closed" if self.round_state == "closed" else "round-not-open")
        counts = next((held for held in self.held.values() if held.state == "accepted"), None)
        if counts is not None and counts.manifest.content_digest == manifest.content_digest:
            return 200, counts, {"Sluis-Outcome": "duplicate"}
        if counts is not None and manifest.corrects is None:
            raise Refusal(409, "already-delivered", data={"submission": counts.id}, mend=_FIELD)
        if manifest.corrects is not None and (counts is None or manifest.corrects != counts.id):
            data = {"submission": counts.id if counts else "-"}
            raise Refusal(409, "corrects-outdated", data=data, mend=_FIELD)
        held = Held(str(uuid.uuid4()), manifest, key)
        sealed = body.get("sealedRecords")
        content = sealed and self.opened(held, 0, wire.from_base64url(sealed["content"]), sealed["keyId"])
        self.held[held.id] = held
        if content:
            self._settle(held, content)
        return 201, held, {}

    def put_part(self, held: Held, number: int, part: bytes, digest: str, sealed_to: str) -> None:
        if digest != f"sha-256=:{base64.b64encode(hashlib.sha256(part).digest()).decode()}:":
            raise Refusal(400, "digest-mismatch")
        if held.state != "receiving":
            raise Refusal(409, "submission-state")
        part = self.opened(held, number, part, sealed_to)
        if len(part) > self.part_size:
            raise Refusal(413, "part-too-large")
        if held.parts.setdefault(number, part) != part:
            raise Refusal(409, "part-differs")

    def sealing_keys(self) -> dict[str, Any]:
        """The document of keys to seal to, signed now."""
        key = PublishedSealingKey(sealing_jwk(self.sealing_key), SealingState.ACTIVE, self.started)
        document = SealingKeys(ISSUER, self.clock().replace(microsecond=0), (key,))
        jwk = wire.public_jwk(self.signing_key.public_key())
        signature = wire.sign_ed25519(SEALING_KEYS_PREFIX, document.canonical(), self.signing_key)
        return SignedSealingKeys(document, wire.jwk_thumbprint(jwk), signature).to_json()

    def opened(self, held: Held, number: int, sealed: bytes, key_id: str) -> bytes:
        if key_id != wire.jwk_thumbprint(sealing_jwk(self.sealing_key)):
            raise Refusal(409, "sealing-key-not-active")
        place = SealedPlace(held.manifest.digest(), ORGANISATION, key_id, number)
        return open_sealed(sealed, place, self.sealing_key)

    def complete(self, held: Held, parts: int) -> None:
        if held.state == "receiving":
            missing = [n for n in range(parts) if n not in held.parts]
            if missing:
                raise Refusal(409, "incomplete", missing=missing)
            self._settle(held, b"".join(held.parts[n] for n in range(parts)))

    def _settle(self, held: Held, content: bytes) -> None:
        if wire.digest(content) != held.manifest.content_digest:
            raise Refusal(400, "content-differs")
        plain = content[SALT_BYTES:]
        checked = wire.check_content(self.definition, self.round()["allowedPeriods"], plain, held.manifest.format)
        if not checked.ok or self.refuse_content:
            held.state, held.faults = "refused", checked.faults.to_json()
            raise Refusal(400, "content-refused", faults=held.faults)
        for other in self.held.values():
            if other.state == "accepted":
                other.state = "superseded"
                held.version = other.version + 1
        held.state, held.late = "accepted", self.clock() > self.deadline
        held.receipt = self._receipt(held, checked.rows)

    def _receipt(self, held: Held, rows: int) -> wire.SignedReceipt:
        receipt = wire.Receipt(
            submission_id=held.id,
            organisation=ORGANISATION,
            round=held.manifest.round,
            data_set=held.manifest.data_set,
            data_set_version=held.manifest.data_set_version,
            version=held.version,
            late=held.late,
            rows=rows,
            manifest_digest=held.manifest.digest(),
            content_digest=held.manifest.content_digest,
            accepted_at=self.clock().replace(microsecond=0),
            audit_event_id=str(uuid.uuid4()),
            issuer=ISSUER,
            nonce=wire.base64url(secrets.token_bytes(wire.NONCE_BYTES)),
        )
        if self.log is not None and not self.log_stands_still:
            self.log_it(receipt)
        return wire.sign_receipt(receipt, self.receipt_key or self.signing_key)

    def log_it(self, receipt: wire.Receipt) -> None:
        assert self.log is not None
        self.log.add(
            id=receipt.audit_event_id,
            code="submission.complete",
            objectId=receipt.submission_id,
            outcome="success",
            commitment=receipt.commitment(),
            recorded=time_text(receipt.accepted_at),
        )

    def withdraw(self, held: Held) -> None:
        if held.withdrawal is not None:
            return
        if held.state != "accepted":
            raise Refusal(409, "submission-state")
        told = wire.Withdrawal(
            submission_id=held.id,
            organisation=ORGANISATION,
            round=held.manifest.round,
            manifest_digest=held.manifest.digest(),
            withdrawn_at=self.clock().replace(microsecond=0),
            audit_event_id=str(uuid.uuid4()),
            issuer=ISSUER,
            nonce=wire.base64url(secrets.token_bytes(wire.NONCE_BYTES)),
        )
        key = self.receipt_key or self.signing_key
        signature = wire.sign_ed25519(wire.WITHDRAWAL_PREFIX, told.canonical(), key)
        held.state = "withdrawn"
        held.withdrawal = wire.SignedWithdrawal(told, wire.jwk_thumbprint(wire.public_jwk(key.public_key())), signature)

    def submission(self, held: Held) -> dict[str, Any]:
        document: dict[str, Any] = {
            "id": held.id,
            "round": held.manifest.round,
            "state": held.state,
            "contentDigest": held.manifest.content_digest,
            "manifestDigest": held.manifest.digest(),
            "warnings": [],
        }
        if held.state == "receiving":
            document["partSize"] = self.part_size
            document["parts"] = [
                {"number": n, "size": len(part), "digest": wire.digest(part)} for n, part in sorted(held.parts.items())
            ]
        if held.receipt is not None:
            document |= {
                "version": held.version,
                "late": held.late,
                "rows": held.receipt.receipt.rows,
                "receipt": held.receipt.to_json(),
            }
            proof = self.log.proof(held.receipt.receipt.audit_event_id) if self.log else None
            if proof is not None:
                document["logProof"] = proof.to_json()
        if held.withdrawal is not None:
            document["withdrawal"] = held.withdrawal.to_json()
        if held.faults is not None:
            document["faults"] = held.faults
        return document


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer
    double: Double

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.double.clock(), usegmt=True)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        name = f"{self.command} {path}"
        with self.double.lock:
            self.double.agents.add(self.headers.get("User-Agent", ""))
            self.double.calls[name.rsplit("/", 1)[0] + "/N" if "/parts/" in name else name] += 1
            self.double.hook("before", name)
            try:
                self._make_trouble(name)
                status, document, headers = self._route(self.command, path, body)
            except Refusal as refusal:
                status, document, headers = refusal.status, refusal.problem(), refusal.headers
            self.double.hook("after", name)
        self._answer(status, document, headers)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the names that http.server calls

    def _make_trouble(self, name: str) -> None:
        for trouble in self.double.trouble:
            if name.startswith(trouble[0]):
                self.double.trouble.remove(trouble)
                raise Refusal(trouble[1], f"trouble-{trouble[1]}", trouble[2])

    def _answer(self, status: int, document: Any, headers: dict[str, str]) -> None:
        raw = b"" if document is None else json.dumps(document).encode()
        plain = isinstance(document, str)
        if plain:
            raw = document.encode()
        self.send_response(status)
        problem = status >= 400
        if document is not None:
            kind = "text/plain; charset=utf-8" if plain else "application/json"
            self.send_header("Content-Type", "application/problem+json" if problem else kind)
        if status != 204:
            self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def _route(self, method: str, path: str, body: bytes) -> tuple[int, Any, dict[str, str]]:  # noqa: PLR0911
        double = self.double
        match method, path.strip("/").split("/"):
            case "GET", [".well-known", "oauth-authorization-server"]:
                return 200, {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/v1/oauth/token"}, {}
            case "GET", [".well-known", "jwks.json"]:
                return 200, {"keys": [wire.published_jwk(double.signing_key.public_key())]}, {}
            case "GET", ["v1", "sealing-keys"]:
                return 200, double.sealing_keys(), {}
            case "GET", ["v1", "log", name] if double.log is not None:
                return self._log(double.log, name)
            case "POST", ["v1", "oauth", "token"]:
                token = double.token({k: v[0] for k, v in parse_qs(body.decode()).items()})
                double.require_proof(self.headers["DPoP"], method, path, None, double.token_keys[token["access_token"]])
                return 200, token, {}
            case "POST", ["v1", "registrations"]:
                return 201, double.register(json.loads(body)), {}
        self._authenticate(method, path)
        match method, path.strip("/").split("/"):
            case "GET", ["v1", "organisations", "me"]:
                return (
                    200,
                    {"id": ORGANISATION, "name": "Ziekenhuis Arran", "keys": double.keys(), "contact": double.contact},
                    {},
                )
            case "POST", ["v1", "organisations", "me", "keys"]:
                return 201, double.add_key(json.loads(body)), {}
            case "PUT", ["v1", "organisations", "me", "keys", key, "revocation"]:
                return 200, double.revoke_key(key), {}
            case "GET", ["v1", "organisations", "me", "uses"]:
                return 200, double.uses(parse_qs(urlsplit(self.path).query).get("cursor", [""])[0]), {}
            case "GET", ["v1", "organisations", "me", "calendar"]:
                return 200, {"items": double.calendar}, {}
            case "PUT", ["v1", "organisations", "me", "contact"]:
                return 200, json.loads(body), {}
            case "GET", ["v1", "agreements"]:
                return 200, {"items": [double.agreement("processor-agreement")]}, {}
            case "POST", ["v1", "consents"]:
                return 201, double.agreement("supplier-consent", **json.loads(body)), {}
            case "POST", ["v1", "agreements", _, "departure"]:
                return 201, double.agreement("supplier-consent", inForce=False), {}
            case "POST", ["v1", "objections"]:
                return 201, double.object_to(json.loads(body)), {}
            case "GET", ["v1", "objections"]:
                return 200, {"items": list(double.objections.values())[::-1], "next": None}, {}
            case "PUT", ["v1", "objections", objection, "withdrawal"] if objection in double.objections:
                ended = {"withdrawnAt": time_text(double.deadline)}
                double.objections[objection] |= ended
                return 200, double.objections[objection] | double.acknowledged(objection), {}
            case "GET", ["v1", "data-sets", double.definition.id]:
                return 200, double.definition.to_json(), {}
            case "GET", ["v1", "rounds"]:
                return 200, {"items": [double.round()], "next": None}, {}
            case "GET", ["v1", "rounds", double.round_id]:
                return 200, double.round(), {}
            case "POST", ["v1", "submissions"]:
                status, held, headers = double.announce(json.loads(body), self.headers["Idempotency-Key"])
                return status, double.submission(held), headers
            case _, ["v1", "submissions", submission, *rest] if submission in double.held:
                return self._submission(method, double.held[submission], rest, body)
        raise Refusal(404, "not-found")

    def _submission(self, method: str, held: Held, rest: list[str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        match method, rest:
            case "GET", []:
                return 200, self.double.submission(held), {}
            case "PUT", ["parts", number]:
                sealed_to = self.headers["Sluis-Sealed-To"]
                self.double.put_part(held, int(number), body, self.headers["Content-Digest"], sealed_to)
                return 204, None, {}
            case "PUT", ["withdrawal"]:
                self.double.withdraw(held)
                return 200, self.double.submission(held), {}
            case "PUT", ["completion"]:
                self.double.complete(held, json.loads(body)["parts"])
                return 200, self.double.submission(held), {}
        raise Refusal(404, "not-found")

    def _log(self, log: SomeLog, name: str) -> tuple[int, Any, dict[str, str]]:
        match name:
            case "key":
                return 200, log.public.text() + "\n", {}
            case "successions":
                return 200, {"successions": log.successions}, {}
            case "checkpoint":
                return 200, log.checkpoint().note, {}
            case "consistency":
                asked = parse_qs(urlsplit(self.path).query)
                old, new = int(asked["from"][0]), int(asked["to"][0])
                if not old <= new <= len(log.entries):
                    raise Refusal(400, "log-place")
                return 200, {"hashes": log.consistency(old, new)}, {}
        raise Refusal(404, "not-found")

    def _authenticate(self, method: str, path: str) -> None:
        token = self.headers.get("Authorization", "").removeprefix("DPoP ")
        if self.double.tokens.get(token, 0) < time.monotonic():
            raise Refusal(401, "unauthenticated", {"WWW-Authenticate": "DPoP"})
        self.double.require_proof(self.headers["DPoP"], method, path, token, self.double.token_keys[token])


@contextmanager
def served(double: Double, certificate: Path | None = None) -> Iterator[Double]:
    """The double on a free port of this machine; with a certificate and its key over TLS."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is part of the tests."""

    server = Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": double}))
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        double.url = double.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
