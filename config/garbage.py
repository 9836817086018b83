"""When Python looks for garbage: the defaults are those of a script, not of a process with half a million objects that stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


# Objects made before the collector looks at the young ones; a page makes some tens of thousands, nearly none of them in a circle.
YOUNG = 20_000


def leave_loaded_alone() -> None:
    """For a process that serves, once it has loaded its code: what is there now stays until its end and is not walked again. One
    such walk takes a tenth of a second, and would come in the middle of somebody's page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)


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
