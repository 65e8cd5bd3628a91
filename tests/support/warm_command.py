"""A command that is loaded once: the guides type dozens of them, each of which would load all of it again.

    python warm_command.py SOCKET MODULE FUNCTION [MODULE]...

Each command is a fork of this process, with the arguments, folder, environment and streams of whoever typed it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

TYPED = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as warm:
    warm.connect({place!r})
    asked = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(warm, [asked], [0, 1, 2])
    warm.shutdown(socket.SHUT_WR)
    sys.exit(int(warm.recv(8) or b"70"))
"""
"""What stands for the command; when the command dies, that is a failure of its own."""

Run = Callable[[], None]


@contextmanager
def warm_command(folder: Path, name: str, module: str, function: str, *more: str) -> Iterator[Path]:
    """The folder, with a command of this name that is loaded already, with `more` modules, and calls that function."""
    with tempfile.TemporaryDirectory() as short:  # the address of a socket may have 107 characters
        place = Path(short) / "typed"
        command = folder / name
        command.write_text(TYPED.format(python=sys.executable, place=str(place)))
        command.chmod(0o755)
        server = subprocess.Popen([sys.executable, __file__, str(place), module, function, *more])
        try:
            until = time.monotonic() + 60
            while not place.exists():
                assert server.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield folder
        finally:
            server.kill()
            server.wait()


def serve(place: Path, run: Run) -> None:
    """Carry out commands until killed."""
    # whoever is asked to end ends, and nobody waits for children
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        while True:
            typed, _ = server.accept()
            with typed:
                if os.fork() == 0:
                    server.close()
                    os._exit(_answer(typed, run))


def _answer(typed: socket.socket, run: Run) -> int:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked, streams, _, _ = socket.recv_fds(typed, 1 << 16, 3)
    while more := typed.recv(1 << 16):
        asked += more
    child = os.fork()
    if child == 0:
        typed.close()
        _carry_out(run, json.loads(asked), streams)
    _, status = os.waitpid(child, 0)
    typed.sendall(str(os.waitstatus_to_exitcode(status) & 0xFF).encode())
    return 0


def _carry_out(run: Run, asked: tuple[list[str], str, dict[str, str]], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - what this process had may have been a file, and this a pipe
    sys.argv, folder, environment = asked
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code: object = 70
    try:
        run()
        code = 0
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    _, socket_path, module_name, function_name, *more_modules = sys.argv
    for one in more_modules:
        import_module(one)
    serve(Path(socket_path), getattr(import_module(module_name), function_name))
