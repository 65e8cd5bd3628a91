"""The files of deploy/, read for tests."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE_FILE = DEPLOY / "compose.yaml"

_INTERPOLATION = re.compile(r"\$(\$|\{(?P<name>[A-Z_]+)(?P<rule>:\?|:-)(?P<text>[^}]*)\})")


class NotGivenError(Exception):
    """A variable that compose cannot do without."""


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Containerfile."""

    name: str
    text: str
    stage: int

    @property
    def words(self) -> list[str]:
        if self.text.startswith("["):
            return [str(word) for word in json.loads(self.text)]
        return shlex.split(self.text)


def instructions(content: str) -> list[Instruction]:
    """The instructions in order; continued lines are one."""
    lines = [line for line in content.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found: list[Instruction] = []
    stage = -1
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, _, text = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(name, text.strip(), stage))
    return found


def containerfile() -> list[Instruction]:
    return instructions((DEPLOY / "Containerfile").read_text())


def compose(**given: str) -> dict[str, Any]:
    """The compose file as compose would see it with these variables; a missing or empty one stops it."""

    def filled(match: re.Match[str]) -> str:
        if match["name"] is None:
            return "$"
        value = given.get(match["name"], "")
        if not value and match["rule"] == ":?":
            raise NotGivenError(match["name"])
        return value or match["text"]

    def fill(node: Any) -> Any:
        match node:
            case str():
                return _INTERPOLATION.sub(filled, node)
            case list():
                return [fill(item) for item in node]
            case dict():
                return {key: fill(value) for key, value in node.items()}
        return node

    return fill(yaml.safe_load(COMPOSE_FILE.read_text()))


PROVIDERS = json.dumps(
    [
        {
            "issuer": "https://login.hospital.example",
            "token": "access",
            "audience": "sluis",
            "algorithm": "RS256",
            "roles_claim": ["roles"],
            "roles": {"sluis-steward": "steward"},
            "organisation_claim": ["organisation"],
            "organisations": ["ttp"],
            "acr_required": {"steward": ["second-factor"]},
        }
    ]
)
GIVEN = {
    "SLUIS_ISSUER": "https://sluis.hospital.example",
    "SLUIS_OIDC_PROVIDERS": PROVIDERS,
    "SLUIS_INSTANCE": "north-1",
}
"""What an operator has to decide, decided."""


def example_variables() -> dict[str, str]:
    """deploy/.env.example, as a dotenv file."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
