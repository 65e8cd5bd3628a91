"""Where compiled code is kept, and that small tables do without."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from service.disclosure.pattern.hypercubes import compiling

ROOT = Path(__file__).resolve().parents[2]


def python(script: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_small_table_loads_no_compiler():
    script = """
import sys
from service.disclosure import Dimension, Facts, Rules, Table, protect
from service.disclosure.command import main as command
facts = Facts.build({"d": list("abc")}, value=[4, 40, 30])
protect(facts, Table((Dimension.flat("d", "abc"),)), Rules(minimum_count=10))
print("numba" in sys.modules)
"""
    assert python(script) == "False"


def test_without_a_place_to_write_each_process_compiles_in_memory(tmp_path):
    (tmp_path / "file").touch()
    script = """
from service.disclosure.pattern.hypercubes import Cubes, compiling
@compiling.compiled
def twice(number: int) -> int:
    return 2 * number
print(compiling._KEPT, twice(21))
"""
    assert python(script, NUMBA_CACHE_DIR=str(tmp_path / "file" / "cache")) == "None 42"


def test_the_first_place_that_can_be_written_to(tmp_path):
    (tmp_path / "file").touch()
    bases = [tmp_path / "file" / "here", tmp_path / "there", tmp_path / "elsewhere"]
    assert compiling.place_to_keep(bases, "1234") == tmp_path / "there" / "hypercubes-1234"
    assert not (tmp_path / "elsewhere").exists()
    assert compiling.place_to_keep(bases[:1], "1234") is None


def test_what_the_installation_brings_is_copied_to_this_process_alone(tmp_path, monkeypatch):
    brought = tmp_path / "image" / "hypercubes-1234" / "sub"
    brought.mkdir(parents=True)
    (brought / "code.nbc").write_bytes(b"compiled")
    brought.chmod(0o555)
    (tmp_path / "own").mkdir()
    monkeypatch.setattr(compiling.os, "access", lambda *_: False)
    monkeypatch.setattr(compiling.tempfile, "tempdir", str(tmp_path / "own"))
    place = compiling.place_to_keep([tmp_path / "image"], "1234")
    assert place.parent == tmp_path / "own"
    assert {path.stat().st_mode & 0o777 for path in (place, place / "sub")} == {0o700}
    assert (place / "sub" / "code.nbc").read_bytes() == b"compiled"
    assert [path.name for path in (tmp_path / "image").iterdir()] == ["hypercubes-1234"]


def test_code_of_another_version_is_never_taken(tmp_path):
    (tmp_path / "hypercubes-1234").mkdir()
    assert compiling.place_to_keep([tmp_path], "5678") == tmp_path / "hypercubes-5678"


def test_a_wheel_brings_no_compiled_code(tmp_path):
    kept = ROOT / "service" / "disclosure" / "pattern" / "hypercubes" / "__pycache__"
    kept.mkdir(exist_ok=True)
    marker = kept / "wheel-test.nbc"
    marker.touch()
    try:
        subprocess.run(
            [ROOT / ".uv" / "bin" / "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path],
            cwd=ROOT, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    finally:
        marker.unlink()
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "service/disclosure/pattern/hypercubes/compiling.py" in names
    assert not [name for name in names if name.endswith((".nbc", ".nbi"))]
