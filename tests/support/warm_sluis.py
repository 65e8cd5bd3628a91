"""A `sluis` that is loaded once: the guides type dozens of commands, each of which would load all of it again.

    python warm_sluis.py SOCKET

Each command is a fork of this process, with the arguments, folder, environment and streams of whoever typed it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path

from service.composition.command import run

TYPED = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as warm:
    warm.connect({place!r})
    asked = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(warm, [asked], [0, 1, 2])
    warm.shutdown(socket.SHUT_WR)
    sys.exit(int(warm.recv(8) or b"70"))
"""
"""What stands for `sluis`; when the command dies, that is a failure of its own."""


def serve(place: Path) -> None:
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
                    os._exit(_answer(typed))


def _answer(typed: socket.socket) -> int:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked, streams, _, _ = socket.recv_fds(typed, 1 << 16, 3)
    while more := typed.recv(1 << 16):
        asked += more
    child = os.fork()
    if child == 0:
        typed.close()
        _carry_out(json.loads(asked), streams)
    _, status = os.waitpid(child, 0)
    typed.sendall(str(os.waitstatus_to_exitcode(status) & 0xFF).encode())
    return 0


def _carry_out(asked: tuple[list[str], str, dict[str, str]], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
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
    serve(Path(sys.argv[1]))
