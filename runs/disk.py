"""When the disk says no: it is full, or can only be read. What people and runs are told of it."""

import errno

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# PostgreSQL's code for a full disk of its own.
DATABASE_FULL = "53100"

TOLD: dict[str, StrOrPromise] = {
    "disk_full": _("There is no room left on the portal's disk."),
    "disk_read_only": _("The portal's disk can only be read at the moment."),
}


def trouble(error: BaseException | None) -> str:
    """A key of `TOLD` when the disk is behind the error, however it was passed on; else empty."""
    while error is not None:
        if (isinstance(error, OSError) and error.errno in FULL) or getattr(error, "sqlstate", None) == DATABASE_FULL:
            return "disk_full"
        if isinstance(error, OSError) and error.errno == errno.EROFS:
            return "disk_read_only"
        error = error.__cause__ or error.__context__
    return ""
