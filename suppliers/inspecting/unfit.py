"""What is wrong with a file, as a code. The words for people stand in `suppliers.refusals`; nothing in this folder knows Django,
because some of it runs in a process of its own (`child.py`)."""

from typing import IO


class Unfit(Exception):
    """The file is not kept."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def size_of(stream: IO[bytes]) -> int:
    return stream.seek(0, 2)


def read_at(stream: IO[bytes], start: int, length: int) -> bytes:
    stream.seek(start)
    return stream.read(length)
