"""The message broker of the default run: kombu's folders of files, with one thing mended.

kombu opens a message under its final name and then writes it. A worker that looks in between reads an empty message and its
consumer dies. Here a message gets its name when it is whole.
"""

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu's own signatures differ
        # Workers take messages in the order of their names.
        name = f"{round(monotonic() * 1000)}_{uuid4()}"
        folder = Path(self.data_folder_out)
        draft = folder / f"{name}.draft"
        try:
            draft.write_bytes(str_to_bytes(dumps(payload)))
            draft.rename(folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"Cannot add a message to {folder}.") from error


class Transport(filesystem.Transport):
    Channel = Channel


def register() -> None:
    """From now on broker addresses that begin with `filesystem` mean this one."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
