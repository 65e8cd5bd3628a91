"""A confirmation under the manifest's signature: what it may be, and that a manifest without one is as it always was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from test_wire_signatures import MANIFEST

from sluis_client.wire import Confirmation, Manifest, SignatureError, WireError, sign_manifest, verify_manifest

SAID = Confirmation(("F401", "F403"), "Afdeling gesloten sinds mei.")


def test_a_manifest_with_a_confirmation_is_of_version_two_and_signed_whole():
    confirmed = replace(MANIFEST, confirmed=SAID)
    assert (MANIFEST.to_json()["manifestVersion"], confirmed.to_json()["manifestVersion"]) == (1, 2)
    assert "confirmed" not in MANIFEST.to_json()
    assert Manifest.from_json(confirmed.to_json()) == confirmed
    key = ec.generate_private_key(ec.SECP256R1())
    signature = sign_manifest(confirmed, key)
    verify_manifest(confirmed, signature, key.public_key())
    for other in (MANIFEST, replace(confirmed, confirmed=Confirmation(("F401",), SAID.reason))):
        with pytest.raises(SignatureError):
            verify_manifest(other, signature, key.public_key())


@pytest.mark.parametrize("version", [1, 3])
def test_the_version_goes_with_the_member(version):
    with pytest.raises(WireError):
        Manifest.from_json({**replace(MANIFEST, confirmed=SAID).to_json(), "manifestVersion": version})
    with pytest.raises(WireError):
        Manifest.from_json({**MANIFEST.to_json(), "manifestVersion": 2})


@pytest.mark.parametrize(
    "changes",
    [
        {"warnings": []},
        {"warnings": ["F403", "F401"]},
        {"warnings": ["F401", "F401"]},
        {"warnings": ["F101"]},
        {"warnings": "F401"},
        {"warnings": [f"F4{n:02}" for n in range(21)]},
        {"reason": "te kort"},
        {"reason": "x" * 501},
        {"reason": "twee regels\nin één reden"},
        {"reason": "vraag het aan j.jansen@zorg.example"},
        {"reason": "bekend onder BSN 111222333 bij ons"},
        {"extra": 1},
    ],
)
def test_what_is_no_confirmation_is_refused_by_both_sides(changes):
    document = replace(MANIFEST, confirmed=SAID).to_json()
    with pytest.raises(WireError):
        Manifest.from_json({**document, "confirmed": {**document["confirmed"], **changes}})
