"""What commands share: how they say a refusal, and how they get at the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import typer

from service.domain.errors import Denied, DomainError, Invalid
from service.domain.texts import ReasonText, text_of_error, text_of_reason
from service.domain.texts_rules import told_faults
from service.use_cases.call import Call

OpenCall = Callable[[], AbstractContextManager[Call]]
"""Opens the service's database for one command, as the operator who types it."""

FAILED = 1
BAD_INPUT = 2


@contextmanager
def refusals_told() -> Iterator[None]:
    """Say on standard error why the service refused, in Dutch and English, and end with exit status 1."""
    try:
        yield
    except Denied as denied:
        for reason in denied.reasons:
            _tell(text_of_reason(reason))
        raise typer.Exit(FAILED) from denied
    except DomainError as refusal:
        _tell(text_of_error(refusal))
        if isinstance(refusal, Invalid):
            for fault in told_faults(refusal):
                typer.echo(f"  {fault.where}: {fault.nl} / {fault.en}", err=True)
        raise typer.Exit(FAILED) from refusal


def _tell(text: ReasonText) -> None:
    typer.echo(f"{text.code}: {text.nl} {text.mend['nl']}", err=True)
    typer.echo(f"{text.code}: {text.en} {text.mend['en']}", err=True)
