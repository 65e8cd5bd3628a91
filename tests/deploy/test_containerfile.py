"""The Containerfile, as far as it can be judged without a container engine."""

from __future__ import annotations

import fnmatch
import re
import tomllib

import pytest
from deployment_files import DEPLOY, ROOT, Instruction, containerfile

KNOWN = {
    "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "STOPSIGNAL", "USER",
    "WORKDIR",
}  # fmt: skip
FILE = containerfile()
LAST = [one for one in FILE if one.stage == FILE[-1].stage]


def of(name: str, found: list[Instruction]) -> list[Instruction]:
    return [one for one in found if one.name == name]


def copied() -> list[str]:
    """What is copied from the checkout."""
    return [source for one in of("COPY", FILE) if "--from" not in one.text for source in one.words[:-1]]


def test_every_instruction_is_known():
    assert {one.name for one in FILE} <= KNOWN


def test_every_source_exists():
    assert copied()
    for source in copied():
        assert (ROOT / source).exists(), source


def test_every_source_reaches_the_builder():
    rules = [
        line for line in (DEPLOY / "Containerfile.dockerignore").read_text().splitlines() if line and line[0] != "#"
    ]
    assert rules[0] == "*"  # nothing, but what is named after it
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    assert {source.split("/")[0] for source in copied()} == kept


def test_all_that_the_wheels_hold_is_copied():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["packages"], *wheel["force-include"], project["project"]["readme"]} <= set(copied())


def test_stages_are_copied_from_by_their_name():
    stages = {one.words[2] for one in of("FROM", FILE) if "AS" in one.words}
    for one in of("COPY", FILE):
        for name in re.findall(r"--from=(\S+)", one.text):
            assert name in stages


def test_images_have_a_registry_and_a_tag_that_says_which():
    for one in of("FROM", FILE):
        assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-[a-z]+", one.words[0])


def test_nobody_is_root():
    (user,) = of("USER", LAST)
    uid, gid = map(int, user.text.split(":"))
    assert min(uid, gid) > 999
    assert f"--uid {uid} --gid {gid}" in " ".join(one.text for one in of("RUN", LAST))
    assert not of("RUN", LAST[LAST.index(user) :])


def test_uv_is_the_one_of_the_makefile():
    (version,) = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"\buv==(\S+)", " ".join(one.text for one in of("RUN", FILE))) == [version]


def test_everything_of_others_is_installed_by_hash():
    installs = [part for one in of("RUN", FILE) for part in one.text.split("&&") if "uv pip install" in part]
    assert installs
    for install in installs:
        assert "--require-hashes" in install or install.rstrip().endswith("--no-deps dist/*.whl")


@pytest.mark.parametrize("word", ["PASSWORD", "SECRET", "TOKEN", "PRIVATE", "_KEY"])
def test_nothing_secret_is_baked_in(word):
    for one in FILE:
        if one.name in {"ARG", "ENV", "COPY", "LABEL"}:
            assert word not in one.text.upper()
    assert not any(fnmatch.fnmatch(source, pattern) for source in copied() for pattern in ("*.env*", "deploy*", "."))


def test_compiled_code_is_made_as_it_is_used():
    """Code for another processor or elsewhere would be compiled again in every container."""
    (made,) = [one.text for one in of("RUN", FILE) if "service.disclosure.pattern.hypercubes" in one.text]
    used = [one.text for one in of("ENV", LAST) if "NUMBA" in one.text]
    assert used == [made.partition(" /")[0]]
    assert "/opt/sluis" in " ".join(one.text for one in of("COPY", LAST))


def test_it_starts_a_command_that_exists():
    from typer.main import get_command

    from service.composition.command import command

    (entry,), (default,) = of("ENTRYPOINT", LAST), of("CMD", LAST)
    assert entry.words == ["sluis"]
    assert default.words[0] in get_command(command()).commands
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert entry.words[0] in scripts


def test_the_health_check_is_the_command_health():
    (check,) = of("HEALTHCHECK", LAST)
    assert check.text.endswith('CMD ["python", "-m", "service.cli.health"]')
    assert (ROOT / "service/cli/health.py").is_file()
