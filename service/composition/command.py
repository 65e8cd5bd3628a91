"""The `sluis` command: what operators, stewards and analysts type.

Each command loads the part of the service that it needs when it runs: `sluis api` should not wait for the database.
"""

# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import httpx
import typer

from service.adapters.bundle.faults import BundleError
from service.adapters.clock import SystemClock, SystemRandomness
from service.adapters.keystore import KeyDirectoryError
from service.adapters.pseudonym_keys import PseudonymKeysError
from service.cli.agreements import add_agreement_commands
from service.cli.api import add_api_commands
from service.cli.audit import add_audit_commands
from service.cli.classifications import add_classification_commands
from service.cli.console import BAD_INPUT
from service.cli.evidence import add_evidence_command
from service.cli.health import add_health_command
from service.cli.log import add_log_commands
from service.cli.login import add_login_commands
from service.cli.maintenance import Maintenance, add_maintenance_commands
from service.cli.organisations import add_organisation_commands
from service.cli.pictures import add_picture_commands
from service.cli.policy import Asked, Explained, Report, add_policy_commands
from service.cli.policy_diff import Comparison
from service.cli.public import add_public_commands
from service.cli.purposes import add_purpose_commands
from service.cli.regions import add_region_commands
from service.cli.reminders import add_reminder_commands
from service.cli.sealing import add_sealing_commands
from service.composition.settings import EMBEDDED_DATABASE, SettingsError, read_settings
from service.keyholder.command import add_keyholder_commands
from service.ports.identity import Algorithm, OpenIdLogin
from service.use_cases.call import Call
from sluis_client.wire.log import log_origin


def run() -> None:
    """Run the command; what the operator has to mend ends it with exit status 2 and every fault on its own line."""
    try:
        command()()
    except (SettingsError, KeyDirectoryError, PseudonymKeysError) as error:
        _refuse(error.faults)
    except BundleError as error:
        _refuse(tuple(f"{fault.place}\n  nl: {fault.nl}\n  en: {fault.en}" for fault in error.faults))


