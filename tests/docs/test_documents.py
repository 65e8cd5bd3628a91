"""The pages say what is so: links, files, tests, commands and settings that they name exist."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from service.composition.command import command
from service.composition.settings import OF_COMMANDS, OF_KEY_HOLDER, PREFIX, Settings
from service.keyholder.settings import KeyHolderSettings
from sluis_client.cli import app as client_app
from tools import docs

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("client_sdk/*.md"),
        *ROOT.glob("demo/**/*.md"),
    )
)
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
_TOP = "benchmarks|client_sdk|demo|deploy|docs|migrations|policies|service|sluis_client|tests|tools"


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose(page: str) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^( *)```.*?^\1```$", "", text(page), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.fixture(scope="module")
def pages() -> Mapping[str, str]:
    """The generated pages: one of them plays a whole session of commands."""
    return {name: page() for name, page in docs.PAGES.items()}


@cache
def programs() -> Mapping[str, Any]:
    return {"sluis": get_command(command()), "sluis-client": get_command(client_app)}


def test_generated_pages_are_written_and_compared(pages, tmp_path, monkeypatch, capsys):
    """Whether those in `docs` are current is asked by `make check`."""
    monkeypatch.setattr(docs, "DOCS", tmp_path)
    monkeypatch.setattr(docs, "PAGES", {name: partial(pages.get, name) for name in pages})
    assert docs.main(["--check"]) == 1
    assert not list(tmp_path.iterdir())
    assert docs.main([]) == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == pages
    assert docs.main(["--check"]) == 0
    (tmp_path / "states.md").write_text("by hand")
    assert docs.main(["--check"]) == 1
    assert docs.main(["--chekc"]) == 2
    assert "docs/states.md: differs" in capsys.readouterr().err


def test_generated_tables_are_whole(pages):
    for name in Settings.model_fields:
        assert f"`{PREFIX}{name.upper()}`" in pages["settings.md"]
    assert all(lifecycle.mermaid() in pages["states.md"] for lifecycle in docs.LIFECYCLES)
    codes = [event.code for event, _ in docs.events()]
    assert len(codes) == len(set(codes)) > 30
    for page in pages.values():
        for line in page.splitlines():
            assert not re.search(r"\|  \|", line), line


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (ROOT / page).parent / name if name else ROOT / page
        assert found.resolve().is_relative_to(ROOT), target
        assert found.exists(), f"{page} links to {target}"
        assert not anchor or anchor in anchors(found), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_files_and_tests_that_are_named_exist(page):
    for name in re.findall(rf"`((?:{_TOP})/[\w./-]*(?:::\w+)?)`", prose(page)):
        file, _, function = name.partition("::")
        place = ROOT / "client_sdk" / file if file.startswith("sluis_client/") else ROOT / file
        assert place.exists() or file == "deploy/secrets" or file.startswith(("deploy/.env", "deploy/secrets/")), name
        if function:
            defined = {node.name for node in ast.walk(ast.parse(place.read_text())) if hasattr(node, "name")}
            assert function in defined, name


@pytest.mark.parametrize("page", PAGES)
def test_settings_that_are_named_exist(page):
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OF_COMMANDS
    known |= {OF_KEY_HOLDER + name.upper() for name in KeyHolderSettings.model_fields} | {OF_KEY_HOLDER.rstrip("_")}
    of_compose = {"SLUIS_PUBLISHED_PORT", "SLUIS_OUTSIDE_SUBNET", "SLUIS_OUTSIDE_GATEWAY"}
    assert set(re.findall(r"\bSLUIS_[A-Z_]*[A-Z]\b", text(page))) <= known | of_compose


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_named_exist(page):
    """Whatever stands as code and starts with one of our commands, in a block or in a line."""
    code = re.findall(r"`([^`\n]+)`", prose(page)) + re.findall(r"^\s*(?:\$ )?(.+)$", blocks(page), re.MULTILINE)
    for line in code:
        for program, words in re.findall(r"(?:^|(?<=[\s|(&]))(sluis|sluis-client) ([a-z][\w -]*)", line):
            node = programs()[program]
            for word in words.split():
                if not hasattr(node, "commands") or not re.fullmatch(r"[a-z][a-z-]+", word):
                    break
                assert word in node.commands, f"{page}: {program} {words}"
                node = node.commands[word]


def blocks(page: str) -> str:
    """The blocks of code in which people read what to type."""
    return "\n".join(re.findall(r"^ *```(?:console|sh)\n(.*?)^ *```$", text(page), re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_are_named_exist(page):
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)`", text(page))) <= targets


def test_decisions_have_one_form_and_follow_each_other():
    for number, path in enumerate(DECISIONS, start=1):
        content = path.read_text(encoding="utf-8")
        assert path.name.startswith(f"{number:04}-")
        assert content.startswith(f"# {number}. ")
        heads = re.findall(r"^## (.+)$", content, re.MULTILINE)
        assert [head for head in heads if head in {"Context", "Decision", "Consequences"}] == [
            "Context",
            "Decision",
            "Consequences",
        ]
        assert re.search(r"^Status: (accepted|replaced by \d{4})$", content, re.MULTILINE)


def test_decisions_that_the_code_names_exist():
    numbers = {path.name[:4] for path in DECISIONS}
    sources = [*ROOT.glob("service/**/*.py"), *ROOT.glob("client_sdk/**/*.py"), *ROOT.glob("tests/**/*.py")]
    for path in sources:
        assert set(re.findall(r"docs/adr/(\d{4})", path.read_text(encoding="utf-8"))) <= numbers, path


def test_every_dependency_is_explained_and_no_other():
    projects = [tomllib.loads(text(name)) for name in ("pyproject.toml", "client_sdk/pyproject.toml")]
    wanted = [one for project in projects for one in project["project"]["dependencies"]]
    wanted += projects[0]["dependency-groups"]["dev"]
    names = {re.match(r"[\w-]+", one)[0] for one in wanted} - {"sluis-client"}
    rows = re.findall(r"^\| ([a-z][\w, -]*) \| .+ \| .+ \|$", text("docs/adr/0002-dependencies.md"), re.MULTILINE)
    explained = {name.strip() for row in rows for name in row.split(",")} - {"package"}
    assert explained == names


def test_versions_agree():
    versions = {
        tomllib.loads(text(name))["project"]["version"] for name in ("pyproject.toml", "client_sdk/pyproject.toml")
    }
    (version,) = versions
    assert f"## [{version}]" in text("CHANGELOG.md")
    assert f"image: sluis:{version}\n" in text("deploy/compose.yaml")


def test_the_licence_is_the_one_that_is_named():
    for name in ("pyproject.toml", "client_sdk/pyproject.toml"):
        assert tomllib.loads(text(name))["project"]["license"] == "EUPL-1.2"
    assert text("LICENSE").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert "Public Health Scotland" in text("NOTICE")


def test_the_hook_is_make_check():
    import yaml

    (repository,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    (hook,) = repository["hooks"]
    assert (repository["repo"], hook["entry"], hook["language"]) == ("local", "make check", "system")
