"""All that is wrong with the settings is said at once, in two languages, and never with a value."""

from __future__ import annotations

import pytest

from service.composition.settings import SettingsError, read_settings

SECRET = "NOT-TO-BE-ECHOED"


def told(**environment: str) -> set[str]:
    with pytest.raises(SettingsError) as refused:
        read_settings({f"SLUIS_{name}": value for name, value in environment.items()})
    assert SECRET not in str(refused.value)
    assert len(set(refused.value.faults)) == len(refused.value.faults)
    return set(refused.value.faults)


def test_a_wrong_field_hides_no_rule_between_fields() -> None:
    faults = told(MODE="production", PORT=SECRET, INSTANCE=SECRET, ISSUER="http://sluis.example", NONSENSE="1")
    places = [fault.partition(":")[0].removeprefix("SLUIS_") for fault in faults]
    assert set(places) == {"PORT", "INSTANCE", "NONSENSE", "ISSUER", "DATABASE_URL", "OIDC_PROVIDERS"}
    assert "SLUIS_PORT: moet een geheel getal zijn / must be a whole number" in faults


def test_a_rule_between_fields_is_told_once_and_brings_no_other() -> None:
    faults = told(MODE="production", ISSUER="http://sluis.example", DATABASE_URL="sqlite:///x", OIDC_PROVIDERS="[{}]")
    assert {fault.partition(":")[0].partition(".")[0] for fault in faults} == {
        "SLUIS_ISSUER",
        "SLUIS_DATABASE_URL",
        "SLUIS_OIDC_PROVIDERS",
    }
    assert not any("at least one provider" in fault for fault in faults)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("MODE", SECRET, "must be one of: 'embedded' or 'production'"),
        ("PORT", "0", "moet minstens 1 zijn / must be at least 1"),
        ("PORT", "65536", "mag hoogstens 65535 zijn / must be at most 65535"),
        ("WORKER_INTERVAL", SECRET, "moet een getal zijn / must be a number"),
        ("WORKER_INTERVAL", "0", "moet groter zijn dan 0.0 / must be more than 0.0"),
        ("TRUSTED_PROXIES", SECRET, "ongeldige waarde / not a valid value"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "this would believe everyone"),
        ("OIDC_PROVIDERS", SECRET, "geen JSON / not JSON"),
        ("CBS_ADDRESS", SECRET, "such as https://datasets.cbs.nl/odata/v1/CBS"),
        ("CBS_ADDRESS", "http://cbs.example/odata", "such as https://datasets.cbs.nl/odata/v1/CBS"),
        ("CBS_ADDRESS", f"https://user:{SECRET}@cbs.example/odata", "such as https://datasets.cbs.nl/odata/v1/CBS"),
        ("CBS_ADDRESS", "https://cbs.example/odata?x=1", "such as https://datasets.cbs.nl/odata/v1/CBS"),
        ("CBS_ADDRESS", "file:///etc/passwd", "such as https://datasets.cbs.nl/odata/v1/CBS"),
    ],
)
def test_each_kind_of_fault_has_a_text(name: str, value: str, text: str) -> None:
    (fault,) = told(**{name: value})
    assert fault.startswith(f"SLUIS_{name}")
    assert fault.endswith(text)


def test_only_the_environment_that_is_given_counts(monkeypatch):
    monkeypatch.setenv("SLUIS_PORT", "abc")
    assert read_settings({"SLUIS_PORT": "9000"}).port == 9000
    assert read_settings({}).port == 8000
