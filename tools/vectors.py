"""Test vectors for whoever writes a client in another language: the same bytes every time this runs.

Keys are fixed, signatures of ES256 deterministic (RFC 6979), and the sealed part is made from RFC 9180 itself with a
fixed encapsulated key, because a library takes a new one each time; `tests/wire` has the library open it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sluis_client import wire
from sluis_client.wire import oprf
from sluis_client.wire.manifest import MANIFEST_PREFIX
from sluis_client.wire.pseudonym import BSN, CHECK_INPUT, digest_of, input_of
from sluis_client.wire.sealing import (
    SEALING_KEYS_PREFIX,
    PublishedSealingKey,
    SealedPlace,
    SealingKeys,
    SealingState,
    SignedSealingKeys,
    content_salt,
    sealing_jwk,
)

FILE = Path(__file__).parents[1] / "docs/samples/wire-vectors.json"
_ISSUER = "https://sluis.example"
_SUPPLIER = "hospital-a"
_NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
_CSV = (
    "period,region,care_form,staffed_bed_days,occupied_bed_days\n"
    "2019Q1,S08000015,cardiology,90,61\n"
    "2019Q2,S08000015,cardiology,91,70\n"
)
_BSN, _DOMAIN = "123456782", "planning"
"""A number for examples, which passes the eleven test and is nobody's."""
_TOKEN = "a.bound.token"  # noqa: S105 - of an example


def _seed(name: str) -> bytes:
    return hashlib.sha256(f"sluis test vector: {name}".encode()).digest()


_CLIENT = ec.derive_private_key(int.from_bytes(_seed("supplier"), "big") >> 1, ec.SECP256R1())
_SERVICE = Ed25519PrivateKey.from_private_bytes(_seed("service"))
_SEALING, _EPHEMERAL = _seed("sealing"), _seed("ephemeral")


def vectors() -> dict[str, Any]:
    """All of them, as the file holds them."""
    jwk = wire.public_jwk(_CLIENT.public_key())
    numbers = _CLIENT.private_numbers().private_value.to_bytes(32, "big")
    service = wire.public_jwk(_SERVICE.public_key())
    plain, sealed_manifest, salt = _manifest(_CSV.encode()), *_salted()
    return {
        "note": "Made by `python -m tools.vectors`. Keys that stand here are for tests only.",
        "supplierKey": {"jwk": jwk, "keyId": wire.jwk_thumbprint(jwk), "d": wire.base64url(numbers)},
        "serviceKey": {"jwk": service, "keyId": wire.jwk_thumbprint(service), "d": wire.base64url(_seed("service"))},
        "manifest": {"content": _CSV, **_signed(plain)},
        "dpop": _proof(jwk),
        "receipt": _receipt(plain),
        "sealingKeys": _sealing_keys(),
        "sealed": _sealed(sealed_manifest, salt),
        "served": _served(plain, sealed_manifest, salt),
        "pseudonym": _pseudonym(),
    }


def text() -> str:
    """The file."""
    return json.dumps(vectors(), indent=2, ensure_ascii=False) + "\n"


def _manifest(content: bytes, *, sealed: bool = False) -> wire.Manifest:
    return wire.Manifest(
        data_set="staffed-beds",
        data_set_version=1,
        round="staffed-beds-2019",
        supplier=_SUPPLIER,
        format=wire.Format.CSV,
        rows=2,
        content_digest=wire.digest(content),
        content_size=len(content),
        nonce=wire.base64url(_seed("nonce")[:16]),
        created_at=_NOW,
        sealed=sealed,
    )


def _salted() -> tuple[wire.Manifest, bytes]:
    salt = content_salt(_seed("content secret"), wire.digest(_CSV.encode()))
    return _manifest(salt + _CSV.encode(), sealed=True), salt


