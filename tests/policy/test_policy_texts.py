"""Every code that the service can refuse with has a text in two languages, a rule, and what mends it."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import service
from service.api.problem_texts import EDGE, HEADINGS
from service.domain.errors import Conflict, Denied, Invalid, NotFound, Unavailable
from service.domain.reason import Reason
from service.domain.request import REQUEST_LIFECYCLE, Unsafe
from service.domain.round import ROUND_LIFECYCLE
from service.domain.submission import SUBMISSION_LIFECYCLE
from service.domain.texts import ERRORS, REASONS, UNSAFE, text_of_error, text_of_reason, text_of_unsafe
from service.ports.identity import NotAuthenticated, TokenFault

RAISED = {Conflict.__name__, Invalid.__name__, Unavailable.__name__}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(
    "text", [*REASONS.values(), *ERRORS.values(), *UNSAFE.values()], ids=[*REASONS, *ERRORS, *UNSAFE]
)
def test_both_languages_name_the_same_facts(text):
    assert all((text.rule, text.nl, text.en, text.mend_nl, text.mend_en))
    assert placeholders(text.nl) == placeholders(text.en)
    assert placeholders(text.mend_nl) == placeholders(text.mend_en)
    assert all(part.endswith(".") for part in (text.nl, text.en, text.mend_nl, text.mend_en))


def raised_codes() -> dict[str, set[str]]:
    """Literal codes of errors in the source, each with the names of the facts given with it."""
    found: dict[str, set[str]] = {}
    for file in Path(service.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in RAISED and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant):
                    given = node.args[1] if len(node.args) > 1 else None
                    keys = given.keys if isinstance(given, ast.Dict) else []
                    found.setdefault(code.value, set()).update(k.value for k in keys if isinstance(k, ast.Constant))
    return found


def test_every_reason_that_a_use_case_gives_itself_has_a_text():
    sources = [file.read_text(encoding="utf-8") for file in Path(service.__file__).parent.rglob("*.py")]
    given = {code for source in sources for code in re.findall(r"\bReason\(\"([a-z-]+)\"", source)}
    assert "code-not-valid" in given
    assert given <= REASONS.keys()


@pytest.mark.parametrize("fault", TokenFault)
def test_a_refused_token_reads_as_such_and_not_as_a_failure_of_the_service(fault: TokenFault):
    told = text_of_error(NotAuthenticated(fault))
    assert (told.code, told.en) == (fault.value, ERRORS["not-authenticated"].en)


def test_every_error_that_is_raised_has_a_text():
    assert raised_codes().keys() - ERRORS.keys() == set()


def test_texts_name_only_facts_that_the_error_carries():
    for code, given in raised_codes().items():
        text = ERRORS[code]
        if given:
            assert placeholders(text.nl + text.mend_nl) <= given, code


def test_every_state_machine_has_a_text():
    names = {machine.name for machine in (REQUEST_LIFECYCLE, ROUND_LIFECYCLE, SUBMISSION_LIFECYCLE)}
    assert {f"{name}-state" for name in names} <= ERRORS.keys()


@pytest.mark.parametrize("code", Unsafe)
def test_every_table_that_cannot_be_made_says_why_and_what_helps(code: Unsafe):
    text = text_of_unsafe(code)
    assert (text.code, text.en) == (code.value, UNSAFE[code].en)
    assert not placeholders(UNSAFE[code].nl + UNSAFE[code].mend_nl)


def test_later_and_coarser_are_different_advice():
    coarser = {Unsafe.TABLE_TOO_LARGE, Unsafe.ATTACK_SUCCEEDED}
    assert {code for code in Unsafe if text_of_unsafe(code).mend["en"].startswith("Ask less finely")} == coarser
    assert text_of_unsafe(Unsafe.CANNOT_BE_PROTECTED).mend["en"].startswith("Ask one of the coarser tables")
    later = text_of_unsafe(Unsafe.REVISION_PENDING).mend
    assert (later["nl"][:18], later["en"][:17]) == ("De aanvraag wacht,", "The request waits")


def test_each_notion_has_the_one_dutch_word_of_the_glossary():
    other = re.compile(r"\b(uitgift|uitgave|uitgegeven|uit te geven|leverancier|levering)", re.IGNORECASE)
    edge = [part for text in EDGE.values() for part in (text.title_nl, text.detail_nl)]
    table = [part for texts in (REASONS, ERRORS, UNSAFE) for text in texts.values() for part in (text.nl, text.mend_nl)]
    shown = [*table, *edge, *(heading.title_nl for heading in HEADINGS.values())]
    assert [text for text in shown if other.search(text)] == []


def test_filled_in():
    reason = text_of_reason(Reason("data-too-young", {"age": 2, "minimum": 3}))
    assert reason.nl == "De jongste periode is 2 hele maanden oud; 3 is het minimum."
    assert reason.mend["en"] == "Ask again later, or leave the newest period out."
    error = text_of_error(Conflict("round-closed", {"round": "staffed-beds-2019"}))
    assert error.en == "Round staffed-beds-2019 is closed."
    assert text_of_error(NotFound("release")).code == "not-found"
    assert text_of_error(Denied((Reason("not-yours"),))).nl == "Dit is niet toegestaan."


def test_a_text_never_fails():
    assert text_of_reason(Reason("data-too-young")).en == "The newest period is - whole months old; - is the minimum."
    assert text_of_reason(Reason("unheard-of")).en == REASONS["policy-not-sure"].en
    assert text_of_error(Conflict("unheard-of")).en == ERRORS["internal-error"].en
    assert (
        text_of_reason(Reason("purpose-unknown", {"purpose": "{x} %s {0}"})).en
        == "Purpose '{x} %s {0}' does not exist, or not for your organisation."
    )
