"""A virus scanner for tests: speaks clamd's INSTREAM over a socket and knows one virus, the EICAR test text."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@contextmanager
def scanner(*, answer: bytes | None = None, limit: int = 100_000_000, socket_path: Path | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """(its CLAMD_URL, what it was given). `answer` is said to everything; b"" hangs up without a word."""
    listening = socket.socket(socket.AF_UNIX if socket_path else socket.AF_INET)
    listening.bind(str(socket_path) if socket_path else ("127.0.0.1", 0))
    listening.listen()
    given: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                client, _address = listening.accept()
            except OSError:
                return
            with client:
                given.append(received(client, limit))
                client.sendall(verdict(given[-1], limit) if answer is None else answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"unix://{socket_path}" if socket_path else f"tcp://127.0.0.1:{listening.getsockname()[1]}", given
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def received(client: socket.socket, limit: int) -> bytes:
    assert exactly(client, 10) == b"zINSTREAM\x00"
    content = b""
    while length := struct.unpack(">I", exactly(client, 4))[0]:
        content += exactly(client, length)
        if len(content) > limit:
            return content
    return content


def exactly(client: socket.socket, length: int) -> bytes:
    content = b""
    while len(content) < length:
        part = client.recv(length - len(content))
        if not part:
            raise EOFError
        content += part
    return content


def verdict(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        return b"INSTREAM size limit exceeded. ERROR\x00"
    return b"stream: Eicar-Test-Signature FOUND\x00" if EICAR in content else b"stream: OK\x00"
