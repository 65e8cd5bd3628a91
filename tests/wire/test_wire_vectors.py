"""The test vectors in docs/ are what the generator makes, and what the package itself reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.adapters.identity.proofs import checked_proof
from service.ports.identity import Shown
from sluis_client import wire
from sluis_client.wire import from_base64url, oprf
from sluis_client.wire.pseudonym import Pseudonym, checked_bsn
from sluis_client.wire.sealing import (
    SALT_BYTES,
    SEALING_KEYS_PREFIX,
    SealedPlace,
    SignedSealingKeys,
    open_sealed,
    sealing_jwk,
)
from tools import vectors as made

FILE: dict[str, Any] = json.loads(made.FILE.read_text())
JWKS = {"keys": [FILE["serviceKey"]["jwk"], FILE["supplierKey"]["jwk"]]}


def test_the_file_is_what_the_generator_makes() -> None:
    assert made.FILE.read_text() == made.text() == made.text(), "python -m tools.vectors"


@pytest.mark.parametrize("name", ["manifest", "sealed"])
def test_manifest_digest_and_signature(name: str) -> None:
    told = FILE[name]
    manifest = wire.Manifest.from_json(told["manifest"])
    assert (manifest.canonical().decode(), manifest.digest()) == (told["canonical"], told["digest"])
    key = wire.KeySet.from_json(JWKS).p256(FILE["supplierKey"]["keyId"])
    assert key is not None
    wire.verify_manifest(manifest, told["signature"], key)
    assert told["signedText"] == "sluis-manifest-v1\n" + told["canonical"]


def test_content_of_the_plain_manifest() -> None:
    content = FILE["manifest"]["content"].encode()
    manifest = FILE["manifest"]["manifest"]
    assert (wire.digest(content), len(content)) == (manifest["contentDigest"], manifest["contentSize"])


def test_pseudonym() -> None:
    """From the numbers in the file alone; `tests/pseudonyms` holds the function itself against those of RFC 9497."""
    told = FILE["pseudonym"]
    assert checked_bsn(told["bsn"]) == told["bsn"]
    labels = []
    for key in told["keys"]:
        private, scalar, blinded, answer, output = (
            from_base64url(key[name])
            for name in ("privateKey", "blind", "blindedElement", "evaluatedElement", "output")
        )
        value = told["input"].encode()
        assert oprf.blind(value, scalar) == blinded
        assert oprf.evaluate(private, blinded) == answer
        assert oprf.finalize(value, scalar, answer) == output
        assert wire.base64url(output[:16]) == key["digest"]
        other = oprf.new_blind()
        check = told["checkInput"].encode()
        found = oprf.finalize(check, other, oprf.evaluate(private, oprf.blind(check, other)))
        assert wire.base64url(found[:16]) == key["check"]
        labels.append(f"bsn.{told['domain']}.{key['version']}.{key['digest']}")
    assert told["value"] == " ".join(labels)
    assert all(Pseudonym.read(label) for label in labels)


def test_served() -> None:
    told = FILE["served"]
    served = wire.Served.from_json(told["serves"])
    for name, of, salt in (
        ("ofManifest", "manifest", b""),
        ("ofSealed", "sealed", from_base64url(FILE["sealed"]["salt"])),
    ):
        manifest = wire.Manifest.from_json(FILE[of]["manifest"])
        made_of = served.manifest(manifest, told[name]["manifest"]["round"], told["content"].encode(), salt)
        assert (made_of.to_json(), made_of.digest()) == (told[name]["manifest"], told[name]["digest"])


def test_receipt() -> None:
    told = FILE["receipt"]
    signed = wire.SignedReceipt.from_json({name: told[name] for name in ("receipt", "keyId", "signature")})
    wire.verify_receipt(
        signed, wire.Manifest.from_json(FILE["manifest"]["manifest"]), JWKS, issuer="https://sluis.example"
    )
    assert told["signedText"] == "sluis-receipt-v1\n" + signed.receipt.canonical().decode()


def test_proof() -> None:
    told = FILE["dpop"]
    shown = Shown(scheme="dpop", proofs=(told["proof"],), method=told["claims"]["htm"], url=told["claims"]["htu"])
    now = datetime.fromtimestamp(told["claims"]["iat"], UTC)
    used = checked_proof(shown, token=told["token"], key_id=FILE["supplierKey"]["keyId"], now=now)
    assert used.jti == told["claims"]["jti"]


def test_the_library_opens_what_the_generator_sealed_by_the_rfc() -> None:
    told = FILE["sealed"]
    private = wire.from_base64url(told["privateKey"])
    place = SealedPlace(told["digest"], told["manifest"]["supplier"], told["keyId"], told["part"])
    assert place.info().decode() == told["info"]
    plain = open_sealed(wire.from_base64url(told["sealed"]), place, private)
    assert plain == wire.from_base64url(told["plain"])
    assert plain[SALT_BYTES:].decode() == FILE["manifest"]["content"]
    assert plain[:SALT_BYTES] == wire.from_base64url(told["salt"])
    assert wire.digest(plain) == told["manifest"]["contentDigest"]


def test_keys_to_seal_to() -> None:
    told = {name: FILE["sealingKeys"][name] for name in ("sealingKeys", "keyId", "signature")}
    signed = SignedSealingKeys.from_json(told)
    key = wire.KeySet.from_json(JWKS).ed25519(signed.key_id)
    assert key is not None
    wire.verify_ed25519(SEALING_KEYS_PREFIX, signed.document.canonical(), signed.signature, key)
    use = signed.document.to_use()
    assert use is not None
    assert use.public_jwk == sealing_jwk(wire.from_base64url(FILE["sealed"]["privateKey"]))
