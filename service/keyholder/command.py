"""`sluis keyholder ...`: run the key holder, and make, replace and destroy its keys.

A server is loaded by what runs one: every other command of the operator would wait for it too.
"""

# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import json
import os
import pwd
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from service.adapters.clock import SystemClock, SystemRandomness
from service.adapters.durable import write_durably, write_synced
from service.adapters.keystore import KEY_BYTES, FileKeyStore
from service.keyholder.keys import Keys
from service.keyholder.refusals import Refusal
from service.keyholder.settings import KeyHolderSettings, KeyHolderSettingsError, read_keyholder_settings
from service.keyholder.store import Store

_BAD_INPUT = 2
_SHARED = stat.S_IRWXG | stat.S_IRWXO
_Domain = Annotated[str, typer.Argument(metavar="DOMEIN", help="Waarvoor de pseudoniemen zijn / what they are for")]
_Version = Annotated[int, typer.Argument(metavar="VERSIE", min=1, help="De sleutelversie / the key's version")]
_Since = Annotated[
    datetime,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Cijfers over perioden die dan of later eindigen / figures about periods that end then or later",
    ),
]


def add_keyholder_commands(app: typer.Typer) -> None:
    """Add `keyholder` to the operator's commands."""
    group = typer.Typer(no_args_is_help=True, help="Sleutelhouder van pseudoniemen / key holder of pseudonyms")
    group.command("init")(init)
    group.command("trust")(trust)
    group.command("serve")(serve)
    group.command("create-key")(create_key)
    group.command("rotate")(rotate)
    group.command("destroy-key")(destroy_key)
    group.command("keys")(show_keys)
    group.command("events")(show_events)
    group.command("evaluations")(show_evaluations)
    app.add_typer(group, name="keyholder")


def serve() -> None:
    """Start de sleutelhouder, volgens de instellingen in de omgeving / start the key holder by its settings."""
    import uvicorn

    from service.adapters.observability import Logger, Stream, configure_logging
    from service.keyholder.access import Access
    from service.keyholder.evaluating import Quota
    from service.keyholder.http import KeyHolder, keyholder_application

    with _told():
        settings = read_keyholder_settings()
        store, keys = _opened(settings)
        holder = KeyHolder(
            store,
            keys,
            Access(settings),
            Quota(settings.quota, settings.quota_days),
            SystemClock(),
            settings.address,
        )
        configure_logging()
        Logger(Stream.STARTUP).info("starting", address=settings.address)
        uvicorn.run(
            keyholder_application(holder),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=20,
        )


def init() -> None:
    """Maak de sleutel-encryptiesleutel, als die er nog niet is / make the key-encryption key, if there is none yet."""
    with _told():
        _key_encryption_key(read_keyholder_settings().key_file, create=True)


def trust(
    file: Annotated[Path, typer.Argument(metavar="BESTAND", help="/.well-known/jwks.json van de dienst, of - / or -")],
) -> None:
    """Neem toegangsbewijzen aan die met deze sleutels zijn getekend / take tokens that these keys signed."""
    from service.keyholder.access import service_keys

    with _told():
        settings = read_keyholder_settings()
        settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        keys = service_keys(content)
        if not keys:
            raise KeyHolderSettingsError((f"{file}: geen sleutel van de dienst / no key of the service",))
        write_durably(settings.jwks_file.parent, settings.jwks_file.name, content)
        for key_id in sorted(keys):
            typer.echo(key_id)


def create_key(domain: _Domain) -> None:
    """Maak de eerste sleutel van een domein / make the first key of a domain."""
    with _told():
        typer.echo(_opened(read_keyholder_settings())[1].create(domain, _account()))


def rotate(domain: _Domain, since: _Since) -> None:
    """Maak de volgende sleutel; de oude blijft gelden tot hij vernietigd is / make the next; the old one stays."""
    with _told():
        day = date(since.year, since.month, since.day)
        typer.echo(_opened(read_keyholder_settings())[1].rotate(domain, day, _account()))


def destroy_key(
    domain: _Domain,
    version: _Version,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Vraag niets / ask nothing")] = False,
) -> None:
    """Vernietig een oude sleutel, voorgoed / destroy an old key, for good."""
    if not yes:
        typer.confirm(f"{domain} {version}: voorgoed vernietigen / destroy for good?", abort=True)
    with _told():
        _opened(read_keyholder_settings())[1].destroy(domain, version, _account())


def show_keys() -> None:
    """Toon wat de dienst bekendmaakt: adres en sleutels zonder geheim / show what the service publishes."""
    with _told():
        settings = read_keyholder_settings()
        typer.echo(json.dumps(_opened(settings)[1].published(settings.address).to_json(), indent=2))


def show_events() -> None:
    """Toon wat er met sleutels gebeurde, als regels JSON / show what happened to keys, as lines of JSON."""
    with _told(), _opened(read_keyholder_settings())[0].transact() as data:
        for event in data.events():
            typer.echo(json.dumps(event))


def show_evaluations(
    supplier: Annotated[str | None, typer.Option(help="Van een aanleveraar / of one supplier")] = None,
) -> None:
    """Toon wie wanneer hoeveel vroeg, als regels JSON / show who asked when for how many, as lines of JSON."""
    with _told(), _opened(read_keyholder_settings())[0].transact() as data:
        for one in data.evaluations(supplier):
            row = {"at": one.at, "supplier": one.supplier, "domain": one.domain}
            typer.echo(json.dumps({**row, "elements": one.elements, "outcome": one.outcome}))


def _opened(settings: KeyHolderSettings) -> tuple[Store, Keys]:
    settings.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    wrapping = FileKeyStore(_key_encryption_key(settings.key_file, create=settings.mode == "embedded"))
    store = Store(settings.database)
    return store, Keys(store, wrapping, SystemClock(), SystemRandomness())


def _key_encryption_key(path: Path, *, create: bool) -> bytes:
    """The key in the file, which nobody else may read; only the embedded key holder makes it by itself.

    Raises:
        KeyHolderSettingsError: it is not there, open to others, or of another length.
    """
    if create and not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_synced(path, SystemRandomness().key(KEY_BYTES))
    try:
        with path.open("rb") as file:
            shared = os.fstat(file.fileno()).st_mode & _SHARED
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise KeyHolderSettingsError((f"{path}: niet te lezen / cannot be read ({error.strerror})",)) from None
    if shared:
        raise KeyHolderSettingsError((f"{path}: leesbaar voor anderen / open to others: chmod 0600",))
    if len(key) != KEY_BYTES:
        raise KeyHolderSettingsError((f"{path}: heeft geen {KEY_BYTES} bytes / has not {KEY_BYTES} bytes",))
    return key


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@contextmanager
def _told() -> Iterator[None]:
    """What the operator has to mend ends the command with exit status 2, every fault on its own line."""
    try:
        yield
    except KeyHolderSettingsError as error:
        for fault in error.faults:
            typer.echo(fault, err=True)
        sys.exit(_BAD_INPUT)
    except Refusal as refusal:
        typer.echo(f"{refusal.nl}\n{refusal.en}", err=True)
        sys.exit(_BAD_INPUT)
