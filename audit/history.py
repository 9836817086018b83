"""Row history: what a row was before each change, written by database triggers.

A tracked model keeps its present in its own table and its past in a history table beside it: one history row per update or
delete, holding the values *before* the change, with when and (through the request's or task's context) who changed it.
Inserts write nothing: the row itself is the record, and bulk loads cost no trigger.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models


M = TypeVar("M", bound=type[models.Model])


def keep_history(
    *, exclude: Sequence[str] = (), personal: Sequence[str] = (), former: Mapping[str, "models.Field[Any, Any]"] | None = None
) -> Callable[[M], M]:
    """Of `exclude` the history knows nothing; of `personal` that it was changed, when and by whom, never what it said: nobody can
    thin the history out, so what is about a person must not get into it.

    `former`: what the table has no more. Sealed rows are checked with the columns they had (audit/sealing.py).
    """

    def track(model: M) -> M:
        noticed = [field.name for field in model._meta.fields if field.name not in exclude] if personal else []
        tracked: M = pghistory.track(
            pghistory.UpdateEvent("superseded", row=pghistory.Old, condition=pgtrigger.AnyChange(*noticed)),
            pghistory.DeleteEvent("deleted", row=pghistory.Old),
            exclude=[*exclude, *personal],
            attrs=dict(former or {}),
        )(model)
        return tracked

    return track
