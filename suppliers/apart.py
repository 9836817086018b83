"""A part of ours that reads what came from outside, in a process of its own: it may break on it, the portal does not."""

import subprocess
import sys
from typing import IO, Any

from django.conf import settings


def run_apart(
    module: str, *arguments: str, content: IO[bytes] | bytes, patience: float, stdout: IO[bytes] | int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    """Reads `content` from its standard input. Raises `subprocess.TimeoutExpired` after so many seconds by the clock."""
    given: dict[str, Any] = {"input": content} if isinstance(content, bytes) else {"stdin": content}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        # None of the portal's own settings.
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        timeout=patience,
        check=False,
        **given,
    )
