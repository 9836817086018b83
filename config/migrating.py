import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_garbage_collection() -> Iterator[None]:
    """For migrations of an empty database: they make and drop ten thousand model classes, and the collector, asked each time,
    takes a third of the time. Costs some 100 MB until it is over."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
