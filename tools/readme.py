"""`python -m tools.readme`: play the demo and put what it printed into README.md."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from pathlib import Path

from demo.__main__ import PARTS
from demo.stage import stage

README = Path(__file__).parents[1] / "README.md"
_BLOCK = re.compile(r"(?<=<!-- demo -->\n).*?(?=<!-- /demo -->)", re.DOTALL)


def shown(text: str) -> str:
    """What the README says that the demo prints."""
    found = _BLOCK.search(text)
    if found is None:
        raise ValueError("README.md has no demo block")
    return found.group().removeprefix("```text\n").removesuffix("```\n")


def main() -> None:
    """Write the block anew."""
    printed = io.StringIO()
    with (
        tempfile.TemporaryDirectory(prefix="sluis-readme-") as folder,
        stage(Path(folder), PARTS) as (place, provider),
        contextlib.redirect_stdout(printed),
    ):
        for part in PARTS:
            part.tell(place, provider)
    block = f"```text\n{printed.getvalue().strip()}\n```\n"
    README.write_text(_BLOCK.sub(lambda _: block, README.read_text()))


if __name__ == "__main__":
    main()
