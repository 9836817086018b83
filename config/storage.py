"""Files on disk, whole or not at all.

Django opens a file under its final name and then writes it: where the disk is full, or the process is killed, a part of the file
stays behind. Here a file gets its name when it is whole.
"""

import errno
import os
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.core.files.storage import FileSystemStorage


# What file systems without hard links answer.
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


class WholeFileStorage(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        draft = os.path.join(os.path.dirname(name), f"{uuid4().hex}.draft")
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


def _name(draft: str, path: str) -> None:
    """A link, unlike a renaming, never replaces another's file. Raises `FileExistsError`."""
    try:
        os.link(draft, path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))  # the name is taken before somebody else does
        os.rename(draft, path)