def _es256(message: bytes) -> str:
    """ES256 as JOSE writes it, with the nonce of RFC 6979: always the same."""
    r, s = decode_dss_signature(_CLIENT.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
    return wire.base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def _signed(manifest: wire.Manifest) -> dict[str, Any]:
    return {
        "manifest": manifest.to_json(),
        "canonical": manifest.canonical().decode(),
        "digest": manifest.digest(),
        "signedText": (MANIFEST_PREFIX + manifest.canonical()).decode(),
        "signature": _es256(MANIFEST_PREFIX + manifest.canonical()),
    }


def _proof(jwk: Mapping[str, str]) -> dict[str, Any]:
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": dict(jwk)}
    claims = {
        "htm": "POST",
        "htu": f"{_ISSUER}/v1/submissions",
        "iat": int(_NOW.timestamp()),
        "jti": "0190f000-0000-7000-8000-000000000001",
        "ath": wire.base64url(hashlib.sha256(_TOKEN.encode()).digest()),
    }
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    signed = ".".join(wire.base64url(part) for part in parts)
    return {"token": _TOKEN, "header": header, "claims": claims, "proof": f"{signed}.{_es256(signed.encode())}"}


def _receipt(manifest: wire.Manifest) -> dict[str, Any]:
    receipt = wire.Receipt(
        submission_id="0190f000-0000-7000-8000-000000000002",
        organisation=_SUPPLIER,
        round=manifest.round,
        data_set=manifest.data_set,
        data_set_version=1,
        version=1,
        late=False,
        rows=2,
        manifest_digest=manifest.digest(),
        content_digest=manifest.content_digest,
        accepted_at=_NOW + timedelta(seconds=2),
        audit_event_id="0190f000-0000-7000-8000-000000000003",
        issuer=_ISSUER,
        nonce=wire.base64url(_seed("receipt nonce")),
    )
    return {
        "canonical": receipt.canonical().decode(),
        "signedText": (wire.RECEIPT_PREFIX + receipt.canonical()).decode(),
        **wire.sign_receipt(receipt, _SERVICE).to_json(),
    }


def _pseudonym() -> dict[str, Any]:
    """A BSN under two keys in force, as asker and key holder compute it, and the value to deliver."""
    made = [_evaluated(version) for version in (1, 2)]
    return {
        "bsn": _BSN,
        "domain": _DOMAIN,
        "input": input_of(_BSN).decode(),
        "checkInput": CHECK_INPUT.decode(),
        "keys": made,
        "value": " ".join(f"{BSN}.{_DOMAIN}.{one['version']}.{one['digest']}" for one in made),
    }


def _evaluated(version: int) -> dict[str, Any]:
    key = oprf.derive_key(_seed("pseudonym key"), f"{_DOMAIN}.{version}".encode())
    scalar = oprf.derive_key(_seed("blind"), str(version).encode())
    blinded = oprf.blind(input_of(_BSN), scalar)
    answer = oprf.evaluate(key, blinded)
    output = oprf.finalize(input_of(_BSN), scalar, answer)
    checked = oprf.finalize(CHECK_INPUT, scalar, oprf.evaluate(key, oprf.blind(CHECK_INPUT, scalar)))
    return {
        "version": version,
        "privateKey": wire.base64url(key),
        "blind": wire.base64url(scalar),
        "blindedElement": wire.base64url(blinded),
        "evaluatedElement": wire.base64url(answer),
        "output": wire.base64url(output),
        "digest": digest_of(output),
        "check": digest_of(checked),
    }


def _served(plain: wire.Manifest, sealed: wire.Manifest, salt: bytes) -> dict[str, Any]:
    """What a form would make of its first row for another data set: records, and the manifest that follows."""
    names = ("period", "region", "care_form")
    row = tuple(wire.Filled(name, column=name) for name in names)
    beds, full = (wire.Filled("beds", column=f"{kind}_bed_days") for kind in ("staffed", "occupied"))
    served = wire.Served(
        "beds",
        1,
        ((*row, wire.Filled("kind", code="staffed"), beds), (*row, wire.Filled("kind", code="occupied"), full)),
    )
    table = pa.table({"period": ["2019Q1"], "region": ["S08000015"], "care_form": ["cardiology"]})
    table = table.append_column("staffed_bed_days", pa.array([90])).append_column("occupied_bed_days", pa.array([61]))
    content = wire.content_of_records(served.records(table))
    made = {
        name: served.manifest(manifest, "beds-2019", content, salt)
        for name, manifest in (("ofManifest", plain), ("ofSealed", sealed))
    }
    return {
        "serves": served.to_json(),
        "content": content.decode(),
        **{name: {"manifest": one.to_json(), "digest": one.digest()} for name, one in made.items()},
    }


def _sealing_keys() -> dict[str, Any]:
    key = PublishedSealingKey(sealing_jwk(_SEALING), SealingState.ACTIVE, _NOW - timedelta(days=30))
    document = SealingKeys(_ISSUER, _NOW, (key,))
    signature = wire.sign_ed25519(SEALING_KEYS_PREFIX, document.canonical(), _SERVICE)
    key_id = wire.jwk_thumbprint(wire.public_jwk(_SERVICE.public_key()))
    return {
        "canonical": document.canonical().decode(),
        **SignedSealingKeys(document, key_id, signature).to_json(),
    }


def _sealed(manifest: wire.Manifest, salt: bytes) -> dict[str, Any]:
    key_id = wire.jwk_thumbprint(sealing_jwk(_SEALING))
    place = SealedPlace(manifest.digest(), _SUPPLIER, key_id, 0)
    return {
        "privateKey": wire.base64url(_SEALING),
        "keyId": key_id,
        "salt": wire.base64url(salt),
        **_signed(manifest),
        "part": place.part,
        "info": place.info().decode(),
        "ephemeralPrivateKey": wire.base64url(_EPHEMERAL),
        "plain": wire.base64url(salt + _CSV.encode()),
        "sealed": wire.base64url(_hpke_base(salt + _CSV.encode(), place.info())),
    }


def _hpke_base(plain: bytes, info: bytes) -> bytes:
    """RFC 9180, section 5.1.1, for DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; one message, no `aad`."""
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"
    ephemeral = X25519PrivateKey.from_private_bytes(_EPHEMERAL)
    public = X25519PrivateKey.from_private_bytes(_SEALING).public_key()
    enc, recipient = _raw(ephemeral.public_key()), _raw(public)
    eae = _extract(kem, b"", b"eae_prk", ephemeral.exchange(public))
    shared = _expand(kem, eae, b"shared_secret", enc + recipient, 32)
    context = b"\x00" + _extract(suite, b"", b"psk_id_hash", b"") + _extract(suite, b"", b"info_hash", info)
    secret = _extract(suite, shared, b"secret", b"")
    key, nonce = _expand(suite, secret, b"key", context, 32), _expand(suite, secret, b"base_nonce", context, 12)
    return enc + AESGCM(key).encrypt(nonce, plain, b"")


def _raw(key: X25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract (RFC 9180, section 4)."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand (RFC 9180, section 4), of one block."""
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labelled + b"\x01", "sha256")[:length]


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name}\n")
