"""The page for who connects without the client is true: bash, curl and openssl do what it says, at the real service."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from supplier_place import SupplierPlace

pytestmark = pytest.mark.xdist_group("supplier")

PAGE = (Path(__file__).parents[2] / "docs/supplier-rest.md").read_text()
TOOLS = (
    "bash",
    "curl",
    "openssl",
    "sed",
    "tr",
    "cut",
    "head",
    "tail",
    "date",
    "cat",
    "sort",
    "paste",
    "wc",
    "cp",
    "mv",
)


KEPT = "> service-keys.json\n"
ANOTHER = """sed -i 's/]}$/,{"crv":"Ed25519","x":"AAAA","kid":"next"}]}/' service-keys.json
"""
"""A service that replaces its key publishes both."""


def script() -> str:
    blocks: list[str] = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return "".join(blocks)


def test_the_page_delivers_and_shows_the_receipt(supplier_place: SupplierPlace, tmp_path: Path) -> None:
    organisation, code = supplier_place.invited()
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:  # and nothing else: no jq, no xxd, no python
        found = next(Path(folder) / name for folder in os.environ["PATH"].split(":") if (Path(folder) / name).exists())
        (tools / name).symlink_to(found)
    work = tmp_path / "work"
    work.mkdir()
    commands = script()
    assert commands.count(KEPT) == 1
    commands = commands.replace(KEPT, KEPT + ANOTHER)
    done = subprocess.run(
        ["bash", "-c", commands.replace("https://sluis.example", supplier_place.url)],
        input=f"{code}\n",
        cwd=work,
        env={"PATH": str(tools), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"kid":"next"' in (work / "service-keys.json").read_text()
    assert "Signature Verified Successfully" in done.stdout
    assert re.search(r"^aangenomen: [0-9a-f-]{36}$", done.stdout, re.MULTILINE)
    found = supplier_place.events(code="submission.complete", organisation=organisation)
    assert [event["outcome"] for event in found] == ["success"]
    revoked = supplier_place.events(code="key.revoke-own", organisation=organisation)
    assert [event["outcome"] for event in revoked] == ["success"]


def test_no_secret_of_the_page_is_an_argument() -> None:
    for line in script().splitlines():
        for command in re.findall(r"(?:curl|openssl) [^|]*", line):
            assert not re.search(r"\$(CODE|TOKEN|ASSERTION|PROOF)\b", command), line
