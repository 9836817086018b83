"""Files on disk, whole or not at all.

Django opens a file under its final name and then writes it: where the disk is full, or the process is killed, a part of the file
stays behind. Here a file gets its name when it is whole.
"""

import os
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        draft = os.path.join(os.path.dirname(name), f"{uuid4().hex}.draft")
        try:
            draft = super()._save(draft, content)  # type: ignore[misc]  # not in the stubs
            while True:
                try:
                    os.link(self.path(draft), self.path(name))  # unlike a renaming, it never replaces another's file
                except FileExistsError:
                    name = self.get_available_name(name)
                else:
                    return name
        finally:
            with suppress(FileNotFoundError):
                os.unlink(self.path(draft))
