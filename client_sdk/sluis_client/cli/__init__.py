"""The command line: `sluis-client`."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from sluis_client.cli.agreements import agreements
from sluis_client.cli.audit import audit
from sluis_client.cli.calendar import calendar, contact
from sluis_client.cli.check import check
from sluis_client.cli.describe import describe
from sluis_client.cli.diff import diff
from sluis_client.cli.exit_codes import MEANING
from sluis_client.cli.init import init
from sluis_client.cli.keys import keys
from sluis_client.cli.map import map as map_
from sluis_client.cli.objections import objections
from sluis_client.cli.pseudonymise import pseudonym, pseudonymise
from sluis_client.cli.receipts import receipts, trust
from sluis_client.cli.release import release
from sluis_client.cli.status import rounds, status
from sluis_client.cli.submit import submit
from sluis_client.cli.template import template
from sluis_client.cli.uses import uses
from sluis_client.cli.withdraw import withdraw

_CODES = "\n\n".join(f"{int(code)}  {text.nl} ({text.en})" for code, text in MEANING.items())

app = typer.Typer(
    name="sluis-client",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables could show a secret
    help="Cijfers aanleveren aan een Sluis. (Deliver figures to a Sluis.)",
    epilog=f"Exit codes:\n\n{_CODES}",
)
app.command()(init)
app.command()(describe)
app.command()(template)
app.command()(check)
app.command()(map_)
app.command()(diff)
app.command()(pseudonymise)
app.command()(pseudonym)
app.command()(submit)
app.command()(withdraw)
app.command()(status)
app.command()(rounds)
app.command()(calendar)
app.command()(contact)
app.command()(uses)
app.add_typer(agreements, name="agreements")
app.add_typer(objections, name="objections")
app.add_typer(keys, name="keys")
app.add_typer(receipts, name="receipts")
app.command()(trust)
app.add_typer(audit, name="audit")
app.add_typer(release, name="release")


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"sluis-client {version('sluis-client')}\n")
        raise typer.Exit


@app.callback()
def _common(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Versie. (Version.)")] = False,
) -> None:
    """Options of the command as a whole."""


def main() -> None:
    """Runs the command line."""
    app()
