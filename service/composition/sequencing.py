"""`sluis log sequence`: the sequencer as a process of its own, with its own account at the database and its own key."""

from __future__ import annotations

import signal

import typer

from service.adapters.clock import SystemClock, SystemRandomness
from service.adapters.database import SqlDatabase
from service.adapters.log_signing import load_log_signer
from service.adapters.observability import Logger, Stream, configure_logging
from service.cli.console import FAILED
from service.composition.sequencer import Sequencer
from service.composition.settings import read_settings
from sluis_client.wire.log import log_origin


def sequence_until_told() -> None:
    """Take turns until a signal comes, and take in what waits before ending.

    Raises:
        SettingsError, KeyDirectoryError: what has to be mended first.
    """
    settings = read_settings()
    configure_logging()
    signer = load_log_signer(settings.log_keys, log_origin(settings.issuer))
    database = SqlDatabase(settings.url, random_bytes=SystemRandomness().key, pool_size=2)
    log = Logger(Stream.LOG)
    try:
        if not database.ready():
            typer.echo(
                "Het databaseschema hoort bij een andere versie: sluis db upgrade / the schema differs", err=True
            )
            raise typer.Exit(FAILED)
        sequencer = Sequencer(database, SystemClock(), signer, interval=settings.log_interval, log=log)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: sequencer.tell_to_stop())
        log.info("sequencing")
        sequencer.work()
        log.info("stopped")
    finally:
        database.dispose()