@cache
def command() -> typer.Typer:
    """All commands, each on what this composition gives it; the same whenever it is asked for."""
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, help="Sluis: Trusted Third Party", pretty_exceptions_enable=False
    )
    app.command()(serve)
    app.command(
        "protect",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(protect)
    keys = typer.Typer(no_args_is_help=True, help="Sleutels van de dienst / keys of the service")
    keys.command("create")(create_keys)
    keys.command("create-log")(create_log_key)
    keys.command("renew-log")(renew_log)
    keys.command("retire-log")(retire_log)
    app.add_typer(keys, name="keys")
    add_health_command(app)
    add_organisation_commands(app, _open_call)
    add_maintenance_commands(app, Maintenance(_Schema(), _open_call))
    add_policy_commands(app, _report, _explain, _compare, clock=SystemClock())
    add_login_commands(app, open_provider=_open_provider, randomness=SystemRandomness())
    add_api_commands(app, clock=SystemClock())
    add_purpose_commands(app, clock=SystemClock())
    add_agreement_commands(app, clock=SystemClock())
    add_region_commands(app, clock=SystemClock())
    add_classification_commands(app, clock=SystemClock())
    add_public_commands(app, _open_call, clock=SystemClock())
    add_picture_commands(app)
    add_evidence_command(app, clock=SystemClock())
    add_reminder_commands(app, _open_call, _remind)
    add_sealing_commands(app, _open_call)
    add_log_commands(app, _sequence, _open_call)
    add_audit_commands(app, clock=SystemClock(), record=_record_verification)
    add_keyholder_commands(app)
    return app


def serve() -> None:
    """Start de dienst, volgens de instellingen in de omgeving / start the service by its settings."""
    from service.composition.serving import serve as work

    work()


def protect(context: typer.Context) -> None:
    """Bescherm een tabel tegen onthulling, zonder de dienst / protect a table against disclosure, on its own."""
    from service.disclosure.command.main import main

    main(context.args, context.command_path)


def create_keys() -> None:
    """Maak de sleutels van de dienst, als die er nog niet zijn / make the service's keys, if there are none yet."""
    from service.adapters.keystore import load_service_keys

    settings = read_settings()
    settings.keys.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for key in load_service_keys(settings.keys, create=True).signer.public_keys():
        typer.echo(key["kid"])


def create_log_key() -> None:
    """Maak de sleutel van het auditlog, als die er nog niet is / make the audit log's key, if there is none yet."""
    from service.adapters.log_signing import load_log_signer

    settings = read_settings()
    settings.log_keys.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    typer.echo(load_log_signer(settings.log_keys, log_origin(settings.issuer), create=True).key.text())


def renew_log() -> None:
    """Maak de sleutel die de huidige van het auditlog opvolgt / make the key that is to follow the audit log's."""
    from service.adapters.log_signing import renew_log_key

    settings = read_settings()
    typer.echo(renew_log_key(settings.log_keys, log_origin(settings.issuer)).text())
    typer.echo(
        "Kondig hem aan (sluis log announce-key) en start dan de sequencer opnieuw. "
        "/ Announce it (sluis log announce-key), and then restart the sequencer.",
        err=True,
    )


def retire_log() -> None:
    """Verwijder de vervangen sleutels van het auditlog / remove the audit log's keys that were replaced."""
    from service.adapters.database import SqlDatabase
    from service.adapters.log_signing import retire_log_keys

    settings = read_settings()
    database = SqlDatabase(settings.url, random_bytes=SystemRandomness().key, pool_size=1)
    try:
        with database.look() as data:
            present = data.log.key()
    finally:
        database.dispose()
    if present is None:
        raise KeyDirectoryError(("het log heeft nog geen ijkpunt / the log has no checkpoint yet",))
    for key in retire_log_keys(settings.log_keys, log_origin(settings.issuer), present):
        typer.echo(f"verwijderd / removed: {key.text()}")
    typer.echo("Start de sequencer opnieuw / restart the sequencer", err=True)


def _sequence() -> None:
    from service.composition.sequencing import sequence_until_told

    sequence_until_told()


class _Schema:
    """The schema of the database in the settings."""

    def upgrade(self) -> str | None:
        from service.adapters.database import upgrade

        upgrade(self._url())
        return self.current()

    def downgrade(self, revision: str) -> str | None:
        from service.adapters.database import downgrade

        downgrade(self._url(), revision)
        return self.current()

    def current(self) -> str | None:
        from service.adapters.database import current

        return current(self._url())

    def _url(self) -> str:
        settings = read_settings()
        settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return settings.url


@contextmanager
def _open_call() -> Iterator[Call]:
    from service.composition.build import operator_call, prepare_embedded

    settings = read_settings()
    prepare_embedded(settings)
    with operator_call(settings) as call:
        yield call


def _remind(call: Call) -> tuple[int, int, int, int]:
    from service.composition.reminding import Trouble, remind

    def tell(trouble: Trouble) -> None:
        typer.echo(f"{trouble.mail}: {trouble.code} ({trouble.why or '-'})", err=True)

    done = remind(call, tell)
    return done.queued, done.sent, done.dropped, done.failed


def _record_verification(size: int | None, fault: str | None) -> bool:
    """Where neither settings nor the embedded folder name a database, there is nobody to tell."""
    from service.use_cases.record_verification import record_verification

    if not _has_database():
        return False
    with _open_call() as call:
        record_verification(call, size, fault)
    return True


def _has_database() -> bool:
    settings = read_settings()
    return settings.database_url is not None or (settings.data_directory / EMBEDDED_DATABASE).exists()


@contextmanager
def _open_provider(issuer: str, algorithm: Algorithm) -> Iterator[OpenIdLogin]:
    from service.adapters.identity.login_client import OpenIdLoginClient

    with httpx.Client() as http:
        yield OpenIdLoginClient(issuer, algorithm, http=http, clock=SystemClock())


def _report(directory: Path | None) -> Report:
    from service.adapters.bundle_report import report_bundle

    return report_bundle(directory)


def _explain(asked: Asked) -> Explained:
    from service.composition.explaining import explain_request

    return explain_request(asked)


def _compare(old: Path, new: Path, requests: Path | None) -> Comparison:
    from service.composition.comparing import compare_bundles

    return compare_bundles(old, new, requests, lambda: _open_call() if _has_database() else None)


def _refuse(faults: tuple[str, ...]) -> None:
    for fault in faults:
        typer.echo(fault, err=True)
    sys.exit(BAD_INPUT)
