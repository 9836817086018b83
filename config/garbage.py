"""When Python looks for garbage: the defaults are those of a script, not of a process with half a million objects that stay."""

import gc


# Objects made before the collector looks at the young ones; a page makes some tens of thousands, nearly none of them in a circle.
YOUNG = 20_000


def leave_loaded_alone() -> None:
    """For a process that serves, once it has loaded its code: what is there now stays until its end and is not walked again. One
    such walk takes a tenth of a second, and would come in the middle of somebody's page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
