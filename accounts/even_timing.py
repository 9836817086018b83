"""An answer that takes the same time whatever it had to do, where the time would tell a stranger who has an account."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def taking_at_least(seconds: float) -> Iterator[None]:
    """More than the work ever takes, so that the end of the wait says nothing about it."""
    ends_at = time.monotonic() + seconds
    try:
        yield
    finally:
        time.sleep(max(0.0, ends_at - time.monotonic()))
