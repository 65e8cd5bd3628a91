"""`sluis serve`: the service, from its settings until it is told to stop."""

from __future__ import annotations

import signal

import typer
import uvicorn

from service.adapters.observability import Logger, Stream, configure_logging
from service.cli.console import FAILED
from service.composition.announcing import announced
from service.composition.build import open_application, prepare_embedded, report_mail
from service.composition.http import http_application
from service.composition.reminding import Reminding
from service.composition.settings import read_settings


def serve() -> None:
    """Start, work until a signal comes, finish what is under way.

    Raises:
        SettingsError, BundleError, KeyDirectoryError: what has to be mended first.
    """
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
        application.sequencer.start()
        try:
            with announced(application, log):
                application.worker.start(application.services)
                reminding = Reminding(application.services, report_mail)
                reminding.start()
                try:
                    server.run()
                finally:
                    reminding.stop()
                    application.worker.stop()
        finally:
            application.sequencer.stop()
    log.info("stopped")
