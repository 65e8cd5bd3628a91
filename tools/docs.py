"""Writes the parts of docs/ that follow from the code: `python -m tools.docs`, or `--check` to compare only.

A page that says so on top is never edited by hand; a test fails when one differs from the code. Of disclosure.md only
what its commands print is written (`tools.worked`).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from service import use_cases
from service.adapters.identity.provider_settings import ProviderSettings
from service.composition.settings import OF_COMMANDS, PREFIX, Settings
from service.domain.audit import EventCode
from service.domain.lifecycle import Lifecycle
from service.domain.purpose import PURPOSE_LIFECYCLE
from service.domain.region_change import REGION_CHANGE_LIFECYCLE
from service.domain.request import REQUEST_LIFECYCLE
from service.domain.round import ROUND_LIFECYCLE
from service.domain.stated_classification import CLASSIFICATION_LIFECYCLE
from service.domain.submission import SUBMISSION_LIFECYCLE
from service.domain.texts import ERRORS, REASONS, UNSAFE, Text
from service.domain.texts_obligations import OBLIGATIONS
from service.domain.texts_signals import SIGNALS
from service.keyholder.settings import PREFIX as KEYHOLDER_PREFIX
from service.keyholder.settings import KeyHolderSettings
from tools.checks import checks_page
from tools.datasets import datasets_page
from tools.worked import disclosure_page

DOCS = Path(__file__).resolve().parents[1] / "docs"
LIFECYCLES: tuple[Lifecycle[Any], ...] = (
    ROUND_LIFECYCLE,
    SUBMISSION_LIFECYCLE,
    REQUEST_LIFECYCLE,
    PURPOSE_LIFECYCLE,
    REGION_CHANGE_LIFECYCLE,
    CLASSIFICATION_LIFECYCLE,
)

_GENERATED = "<!-- Written by `make docs` from the code; do not edit. -->"
_STATES = """
What may follow what is a table in `service/domain/`; code, error and diagram come from the same rows. An event that the
table does not have is refused (`round-state`, `submission-state`, `request-state`, `purpose-state`,
`region-change-state`, `classification-state`).
"""
_SETTINGS = """
Settings are variables in the environment. An unknown `SLUIS_` variable, a wrong value and a weak one stop the service
before it starts; each is named, no value is repeated.
"""
_EVENTS = """
Each action writes one event in the same transaction; a denial or failure writes one too, with the same code, outcome
`denied` or `failed`, and the codes of the [reasons](reasons.md). The letters are those of NEN 7513 and FHIR AuditEvent.
Where *refusals* stands, a denial or failure leaves an event, and a look that goes well leaves none.

