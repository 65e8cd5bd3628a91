"""What commands share: how they say a refusal, and how they get at the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import typer

from service.domain.errors import Denied, DomainError, Invalid
from service.domain.texts import text_of
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
            tell(reason.code)
        raise typer.Exit(FAILED) from denied
    except DomainError as refusal:
        details = ", ".join(f"{name}: {value}" for name, value in refusal.data.items())
        tell(refusal.code, details)
        if isinstance(refusal, Invalid):
            for where, what in refusal.faults:
                typer.echo(f"  {where}: {what}", err=True)
        raise typer.Exit(FAILED) from refusal


def tell(code: str, details: str = "") -> None:
    """One refusal on standard error: the code and, where known, its text."""
    known = text_of(code)
    text = f" {known.nl} / {known.en}" if known else ""
    typer.echo(f"{code}:{text}{f' ({details})' if details else ''}", err=True)
