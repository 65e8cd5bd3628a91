"""The stage: a fresh service on this machine, on a free port, with everyone invited."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from demo.provider import SECOND_FACTOR, LocalProvider

SLUIS: Sequence[str] = (sys.executable, "-m", "service")
"""The operator's command, for all but the service itself."""
_START_SECONDS = 180.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Installation:
    """A running service and how commands reach it."""

    url: str
    directory: Path
    environment: Mapping[str, str]
    codes: Mapping[str, str]
    process_id: int


@dataclass(frozen=True)
class Invited:
    """An organisation that is taken in before the service starts."""

    id: str
    name: str
    kind: str
    regions: str = ""
    holding: str = ""


OURSELVES = (Invited("ttp", "Sluis", "trusted-third-party"), Invited("external-audit", "External audit", "auditor"))
"""Who is there whatever is collected."""


@contextmanager
def installation(
    directory: Path,
    provider: LocalProvider,
    port: int = 0,
    *,
    invited: Sequence[Invited],
    settings: Mapping[str, str] | None = None,
) -> Iterator[Installation]:
    """Migrate, invite everyone, start the service, and stop it afterwards.

    Args:
        directory: everything the service keeps comes below it.
        provider: where people log in.
        port: the service's port; a free one by default.
        invited: who is taken in, beside `OURSELVES`.
        settings: more variables of its environment.

    Raises:
        RuntimeError: a command or the service did not do what it should; its own words are in the message.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLUIS_")},
        "SLUIS_DATA_DIRECTORY": str(directory / "service"),
        "SLUIS_ISSUER": url,
        "SLUIS_PORT": str(port),
        "SLUIS_OIDC_PROVIDERS": json.dumps([provider_settings(provider)]),
        "SLUIS_REQUESTS_PER_MINUTE": "6000",
        "SLUIS_WORKER_INTERVAL": "0.5",
        **(settings or {}),
    }
    run("db", "upgrade", environment=environment)
    codes = _invite([*OURSELVES, *invited], environment)
    log = directory / "service.log"
    with log.open("wb") as lines:
        command = [sys.executable, "-m", "service", "serve"]
        process = subprocess.Popen(command, env=environment, stdout=lines, stderr=lines)
        try:
            _wait_until_ready(url, process, log)
            yield Installation(url, directory, environment, codes, process.pid)
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def provider_settings(provider: LocalProvider) -> Mapping[str, object]:
    """What an operator tells the service of the provider (docs/operator.md)."""
    return {
        "issuer": provider.issuer,
        "token": "id",
        "audience": "sluis-cli",
        "algorithm": "RS256",
        "key_id_required": False,
        "roles_claim": ["roles"],
        "roles": {name: name for name in ("steward", "privacy-officer", "regional-owner", "auditor")},
        "organisation_claim": ["organisation"],
        "organisations": ["*"],
        "acr_required": {name: [SECOND_FACTOR] for name in ("steward", "privacy-officer", "auditor")},
    }


def run(*arguments: str, environment: Mapping[str, str], given: str | None = None) -> str:
    """Run `sluis` as an operator does.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        [*SLUIS, *arguments],
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"sluis {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _invite(invited: Sequence[Invited], environment: Mapping[str, str]) -> Mapping[str, str]:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("id", "name", "kinds", "holding", "agreement", "valid_from", "valid_until", "regions"))
    for one in invited:
        rows.writerow((one.id, one.name, one.kind, one.holding, "VO-2026-001", "2026-01-01", "", one.regions))
    letters = run("organisation", "import", "-", environment=environment, given=text.getvalue()).splitlines()
    return {letter["organisation"]: letter["code"] for letter in map(json.loads, letters)}


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/v1/readiness", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"the service did not start:\n{log.read_text()[-4000:]}")
