"""The compose file: structure, isolation, and that its settings are exactly those that the service takes."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from deployment_files import COMPOSE_FILE, DEPLOY, GIVEN, ROOT, NotGivenError, compose, containerfile, example_variables
from typer.main import get_command

from service.composition.command import command
from service.composition.settings import OF_KEY_HOLDER, PREFIX, Settings, SettingsError, read_settings
from service.keyholder.settings import KeyHolderSettingsError, read_keyholder_settings

TOP = {"name", "services", "networks", "volumes", "secrets"}
OF_A_SERVICE = {
    "build", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck", "image", "init", "logging",
    "network_mode", "networks", "pids_limit", "ports", "profiles", "read_only", "restart", "secrets", "security_opt", "shm_size",
    "stop_grace_period", "tmpfs", "user", "volumes",
}  # fmt: skip
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
FILE = compose(**GIVEN)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"].startswith("sluis:"))
HOLDING = ["keyholder", "keyholder-key"]
SERVING = [name for name in OURS if name not in HOLDING]


def in_place(service: str, secrets: Path) -> dict[str, str]:
    """The environment of a service, with the secrets of this machine."""
    names = {"SLUIS_DATABASE_PASSWORD_FILE"}
    environment = {name: str(value) for name, value in SERVICES[service]["environment"].items()}
    for name in names & environment.keys():
        secret = Path(environment[name])
        assert secret.parent == Path("/run/secrets")
        assert secret.name in SERVICES[service]["secrets"]
        (secrets / secret.name).write_text("f" * 64 + "\n")
        environment[name] = str(secrets / secret.name)
    return environment


def test_only_known_keys():
    assert {key for key in FILE if not key.startswith("x-")} == TOP
    for service in SERVICES.values():
        assert set(service) <= OF_A_SERVICE


def test_every_name_that_is_referred_to_exists():
    for service in SERVICES.values():
        assert set(service.get("networks", ())) <= set(FILE["networks"])
        assert set(service.get("secrets", ())) <= set(FILE["secrets"])
        for name, rule in service.get("depends_on", {}).items():
            assert name in SERVICES
            assert rule["condition"] in CONDITIONS
            assert rule["condition"] != "service_healthy" or "healthcheck" in SERVICES[name]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in FILE["volumes"] or (DEPLOY / source).is_file(), source


def test_no_volume_secret_or_network_is_left_over():
    used = [service.get(kind, ()) for service in SERVICES.values() for kind in ("volumes", "secrets", "networks")]
    named = {item.split(":")[0] for items in used for item in items}
    assert {*FILE["volumes"], *FILE["secrets"], *FILE["networks"]} <= named


def test_jobs_come_before_what_needs_them():
    def before(name: str) -> set[str]:
        found = set(SERVICES[name].get("depends_on", ()))
        return found.union(*(before(one) for one in found))

    assert before("service") == {"database", "migrate", "rights", "keys"}
    assert SERVICES["rights"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["service"]["depends_on"]["rights"] == {"condition": "service_completed_successfully"}
    assert SERVICES["service"]["depends_on"]["database"] == {"condition": "service_healthy"}
    assert before("sequencer") == {"database", "migrate", "rights", "log-key"}
    for job in ("retention", "retire-log-key"):
        assert SERVICES[job]["profiles"] == ["maintenance"]  # started by hand only
    for job in ("keys", "log-key", "migrate", "retention", "retire-log-key", "rights"):
        assert SERVICES[job]["restart"] == "no"


@pytest.mark.parametrize("name", SERVICES)
def test_everything_is_confined(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service.get("user") == "postgres" or name in OURS  # whose image has a user of its own


def test_the_database_is_reached_from_inside_only():
    assert FILE["networks"]["inside"] == {"internal": True}
    assert SERVICES["database"]["networks"] == ["inside"]
    published = [name for name, service in SERVICES.items() if "ports" in service]
    assert published == ["service", "keyholder"]
    assert all(port.startswith("127.0.0.1:") for name in published for port in SERVICES[name]["ports"])


def test_the_key_holder_shares_nothing_with_the_service(tmp_path):
    for name in HOLDING:
        service = SERVICES[name]
        assert service["profiles"] == ["pseudonyms"]
        assert not service.get("secrets")
        assert all(volume.startswith("keyholder") for volume in service["volumes"])
        others = [other for other in SERVICES if other not in HOLDING]
        for kind in ("volumes", "networks"):
            shared = {one.split(":")[0] for one in service.get(kind, ())}
            assert shared.isdisjoint(one.split(":")[0] for other in others for one in SERVICES[other].get(kind, ()))
        environment = {key: str(value) for key, value in service["environment"].items()}
        assert not [key for key in environment if key.startswith(PREFIX) and not key.startswith(OF_KEY_HOLDER)]
        with pytest.raises(KeyHolderSettingsError, match="ADDRESS"):
            read_keyholder_settings(environment)
        settings = read_keyholder_settings(environment | {"SLUIS_KEYHOLDER_ADDRESS": "https://keys.example"})
        assert settings.mode == "production"
        made = next(one.text for one in containerfile() if "install --directory --owner sluis" in one.text)
        assert {str(settings.directory), str(settings.key_file.parent)} <= set(made.split())
    (port,) = SERVICES["keyholder"]["ports"]
    assert port.endswith(f":{settings.port}")
    assert SERVICES["keyholder"]["healthcheck"]["test"][-1] == str(settings.port)
    library = SERVICES["keyholder"]["environment"]["TMPDIR"]
    assert any(one.startswith(f"{library}:") and ",exec," in one for one in SERVICES["keyholder"]["tmpfs"])


def test_images_say_which():
    for service in SERVICES.values():
        assert re.fullmatch(r"sluis:0\.1\.0|docker\.io/library/postgres:1[678]-[a-z]+", service["image"])
    build = SERVICES["service"]["build"]
    assert (COMPOSE_FILE.parent / build["context"]).resolve() == ROOT
    assert ROOT / build["dockerfile"] == DEPLOY / "Containerfile"


@pytest.mark.parametrize("name", SERVING)
def test_every_setting_is_known_and_holds(name, tmp_path):
    environment = in_place(name, tmp_path)
    assert set(environment) <= {PREFIX + field.upper() for field in Settings.model_fields}
    settings = read_settings(environment)
    assert settings.mode == "production"
    assert settings.url.startswith("postgresql+psycopg://sluis_")
    assert "f" * 64 in settings.url
    assert str(settings.keys) == "/var/lib/sluis-keys/service"


def test_the_service_listens_where_it_is_published_and_asked(tmp_path):
    settings = read_settings(in_place("service", tmp_path))
    assert SERVICES["service"]["ports"][0].endswith(f":{settings.port}")
    assert settings.port == Settings.model_fields["port"].default  # what the health check of the image asks
    assert settings.host == "0.0.0.0"  # noqa: S104 - of the container
    assert [one.text for one in containerfile() if one.name == "EXPOSE"] == [str(settings.port)]


def test_what_is_written_lies_on_a_volume_that_belongs_to_the_user_of_the_image(tmp_path):
    settings = read_settings(in_place("service", tmp_path))
    volumes = {volume.split(":")[1]: volume for volume in SERVICES["service"]["volumes"]}
    assert {str(settings.data_directory), str(settings.keys.parent)} == set(volumes)
    assert volumes[str(settings.keys.parent)].endswith(":ro")  # only the job makes keys
    made = next(one.text for one in containerfile() if "install --directory --owner sluis" in one.text)
    assert all(directory in made for directory in volumes)


def test_only_the_owner_job_has_the_password_of_the_owner():
    holders = {name for name, service in SERVICES.items() if "owner_password" in service.get("secrets", ())}
    assert holders == {"database", "migrate", "rights"}


def test_only_the_sequencer_has_the_key_of_the_log():
    holders = {name for name, service in SERVICES.items() if any("log-key" in v for v in service.get("volumes", ()))}
    assert holders == {"log-key", "retire-log-key", "sequencer"}
    assert SERVICES["sequencer"]["volumes"] == ["log-key:/var/lib/sluis-log-key:ro"]
    assert not any("keys:" in volume for volume in SERVICES["sequencer"]["volumes"])
    for secret in ("sequencer_password", "retention_password"):
        holders = {name for name, service in SERVICES.items() if secret in service.get("secrets", ())}
        assert "service" not in holders


def test_no_password_stands_in_an_environment():
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or str(value).startswith("/run/secrets/")
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value))


@pytest.mark.parametrize("name", OURS)
def test_commands_exist(name):
    node = get_command(command())
    for word in SERVICES[name].get("command", ["serve"]):
        node = node.commands[word]


def test_the_example_names_what_has_to_be_decided_and_decides_nothing():
    example = example_variables()
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE_FILE.read_text()))
    assert set(example) == asked
    assert set(example.values()) == {""}


@pytest.mark.parametrize("left_out", GIVEN)
def test_compose_stops_when_a_decision_is_missing(left_out):
    with pytest.raises(NotGivenError, match=left_out):
        compose(**GIVEN | {left_out: ""})


@pytest.mark.parametrize("name", GIVEN)
def test_the_service_itself_refuses_what_was_left_open(name, tmp_path):
    environment = in_place("service", tmp_path) | {name: example_variables()[name]}
    with pytest.raises(SettingsError) as refused:
        read_settings(environment)
    assert name.removeprefix(PREFIX) in "".join(refused.value.faults)


@pytest.mark.parametrize(
    ("content", "url", "told"),
    [
        ("short", "postgresql+psycopg://sluis_service@database/sluis", "32 characters"),
        ("", "postgresql+psycopg://sluis_service@database/sluis", "32 characters"),
        (None, "postgresql+psycopg://sluis_service@database/sluis", "cannot be read"),
        ("f" * 64, "postgresql+psycopg://sluis_service:known@database/sluis", "without password"),
    ],
)
def test_a_weak_password_is_refused(tmp_path, content, url, told):
    environment = in_place("service", tmp_path) | {"SLUIS_DATABASE_URL": url}
    file = Path(environment["SLUIS_DATABASE_PASSWORD_FILE"])
    file.unlink()
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError) as refused:
        read_settings(environment)
    assert any(told in fault for fault in refused.value.faults)
    assert not any(secret in str(refused.value) for secret in ("short", "known", "f" * 64))


@pytest.mark.parametrize("proxies", ["*", "0.0.0.0/0", "::/0", "127.0.0.1,0.0.0.0/0", "proxy.internal", "10.0.0.1/8"])
def test_only_named_proxies_are_believed(proxies, tmp_path):
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        read_settings(in_place("service", tmp_path) | {"SLUIS_TRUSTED_PROXIES": proxies})


def test_the_proxy_comes_from_the_gateway(tmp_path):
    settings = read_settings(in_place("service", tmp_path))
    (place,) = FILE["networks"]["outside"]["ipam"]["config"]
    assert settings.trusted_proxies == place["gateway"]
    assert ip_address(place["gateway"]) in ip_network(place["subnet"])


def test_a_password_may_hold_any_character(tmp_path):
    environment = in_place("service", tmp_path)
    Path(environment["SLUIS_DATABASE_PASSWORD_FILE"]).write_text("@:/?#%" * 8 + "\n")
    from sqlalchemy import make_url

    assert make_url(read_settings(environment).url).password == "@:/?#%" * 8
