"""The process a file is taken apart in: `python -m suppliers.inspecting.child pdf|jpg|png|webp|heic < file > cleaned`.

What reads PDF and pictures is written in C and meets files made to break it. Here it may break: this process holds no secret, has no
database, and gets so much memory and time. It answers with its exit code: 0 fit, 3 unfit (the code as JSON on standard error);
anything else means that it did not survive the file.
"""

import json
import resource
import sys
from typing import BinaryIO, cast


MEMORY = 1536 * 1024 * 1024
SECONDS = 20
UNFIT = 3


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from suppliers.inspecting.unfit import Unfit

    try:
        sys.stdout.buffer.write(taken_apart(sys.argv[1], cast(BinaryIO, sys.stdin.buffer)))
        sys.stdout.flush()
    except Unfit as unfit:
        sys.stderr.write(json.dumps({"code": unfit.code, "params": unfit.params}))
        sys.exit(UNFIT)


def taken_apart(extension: str, stream: BinaryIO) -> bytes:
    """The file as it is kept, where that is not the file as it came; else nothing."""
    if extension == "pdf":
        from suppliers.inspecting import pdf

        pdf.check(stream)
        return b""
    if extension == "heic":
        from suppliers.inspecting import heic

        return heic.cleaned(stream)
    from suppliers.inspecting import pictures

    return pictures.cleaned(stream, extension)


if __name__ == "__main__":
    main()
