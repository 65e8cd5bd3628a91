"""A TCP proxy that keeps every byte that passes, either way: the machine between supplier and service that listens."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Recording:
    port: int
    sent: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def everything(self) -> bytes:
        return bytes(self.sent) + b"\n" + bytes(self.answered)


@contextmanager
def recording_proxy(target_port: int, port: int = 0) -> Iterator[Recording]:
    """A proxy in front of a port of this machine."""
    with socket.create_server(("127.0.0.1", port)) as server:
        recording = Recording(server.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_pass_on, args=(client, target_port, recording), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield recording
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join(5)


def _pass_on(client: socket.socket, target_port: int, recording: Recording) -> None:
    with client, socket.create_connection(("127.0.0.1", target_port)) as behind:
        back = threading.Thread(target=_carry, args=(behind, client, recording.answered), daemon=True)
        back.start()
        _carry(client, behind, recording.sent)
        back.join()


def _carry(source: socket.socket, to: socket.socket, kept: bytearray) -> None:
    with suppress(OSError):
        while content := source.recv(65_536):
            kept += content
            to.sendall(content)
    with suppress(OSError):
        to.shutdown(socket.SHUT_WR)
