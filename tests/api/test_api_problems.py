"""Every error of the service has its problem: a status, a title, and texts in Dutch and English."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

import service
from service.adapters.database.refusals import BUSY, REFUSED
from service.api.exchange import SCOPE_KEY, Exchange
from service.api.problem_texts import EDGE, HEADINGS
from service.api.problems import HIDING, WRONG_ROLE, domain_error, unexpected
from service.domain import errors
from service.domain.errors import Conflict, Denied, DomainError, Invalid, NotFound, Unavailable
from service.domain.reason import Reason
from service.domain.request import REQUEST_LIFECYCLE
from service.domain.round import ROUND_LIFECYCLE
from service.domain.submission import SUBMISSION_LIFECYCLE
from service.domain.texts import ERRORS, REASONS
from service.domain.texts_rules import RULES
from service.ports.identity import NotAuthenticated, TokenFault

ROOT = Path(service.__file__).parent
TREE = {"Conflict": 409, "Invalid": 400, "Unavailable": 503}


def sources() -> Iterator[ast.AST]:
    for path in sorted(ROOT.rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def codes(name: str) -> set[str]:
    """Every code that an error of this class is made with, anywhere in the source."""
    return {
        node.args[0].value
        for node in sources()
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", None)) == name
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def request(path_params: dict[str, str] | None = None, exchange: Exchange | None = None) -> Request:
    found = exchange or Exchange("0af76519-16cd-43dd-8448-eb211c80319c", "192.0.2.1")
    return Request(
        {"type": "http", SCOPE_KEY: found, "path_params": path_params or {}, "headers": [], "app": SimpleNamespace()}
    )


def told(error: DomainError, **more: Any) -> tuple[int, dict[str, Any]]:
    answer = domain_error(request(**more), error)
    assert answer.media_type == "application/problem+json"
    return answer.status_code, json.loads(answer.body)


@pytest.mark.parametrize(("kind", "status"), TREE.items())
def test_every_code_in_the_source_has_its_problem(kind: str, status: int) -> None:
    found = codes(kind)
    assert found
    if kind == "Conflict":
        found |= {f"{lifecycle.name}-state" for lifecycle in (ROUND_LIFECYCLE, SUBMISSION_LIFECYCLE, REQUEST_LIFECYCLE)}
    if kind == "Unavailable":
        found |= {BUSY, REFUSED}
    for code in found:
        assert code in ERRORS, f"{code} has no text in service.domain.texts"
        answered, problem = told(getattr(errors, kind)(code))
        assert answered == HEADINGS[code].status if code in HEADINGS else status
        assert problem["code"] == code
        assert problem["type"] == f"urn:sluis:problem:{code}"
        assert all(problem[name] for name in ("title", "titleNl", "detail", "detailNl"))


def test_no_heading_without_a_code() -> None:
    known = codes("Conflict") | codes("Invalid") | {"denied", "request-denied"}
    known |= set(ERRORS)
    assert set(HEADINGS) - {"request-denied"} <= known


def faults_named() -> set[str]:
    """The second word of every pair that is gathered in `faults`."""
    gathered = [
        node
        for node in sources()
        if (isinstance(node, ast.Assign) and any(ast.unparse(target) == "faults" for target in node.targets))
        or (isinstance(node, ast.AugAssign) and ast.unparse(node.target) == "faults")
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "faults.append")
        or (isinstance(node, ast.keyword) and node.arg == "faults")
    ]
    pairs = [
        pair for node in gathered for pair in ast.walk(node) if isinstance(pair, ast.Tuple) and len(pair.elts) == 2
    ]
    words = [pair.elts[1] for pair in pairs]
    return {word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)}


def test_every_code_that_a_rule_names_has_a_text() -> None:
    found = faults_named()
    assert {"double", "does-not-exist", "no-pseudonym", "ends-before-start"} <= found
    assert found <= set(RULES), found - set(RULES)
    _, problem = told(
        Invalid("round", {"round": "x-1"}, (("period", "unknown-period"), ("expected: abc", "no-supplier")))
    )
    assert [fault["pointer"] for fault in problem["errors"]] == ["/period", "/expected"]
    assert problem["errors"][1]["en"].startswith("abc ")
    _, hidden = told(Invalid("round", {"round": "x-1"}, (("expected: 123456782", "no-supplier"),)))
    assert "123456782" not in json.dumps(hidden)


@pytest.mark.parametrize("code", EDGE)
def test_texts_of_the_edge_are_whole(code: str) -> None:
    text = EDGE[code]
    places = [{name for _, name, _, _ in Formatter().parse(part) if name} for part in (text.detail, text.detail_nl)]
    assert places[0] == places[1]
    assert text.detail != text.detail_nl
    assert 400 <= text.status < 600


def test_what_does_not_exist_and_what_is_hidden_are_one_answer() -> None:
    named = {"path_params": {"request_id": "x"}}
    absent = told(NotFound("release"), **named)
    assert absent[0] == 404
    for code in HIDING:
        assert told(Denied((Reason(code), Reason("release-withdrawn"))), **named) == absent
        status, problem = told(Denied((Reason(code), Reason("other-organisation"))))
        assert status == 403
        assert len(problem["reasons"]) == 2


def test_a_wrong_role_learns_nothing_of_the_object() -> None:
    reasons = (Reason(WRONG_ROLE, {"action": "readRelease"}), Reason("not-yours"), Reason("release-withdrawn"))
    for params in ({}, {"release_id": "x"}):
        status, problem = told(Denied(reasons), path_params=params)
        assert status == 403
        assert [reason["code"] for reason in problem["reasons"]] == [WRONG_ROLE]


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_can_be_told(code: str) -> None:
    _, problem = told(Denied((Reason(code),)))
    (reason,) = problem["reasons"]
    assert all(reason[name] for name in ("rule", "nl", "en"))
    assert set(reason["mend"]) == {"nl", "en"}


@pytest.mark.parametrize("fault", TokenFault)
def test_a_token_fault_tells_no_more_than_a_guesser_may_know(fault: TokenFault) -> None:
    status, problem = told(NotAuthenticated(fault))
    if fault is TokenFault.PROVIDER_UNREACHABLE:
        assert status == 503
    else:
        assert (status, problem["fault"]) == (401, fault.told.value)
        assert "revoked" not in json.dumps(problem)


def test_an_unforeseen_error_tells_a_number_only() -> None:
    answer = unexpected(Exchange("0af76519-16cd-43dd-8448-eb211c80319c", "192.0.2.1"))
    assert answer.status_code == 500
    assert json.loads(answer.body)["instance"] == "urn:uuid:0af76519-16cd-43dd-8448-eb211c80319c"


def test_errors_of_an_unknown_code_are_still_told() -> None:
    for error, status in ((Conflict("new"), 409), (Invalid("new"), 400), (Unavailable("new"), 503)):
        answered, problem = told(error)
        assert (answered, problem["code"]) == (status, "new")
