"""Files on disk, whole or not at all.

Django opens a file under its final name and then writes it: where the disk is full, or the process is killed, a part of the file
stays behind. Here a file gets its name when it is whole.
"""

import errno
import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.files.storage import FileSystemStorage


# What file systems without hard links answer.
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


DRAFT = ".draft"
# Nothing is written for that long: what is older was left by a process that died.
DEAD_AFTER = timedelta(days=1)


class WholeFileStorage(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        draft = os.path.join(os.path.dirname(name), f"{uuid4().hex}{DRAFT}")
        try:
            draft = super()._save(draft, content)  # type: ignore[misc]  # not in the stubs
            while True:
                try:
                    _name(self.path(draft), self.path(name))
                except FileExistsError:
                    name = self.get_available_name(name)
                else:
                    return name
        finally:
            with suppress(FileNotFoundError):
                os.unlink(self.path(draft))

    def forget_drafts(self, *, at: datetime) -> int:
        """What a killed process left behind of files that never got their names."""
        old = [path for path in Path(self.location).rglob("?" * 32 + DRAFT) if _is_dead(path, at)]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _is_dead(path: Path, at: datetime) -> bool:
    """A draft may get its name, or go, between being found and being looked at."""
    try:
        return path.stat().st_mtime < (at - DEAD_AFTER).timestamp()
    except FileNotFoundError:
        return False


def _name(draft: str, path: str) -> None:
    """A link, unlike a renaming, never replaces another's file. Raises `FileExistsError`."""
    try:
        os.link(draft, path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))  # the name is taken before somebody else does
        os.rename(draft, path)
