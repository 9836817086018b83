"""./script/server as people use it: it starts, it stops, and being killed leaves nothing in the way of the next start."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from config.paths import BASE_DIR
from tests.services import data_folder, free_port, url_answers, wait_until


pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def first_var() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def first(first_var: Path) -> Iterator[str]:
    """A copy that runs through all tests here; its address."""
    with running(first_var) as (_, address):
        yield address


@pytest.fixture(scope="module")
def second_var() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def start(var: Path, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PORTAL_VAR": str(var), "PORTAL_DEMO": "0"}
    for name in ("PORTAL_DATABASE", "STATIC_MANIFEST"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "config.supervisor", "--port", str(port)]
    return subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@contextmanager
def running(var: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    server, address = start(var, port), f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: server.poll() is not None or url_answers(f"{address}/readyz/"), seconds=600, what="the server")
        assert server.poll() is None, server.communicate()[0]
        yield server, address
    finally:
        if server.poll() is None:
            server.terminate()
        server.communicate(timeout=40)


def processes_of(var: Path) -> list[str]:
    """Whatever still runs on this data folder: web, workers, beat, database."""
    found = []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            if str(var / "postgres" / "data") in command or process.environ().get("PORTAL_VAR") == str(var):
                found.append(" ".join(command))
        except psutil.Error:
            continue
    return found


def test_two_copies_run_side_by_side_and_ctrl_c_stops_all_of_one(first, second_var):
    with running(second_var) as (server, second):
        names = " ".join(processes_of(second_var))
        assert url_answers(f"{first}/readyz/")
        assert server.stdout is not None
        assert any(second in line for line in server.stdout)  # whoever started it is told where

        server.send_signal(signal.SIGINT)
        server.communicate(timeout=40)

    assert all(part in names for part in ("gunicorn", "worker", "beat", "postgres"))
    assert server.returncode == 0
    wait_until(lambda: processes_of(second_var) == [], seconds=20, what="every process to end")
    assert url_answers(f"{first}/healthz/")


def test_killed_outright_it_leaves_nothing_and_the_next_start_succeeds(second_var):
    with running(second_var) as (server, _):
        server.kill()
        server.communicate()
        wait_until(lambda: processes_of(second_var) == [], seconds=40, what="every process to end")

    with running(second_var) as (server, _):
        server.terminate()
        server.communicate(timeout=40)

    wait_until(lambda: processes_of(second_var) == [], seconds=20, what="every process to end")


def test_a_part_that_falls_is_started_again(first, first_var):
    [web] = [process for process in psutil.process_iter(["cmdline"]) if _is_web_master(process, first)]

    os.killpg(web.pid, signal.SIGKILL)

    wait_until(lambda: not url_answers(f"{first}/healthz/"), what="the web server to fall")
    wait_until(lambda: url_answers(f"{first}/healthz/"), seconds=40, what="the web server to come back")


def _is_web_master(process: psutil.Process, address: str) -> bool:
    return address.removeprefix("http://") in (process.info["cmdline"] or []) and os.getpgid(process.pid) == process.pid


def test_a_second_copy_on_the_same_data_is_told_how_to_run_beside_it(first, first_var):
    other = start(first_var, free_port())
    output, _ = other.communicate(timeout=30)

    assert other.returncode == 1
    assert "already running" in output
    assert "PORTAL_VAR=" in output


def test_a_port_that_is_taken_is_named(first, second_var):
    port = int(first.rsplit(":", 1)[1])

    other = start(second_var, port)
    output, _ = other.communicate(timeout=60)

    assert other.returncode == 1
    assert f"Port {port} is taken" in output


@pytest.mark.parametrize("port", ["99999", "0", "-1", "http"])
def test_what_is_no_port_is_refused_in_words(port, tmp_path):
    command = [sys.executable, "-m", "config.supervisor", f"--port={port}"]
    environment = os.environ | {"PORTAL_VAR": str(tmp_path)}

    refused = subprocess.run(command, check=False, cwd=BASE_DIR, env=environment, capture_output=True, text=True)

    assert refused.returncode == 2
    assert f"{port} is no port" in refused.stderr
