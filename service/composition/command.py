"""The `sluis` command: what operators, stewards and analysts type."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import typer
import uvicorn

from service.adapters.bundle import BundleError
from service.adapters.bundle_report import report_bundle
from service.adapters.clock import SystemClock, SystemRandomness
from service.adapters.database import current, downgrade, upgrade
from service.adapters.identity.login_client import OpenIdLoginClient
from service.adapters.keystore import KeyDirectoryError, load_service_keys
from service.adapters.observability import Logger, Stream, configure_logging
from service.cli.api import add_api_commands
from service.cli.console import BAD_INPUT, FAILED
from service.cli.health import add_health_command
from service.cli.login import add_login_commands
from service.cli.maintenance import Maintenance, add_maintenance_commands
from service.cli.organisations import add_organisation_commands
from service.cli.policy import add_policy_commands
from service.composition.build import open_application, operator_call, prepare_embedded
from service.composition.http import http_application
from service.composition.settings import Settings, SettingsError, read_settings
from service.disclosure.command import protect_command
from service.ports.identity import Algorithm, OpenIdLogin
from service.use_cases.call import Call


def run() -> None:
    """Run the command; what the operator has to mend ends it with exit status 2 and every fault on its own line."""
    try:
        command()()
    except SettingsError as error:
        _refuse(error.faults)
    except KeyDirectoryError as error:
        _refuse(error.faults)
    except BundleError as error:
        _refuse(tuple(f"{fault.place}\n  nl: {fault.nl}\n  en: {fault.en}" for fault in error.faults))


def command() -> typer.Typer:
    """All commands, each on what this composition gives it."""
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, help="Sluis: Trusted Third Party", pretty_exceptions_enable=False
    )
    app.command()(serve)
    app.command("protect")(protect_command)
    keys = typer.Typer(no_args_is_help=True, help="Sleutels van de dienst / keys of the service")
    keys.command("create")(create_keys)
    app.add_typer(keys, name="keys")
    add_health_command(app)
    add_organisation_commands(app, _open_call)
    add_maintenance_commands(app, Maintenance(_Schema(), _open_call))
    add_policy_commands(app, report_bundle)
    add_login_commands(app, open_provider=_open_provider, randomness=SystemRandomness())
    add_api_commands(app, clock=SystemClock())
    return app


def serve() -> None:
    """Start de dienst, volgens de instellingen in de omgeving / start the service by its settings."""
    settings = read_settings()
    configure_logging()
    prepare_embedded(settings)
    log = Logger(Stream.STARTUP)
    with open_application(settings) as application:
        if not application.database.ready():
            typer.echo(
                "Het databaseschema hoort bij een andere versie: sluis db upgrade / the schema differs", err=True
            )
            raise typer.Exit(FAILED)
        log.info("starting", policy_hash=application.services.policy.policy_hash, address=settings.issuer)
        server = uvicorn.Server(
            uvicorn.Config(
                http_application(application),
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_graceful_shutdown=20,
            )
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            # uvicorn raises the signal once more when it has stopped, and the worker still has to finish.
            signal.signal(number, lambda _number, _frame: None)
        application.worker.start(application.services)
        try:
            server.run()
        finally:
            application.worker.stop()
    log.info("stopped")


def create_keys() -> None:
    """Maak de sleutels van de dienst, als die er nog niet zijn / make the service's keys, if there are none yet."""
    settings = read_settings()
    settings.keys.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for key in load_service_keys(settings.keys, create=True).signer.public_keys():
        typer.echo(key["kid"])


class _Schema:
    """The schema of the database in the settings."""

    def upgrade(self) -> str | None:
        settings = self._settings()
        upgrade(settings.url)
        return current(settings.url)

    def downgrade(self, revision: str) -> str | None:
        settings = self._settings()
        downgrade(settings.url, revision)
        return current(settings.url)

    def current(self) -> str | None:
        return current(self._settings().url)

    def _settings(self) -> Settings:
        settings = read_settings()
        settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return settings


@contextmanager
def _open_call() -> Iterator[Call]:
    settings = read_settings()
    prepare_embedded(settings)
    with operator_call(settings) as call:
        yield call


@contextmanager
def _open_provider(issuer: str, algorithm: Algorithm) -> Iterator[OpenIdLogin]:
    with httpx.Client() as http:
        yield OpenIdLoginClient(issuer, algorithm, http=http, clock=SystemClock())


def _refuse(faults: tuple[str, ...]) -> None:
    for fault in faults:
        typer.echo(fault, err=True)
    sys.exit(BAD_INPUT)