What a kind of event *always says* it says when the action goes well, beside who, what, when, from where and how it
ended; an answer to a repeated call, for which nothing was done again, may say less. `policy` is the bundle, the
policies that decided and the decision; `purpose` comes with its legal basis. `tests/journey` holds each use case to it.
"""
_SIGNALS = """
What `sluis audit signals` counts, and from where on it is told ([auditor.md](auditor.md)). A signal is a question.
"""
_REASONS = """
Codes are stable: they stand in answers, in decisions and in the audit log. `{name}` is filled in from what happened.
"""


def main(arguments: Sequence[str]) -> int:
    """Write every page, or with `--check` only name those that differ.

    Returns:
        The exit status: 0 when all is current, 1 when `--check` found a difference, 2 when the arguments are wrong.
    """
    if set(arguments) - {"--check"}:
        sys.stderr.write("usage: python -m tools.docs [--check]\n")
        return 2
    current = {name: page() for name, page in PAGES.items()}
    differing = [name for name, page in current.items() if _on_disk(name) != page]
    for name in differing:
        sys.stderr.write(f"docs/{name}: {'differs, run make docs' if arguments else 'written'}\n")
        if not arguments:
            (DOCS / name).write_text(current[name], encoding="utf-8")
    return 1 if arguments and differing else 0


def states_page() -> str:
    """A diagram per state machine, and the table it is drawn from."""
    parts = [
        "# States",
        _STATES,
    ]
    for lifecycle in LIFECYCLES:
        rows = ([f"`{t.source}`", f"`{t.event}`", f"`{t.target}`"] for t in lifecycle.transitions)
        parts += [
            f"## {lifecycle.name.capitalize()}",
            f"```mermaid\n{lifecycle.mermaid()}\n```",
            _table(("state", "event", "leads to"), rows),
        ]
    return _page(parts)


def settings_page() -> str:
    """Every variable of the service, of one OpenID provider, and of the commands."""
    meanings = _attributes(Settings)
    own = (
        [f"`{PREFIX}{name.upper()}`", _default(field.default), meanings[name]]
        for name, field in Settings.model_fields.items()
    )
    meant = _attributes(KeyHolderSettings)
    holding = (
        [f"`{KEYHOLDER_PREFIX}{name.upper()}`", _default(field.default), meant[name]]
        for name, field in KeyHolderSettings.model_fields.items()
    )
    told = _attributes(ProviderSettings)
    provider = ([f"`{field.name}`", told[field.name]] for field in fields(ProviderSettings))
    return _page(
        [
            "# Settings",
            _SETTINGS,
            _table(("variable", "default", "meaning"), own),
            "## One OpenID provider",
            "`SLUIS_OIDC_PROVIDERS` is a JSON list of objects with these members ([0003](adr/0003-people-log-in.md)).",
            _table(("member", "meaning"), provider),
            "## The key holder of pseudonyms",
            "`sluis keyholder` reads these, and the service does not ([0022](adr/0022-blind-pseudonyms.md)).",
            _table(("variable", "default", "meaning"), holding),
            "## Variables of commands",
            "These belong to `sluis login`, `sluis api` and `sluis-client`; the service does not look at them: "
            + ", ".join(f"`{name}`" for name in sorted(OF_COMMANDS))
            + ".",
        ]
    )


def events_page() -> str:
    """Every code that an audit event can have."""
    rows = [
        [
            f"`{event.code}`",
            f"{event.action.value} ({event.action.name.lower()})",
            event.object_type,
            "refusals" if event.refusals_only else "always",
            "–" if event.refusals_only else ", ".join(sorted(event.always)) or "–",
            f"`{place}`",
        ]
        for event, place in sorted(events(), key=lambda found: found[0].code)
    ]
    signal_rows = ([f"`{kind}`", text.rule, *_both(text)] for kind, text in SIGNALS.items())
    return _page(
        [
            "# Audit events",
            _EVENTS,
            _table(("code", "action", "object", "leaves an event", "always says", "written by"), rows),
            "## Signals",
            _SIGNALS,
            _table(("signal", "rule", "Nederlands", "English"), signal_rows),
        ]
    )


def reasons_page() -> str:
    """Every code that explains a refusal, with its texts."""
    return _page(
        [
            "# Reasons and errors",
            _REASONS,
            "## Why the policy denies",
            _texts(REASONS),
            "## What a permit obliges to",
            _table(("code", "Nederlands", "English"), ([f"`{code}`", *both] for code, both in OBLIGATIONS.items())),
            "## Other errors",
            _texts(ERRORS),
            "## Why no safe table could be made",
            "The `refusal` of a request that ended as `unsafe`.",
            _texts(UNSAFE),
        ]
    )


def events() -> Iterator[tuple[EventCode, str]]:
    """The event codes of the use cases, each with the file that writes it."""
    for found in pkgutil.iter_modules(use_cases.__path__):
        module = importlib.import_module(f"{use_cases.__name__}.{found.name}")
        for value in vars(module).values():
            if isinstance(value, EventCode):
                yield value, f"service/use_cases/{found.name}.py"


def _texts(texts: Mapping[str, Text]) -> str:
    rows = ([f"`{code}`", text.rule, *_both(text)] for code, text in sorted(texts.items()))
    return _table(("code", "rule", "Nederlands", "English"), rows)


def _both(text: Text) -> tuple[str, str]:
    return f"{text.nl} *{text.mend_nl}*", f"{text.en} *{text.mend_en}*"


def _attributes(kind: type[Any]) -> dict[str, str]:
    """What the section `Attributes` of a class's docstring says of each."""
    section = inspect.getdoc(kind).partition("Attributes:\n")[2]  # type: ignore[union-attr] # all have one: a test
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if start := re.fullmatch(r" {4}(\w+): (.+)", line):
            name, found[start[1]] = start[1], start[2]
        elif line.strip() and name:
            found[name] += " " + line.strip()
    return found


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    return "–" if value in (None, ()) else f"`{value}`"


def _page(parts: Iterable[str]) -> str:
    title, *rest = (part.strip() for part in parts)
    return "\n\n".join([title, _GENERATED, *rest]) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _on_disk(name: str) -> str | None:
    page = DOCS / name
    return page.read_text(encoding="utf-8") if page.is_file() else None


PAGES: Mapping[str, Callable[[], str]] = {
    "checks.md": lambda: _page(checks_page()),
    "datasets.md": lambda: _page(datasets_page()),
    "disclosure.md": disclosure_page,
    "events.md": events_page,
    "reasons.md": reasons_page,
    "settings.md": settings_page,
    "states.md": states_page,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
