"""Row history: what a row was before each change, written by database triggers.

A tracked model keeps its present in its own table and its past in a history table beside it: one history row per update or
delete, holding the values *before* the change, with when and (through the request's or task's context) who changed it.
Inserts write nothing: the row itself is the record, and bulk loads cost no trigger.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pghistory
from django.db import models


M = TypeVar("M", bound=type[models.Model])


def keep_history(*, exclude: Sequence[str] = (), former: Mapping[str, "models.Field[Any, Any]"] | None = None) -> Callable[[M], M]:
    """`former`: what the table has no more. Sealed rows are checked with the columns they had (audit/sealing.py)."""
    track: Callable[[M], M] = pghistory.track(
        pghistory.UpdateEvent("superseded", row=pghistory.Old),
        pghistory.DeleteEvent("deleted", row=pghistory.Old),
        exclude=list(exclude),
        attrs=dict(former or {}),
    )
    return track
