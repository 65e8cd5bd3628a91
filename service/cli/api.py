"""`sluis api METHOD PATH`: call the service as the person who logged in with `sluis login`.

Until there are pages, this is how a steward, a regional owner or an auditor works from a shell.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from service.cli.console import BAD_INPUT, FAILED
from service.cli.login_session import NotLoggedInError, current_token
from service.ports.clock import Clock

_TIMEOUT = 60.0
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

Url = Annotated[str, typer.Option(envvar="SLUIS_URL", help="Adres van de dienst / address of the service")]


class Method(StrEnum):
    """The methods that the API knows."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


def add_api_commands(app: typer.Typer, *, clock: Clock) -> None:
    """Add `api` to the commands."""

    @app.command()
    def api(
        method: Method,
        path: Annotated[str, typer.Argument(help="/v1/...")],
        *,
        url: Url,
        body: Annotated[Path | None, typer.Option(help="Bestand met JSON, of - / file with JSON, or -")] = None,
        accept: Annotated[str, typer.Option(help="Gewenste vorm / media type wanted")] = "application/json",
        select: Annotated[
            str | None, typer.Option(help="Toon één veld, bv. id / show one member, e.g. items.0.id")
        ] = None,
    ) -> None:
        """Roep de dienst aan als wie is ingelogd / call the service as whoever logged in (exit 1 when refused)."""
        answer = ask_service(clock, url, method, path, accept=accept, content=_content(body))
        typer.echo(_readable(answer) if select is None else _selected(answer.json(), select))


def ask_service(
    clock: Clock, url: str, method: str, path: str, *, accept: str = "application/json", content: bytes | None = None
) -> httpx.Response:
    """The service's answer to whoever logged in; a refusal is told on standard error and ends the command.

    Raises:
        typer.Exit: nobody logged in, the address is not safe, the service is away, or it refused.
    """
    headers = {**_credentials(clock, url), "Accept": accept}
    if content is not None:
        headers["Content-Type"] = "application/json"
    with _failures_told():
        answer = httpx.request(method, url.rstrip("/") + path, headers=headers, content=content, timeout=_TIMEOUT)
    _require_success(answer)
    return answer


def save_answer(clock: Clock, url: str, path: str, target: Path) -> Mapping[str, str]:
    """Write the service's answer to a file as it comes in; the file is there when all of it is, and else as it was.

    Returns:
        The headers of the answer.

    Raises:
        typer.Exit: as `ask_service`, or the answer broke off.
    """
    headers = _credentials(clock, url)
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with (
            _failures_told(),
            httpx.stream("GET", url.rstrip("/") + path, headers=headers, timeout=_TIMEOUT) as answer,
        ):
            if answer.is_error:
                answer.read()
            _require_success(answer)
            with unfinished.open("wb") as file:
                file.writelines(answer.iter_bytes())
        unfinished.replace(target)
        return answer.headers
    finally:
        unfinished.unlink(missing_ok=True)


def _credentials(clock: Clock, url: str) -> dict[str, str]:
    try:
        token = current_token(clock)
    except NotLoggedInError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from error
    if httpx.URL(url).scheme != "https" and httpx.URL(url).host not in _LOOPBACK:
        typer.echo("--url: https, of http op deze computer / https, or http on this computer", err=True)
        raise typer.Exit(BAD_INPUT)
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        typer.echo(f"De dienst is niet bereikbaar / the service cannot be reached ({type(error).__name__})", err=True)
        raise typer.Exit(FAILED) from error


def _require_success(answer: httpx.Response) -> None:
    if answer.is_error:
        typer.echo(_readable(answer), err=True)
        raise typer.Exit(FAILED)


def _content(body: Path | None) -> bytes | None:
    if body is None:
        return None
    return sys.stdin.buffer.read() if str(body) == "-" else body.read_bytes()


def _readable(answer: httpx.Response) -> str:
    if "json" in answer.headers.get("content-type", ""):
        return json.dumps(answer.json(), indent=2, ensure_ascii=False)
    return answer.text


def _selected(document: Any, path: str) -> str:
    """One member, named by its path with dots between the steps; as text, or as JSON when it is not plain."""
    found = document
    for step in path.split("."):
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            typer.echo(f"--select {path}: {step} is er niet / is not there", err=True)
            raise typer.Exit(BAD_INPUT) from error
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
