"""A message of the filesystem broker is never seen half written."""

import threading
from pathlib import Path

from kombu import Connection

from config import broker


def test_no_reader_finds_an_unfinished_message(tmp_path: Path) -> None:
    broker.register()
    folder, messages = tmp_path / "messages", 400
    folder.mkdir()
    seen: list[int] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.extend(path.stat().st_size for path in folder.glob("*.msg"))

    watcher = threading.Thread(target=look)
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(tmp_path / "control")}
    with Connection("filesystem://", transport_options=options) as connection:
        assert isinstance(connection.transport, broker.Transport)
        watcher.start()
        queue = connection.SimpleQueue("numbers")
        for number in range(messages):
            queue.put({"number": number})
        stop.set()
        watcher.join()
        got = [queue.get(timeout=1) for _ in range(messages)]
        queue.close()

    assert sorted(message.payload["number"] for message in got) == list(range(messages))
    assert seen
    assert min(seen) > 0
    assert list(folder.glob("*.draft")) == []
