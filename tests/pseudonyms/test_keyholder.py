"""The key holder: who may ask, for how much, under which keys, and what is left of it."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import typer
from asgi_client import asgi_client
from click.testing import Result
from key_holding import ADDRESS, DOMAIN, ISSUER, Holding
from token_maker import SetClock
from typer.testing import CliRunner

from service.adapters.keystore import FileKeyStore
from service.adapters.pseudonym_keys import FilePseudonymKeys, PseudonymKeysError
from service.keyholder.command import add_keyholder_commands
from service.keyholder.evaluating import MOST_ELEMENTS, Quota
from service.keyholder.http import keyholder_application
from service.keyholder.keys import Keys, check_value
from service.keyholder.refusals import Refusal
from service.keyholder.settings import KeyHolderSettingsError, read_keyholder_settings
from service.ports.identity import AuthenticatedClient
from sluis_client.keys import SupplierKey
from sluis_client.machine import Machine
from sluis_client.wire import WireError, oprf
from sluis_client.wire.canonical import base64url, from_base64url
from sluis_client.wire.pseudonym_keys import PublishedKeys

KEY = {"version": 1, "since": "0001-01-01", "check": "c" * 22}
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    made = Holding(tmp_path, SetClock(NOW))
    made.keys.create(DOMAIN, "operator")
    return made


def element(name: str = "x") -> bytes:
    return oprf.blind(name.encode(), oprf.new_blind())


def elements(count: int) -> list[bytes]:
    one = element()
    return [one] * count


def refused(code: str):
    return pytest.raises(Refusal, match=code)


def test_the_quota_is_per_supplier_and_domain_and_over_when_the_days_are(holding: Holding) -> None:
    holding.keys.create("research", "operator")
    holding.evaluate(elements(60))
    with refused("over-quota"):
        holding.evaluate(elements(41))
    holding.evaluate(elements(40))
    with refused("over-quota"):
        holding.evaluate(elements(1))
    holding.evaluate(elements(100), supplier="east")
    holding.evaluate(elements(100), domain="research")
    holding.clock.moment = NOW + timedelta(days=30, seconds=1)
    holding.evaluate(elements(100))


def test_every_evaluation_is_written_down_and_none_can_be_taken_out(holding: Holding) -> None:
    with refused("over-quota"):
        holding.evaluate(elements(101))
    holding.evaluate([element("a"), element("b")])
    with refused("not-an-element") as wrong:
        holding.evaluate([element(), bytes(32), b"\xff" * 32])
    assert wrong.value.places == (1, 2)
    with holding.store.transact() as data:
        found = [(one.supplier, one.domain, one.elements, one.outcome) for one in data.evaluations()]
    assert found == [
        ("north", DOMAIN, 101, "over-quota"),
        ("north", DOMAIN, 2, "evaluated"),
        ("north", DOMAIN, 3, "refused"),
    ]
    for change in ("DELETE FROM evaluations", "UPDATE evaluations SET elements = 0", "DELETE FROM events", "DELETE FROM keys",
                   "UPDATE events SET version = 9", "UPDATE keys SET since = '2030-01-01'", "UPDATE keys SET wrapped = 'x'"):  # fmt: skip
        with sqlite3.connect(holding.directory / "keyholder.db") as connection, pytest.raises(sqlite3.IntegrityError):
            connection.execute(change)


def test_what_is_kept_holds_no_element_and_no_key(holding: Holding) -> None:
    sent = element("somebody")
    (answer,) = holding.evaluate([sent])[1]
    with holding.store.transact() as data:
        (active,) = holding.keys.active(data, DOMAIN)
    kept = b"".join(path.read_bytes() for path in holding.directory.iterdir())
    for secret in (sent, answer, active.key, holding.wrapping):
        assert secret not in kept
        assert base64url(secret).encode() not in kept


def test_replaced_with_an_overlap_and_then_destroyed(holding: Holding) -> None:
    one = element()
    first = holding.evaluate([one])
    assert holding.keys.rotate(DOMAIN, date(2026, 1, 1), "operator") == 2
    overlap = holding.evaluate([one])
    assert overlap.keys() == {1, 2}
    assert overlap[1] == first[1] != overlap[2]
    with refused("key-overlaps"):
        holding.keys.rotate(DOMAIN, date(2027, 1, 1), "operator")
    with refused("key-newest"):
        holding.keys.destroy(DOMAIN, 2, "operator")
    with holding.store.transact() as data:
        wrapped = data.keys(DOMAIN)[0].wrapped or ""
    holding.keys.destroy(DOMAIN, 1, "operator")
    assert holding.evaluate([one]) == {2: overlap[2]}
    with refused("key-unknown"):
        holding.keys.destroy(DOMAIN, 1, "operator")
    with refused("key-exists"):
        holding.keys.create(DOMAIN, "operator")
    with refused("key-since"):
        holding.keys.rotate(DOMAIN, date(2026, 1, 1), "operator")
    assert holding.keys.rotate(DOMAIN, date(2027, 1, 1), "operator") == 3
    with holding.store.transact() as data:
        told = [(event["code"], event["version"], event["account"]) for event in data.events()]
    assert told == [(f"key.{code}", version, "operator") for code, version in
                    (("create", 1), ("rotate", 2), ("destroy", 1), ("rotate", 3))]  # fmt: skip
    assert wrapped.encode() not in (holding.directory / "keyholder.db").read_bytes()


def test_keys_that_changed_places_or_were_wrapped_by_another_are_not_used(holding: Holding) -> None:
    holding.keys.create("research", "operator")
    with sqlite3.connect(holding.directory / "keyholder.db") as connection:
        connection.execute("DROP TRIGGER keys_stay")
        connection.execute("UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE domain = 'research')")
    with refused("key-unreadable"):
        holding.evaluate([element()])
    stranger = Keys(holding.store, FileKeyStore(bytes(32)), holding.clock, None)
    with refused("key-unreadable"), holding.store.transact() as data:
        stranger.active(data, "research")


def test_what_is_published_names_the_keys_and_tells_none(holding: Holding) -> None:
    holding.keys.rotate(DOMAIN, date(2026, 1, 1), "operator")
    with holding.store.transact() as data:
        active = holding.keys.active(data, DOMAIN)
    found = holding.published()
    assert found.address == ADDRESS
    assert [(key.version, key.since.isoformat()) for key in found.domains[DOMAIN]] == [
        (1, "0001-01-01"),
        (2, "2026-01-01"),
    ]
    assert [key.check for key in found.domains[DOMAIN]] == [check_value(key.key) for key in active]


def test_over_http_with_a_token_for_the_key_holder_only(holding: Holding) -> None:
    with asgi_client(keyholder_application(holding.holder())) as client:
        body = {"domain": DOMAIN, "elements": [base64url(element())]}

        def ask(token: str | None, sent: object = body) -> object:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
            return client.request("POST", "/v1/evaluations", content=content, headers=headers)

        good = ask(holding.token())
        assert good.status_code == 200
        (made,) = good.json()["evaluations"]
        assert made["version"] == 1
        oprf.require_element(from_base64url(made["elements"][0]))
        for wrong in (None, holding.token(audience=None), holding.token(audience="https://other.example"), "x.y.z",
                      Holding(_folder(holding), holding.clock).token()):  # fmt: skip
            answer = ask(wrong)
            assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
        holding.clock.moment = NOW + timedelta(seconds=1)
        token = holding.token()
        secret = "111222333"
        for sent in (b"{", b"\xff", [], {}, body | {"bsn": secret}, {"domain": secret, "elements": []}, body | {"domain": "A"},
                     body | {"elements": []}, body | {"elements": [secret + "!"]}, body | {"elements": [1]},
                     body | {"elements": ["AA"] * (MOST_ELEMENTS + 1)}):  # fmt: skip
            answer = ask(token, sent)
            assert answer.status_code == 400
            assert secret not in answer.text
        assert ask(token, b"x" * 70_000).status_code == 413
        unsound = ask(token, body | {"elements": [base64url(bytes(32)), *body["elements"]]})
        assert (unsound.json()["code"], unsound.json()["places"]) == ("not-an-element", [0])
        assert ask(token, body | {"domain": "research"}).status_code == 404
        assert client.request("GET", "/v1/evaluations").status_code == 404
        assert client.request("GET", "/v1/keys").json() == holding.published().to_json()
        holding.clock.moment = NOW + timedelta(minutes=6)
        assert ask(token).status_code == 401


def test_a_bound_token_is_of_use_with_the_suppliers_key_only_and_a_proof_once(holding: Holding) -> None:
    key, thief = SupplierKey.generate(), SupplierKey.generate()
    token = holding.machine.issue_access_token(
        AuthenticatedClient("north", key.key_id), now=NOW, bound=True, audience=ADDRESS
    ).token
    path = "/v1/evaluations"

    def proof(by: SupplierKey = key, **changes: str) -> str:
        about = {"method": "POST", "url": ADDRESS + path, "token": token, **changes}
        return by.request_proof(Machine(now=lambda: NOW), **about)

    with asgi_client(keyholder_application(holding.holder())) as client:

        def ask(scheme: str, *proofs: str) -> int:
            content = json.dumps({"domain": DOMAIN, "elements": [base64url(element())]}).encode()
            headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", one) for one in proofs)]
            return client.request("POST", path, content=content, headers=headers).status_code

        good = proof()
        assert ask("DPoP", good) == 200
        for scheme, proofs in {
            "shown as one that needs no proof": ("Bearer", ()),
            "shown so with a proof": ("Bearer", (proof(),)),
            "without a proof": ("DPoP", ()),
            "two proofs": ("DPoP", (proof(), proof())),
            "used before": ("DPoP", (good,)),
            "another's key": ("DPoP", (proof(thief),)),
            "made for the service": ("DPoP", (proof(url=ISSUER + path),)),
            "made for another method": ("DPoP", (proof(method="GET"),)),
            "made for another token": ("DPoP", (proof(token="x.y.z"),)),
        }.values():
            assert ask(scheme, *proofs) == 401


def _folder(holding: Holding) -> Path:
    other = holding.directory / "other"
    other.mkdir()
    return other


@pytest.fixture
def commands() -> typer.Typer:
    app = typer.Typer()
    add_keyholder_commands(app)
    app.command("other")(print)  # so that `keyholder` has a name
    return app


def test_the_commands_and_what_they_refuse(tmp_path: Path, commands: typer.Typer, holding: Holding) -> None:
    def run(*arguments: str, given: str = "", **more: str) -> Result:
        environment = {"SLUIS_KEYHOLDER_DIRECTORY": str(tmp_path / "kept")} | more
        return CliRunner(env=environment).invoke(commands, ["keyholder", *arguments], input=given)

    assert run("init").exit_code == 0
    assert run("create-key", DOMAIN).stdout == "1\n"
    assert run("rotate", DOMAIN, "--since", "2026-01-01").stdout == "2\n"
    assert run("destroy-key", DOMAIN, "1", given="n\n").exit_code == 1
    assert run("destroy-key", DOMAIN, "1", "--yes").exit_code == 0
    assert [key["version"] for key in json.loads(run("keys").stdout)["domains"][DOMAIN]] == [2]
    told = [json.loads(line)["code"] for line in run("events").stdout.splitlines()]
    assert told == ["key.create", "key.rotate", "key.destroy"]
    jwks = (holding.directory / "service-keys.json").read_text()
    assert run("trust", "-", given=jwks).stdout.split() == [key["kid"] for key in json.loads(jwks)["keys"]]
    assert run("trust", "-", given='{"keys": []}').exit_code == 2
    assert (tmp_path / "kept" / "service-keys.json").read_text() == jwks
    twice = run("create-key", DOMAIN)
    assert (twice.exit_code, "rotate" in twice.stderr) == (2, True)
    (tmp_path / "kept" / "key-encryption.key").chmod(0o644)
    assert "chmod 0600" in run("keys").stderr
    elsewhere = run("serve", SLUIS_KEYHOLDER_DIRECTORY=str(tmp_path / "else"))
    assert (elsewhere.exit_code, "SLUIS_KEYHOLDER_SERVICE_KEYS" in elsewhere.stderr) == (2, True)
    production = {
        "SLUIS_KEYHOLDER_MODE": "production",
        "SLUIS_KEYHOLDER_ADDRESS": ADDRESS,
        "SLUIS_KEYHOLDER_ISSUER": ISSUER,
    }
    none = run("keys", **production, SLUIS_KEYHOLDER_DIRECTORY=str(tmp_path / "new"))
    assert (none.exit_code, "cannot be read" in none.stderr) == (2, True)


@pytest.mark.parametrize(("variable", "value"), [
    ("ADDRESS", "http://keys.example"), ("ISSUER", "https://sluis.example/path"), ("QUOTA", "0"), ("PORT", "x"),
    ("UNKNOWN", "1"), ("MODE", "test"),
])  # fmt: skip
def test_it_does_not_start_with_settings_that_are_unsafe(variable, value):
    with pytest.raises(KeyHolderSettingsError) as refused:
        read_keyholder_settings({f"SLUIS_KEYHOLDER_{variable}": value})
    assert f"SLUIS_KEYHOLDER_{variable}" in str(refused.value)
    assert value not in str(refused.value)


@pytest.mark.parametrize("wrong", [
    {}, [], {"keyHolder": ADDRESS}, {"keyHolder": ADDRESS, "domains": []}, {"keyHolder": ADDRESS, "domains": {"A b": []}},
    {"keyHolder": ADDRESS, "domains": {DOMAIN: []}}, {"keyHolder": ADDRESS, "domains": {DOMAIN: [KEY, KEY]}},
    {"keyHolder": ADDRESS, "domains": {DOMAIN: [KEY | {"since": "soon"}]}},
    {"keyHolder": ADDRESS, "domains": {DOMAIN: [KEY | {"key": "x"}]}},
    {"keyHolder": ADDRESS, "domains": {DOMAIN: [KEY | {"check": "short"}]}},
])  # fmt: skip
def test_a_document_that_no_key_holder_prints_is_refused(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(WireError):
        PublishedKeys.from_json(wrong)
    path = tmp_path / "pseudonym-keys.json"
    path.write_text(json.dumps(wrong))
    with pytest.raises(PseudonymKeysError, match="not a key holder"):
        FilePseudonymKeys(path)


def test_the_service_reads_what_the_key_holder_prints(tmp_path: Path, holding: Holding) -> None:
    holding.keys.rotate(DOMAIN, date(2026, 1, 1), "operator")
    path = tmp_path / "pseudonym-keys.json"
    path.write_text(json.dumps(holding.keys.published(ADDRESS).to_json()))
    found = FilePseudonymKeys(path).announced()
    assert found is not None
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2030, 1, 1))
    assert [found.version_for(DOMAIN, day) for day in days] == [1, 2, 2]
    assert found.version_for("research", days[0]) is None


def test_in_production_everything_is_https():
    given = {"SLUIS_KEYHOLDER_MODE": "production", "SLUIS_KEYHOLDER_ISSUER": ISSUER}
    with pytest.raises(KeyHolderSettingsError, match="ADDRESS"):
        read_keyholder_settings(given)
    assert read_keyholder_settings(given | {"SLUIS_KEYHOLDER_ADDRESS": ADDRESS}).quota == 250_000
    assert Quota(1, 1)
