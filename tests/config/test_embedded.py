import os
import signal
import subprocess
import sys
import time

import psutil
import psycopg
import pytest
from django.db import connection

from config.embedded import attach
from config.paths import BASE_DIR, LONGEST_SOCKET_DIR, socket_dir
from tests.services import data_folder, wait_until


@pytest.fixture
def var():
    with data_folder() as folder:
        yield folder


@pytest.mark.django_db
def test_application_connects_as_a_role_that_owns_nothing_and_is_no_superuser():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = session_user")
        assert cursor.fetchone() == ("portal_app", False, False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner IN (session_user, current_user)")
        assert cursor.fetchone() == (0,)


def test_a_long_path_gets_its_socket_elsewhere_and_always_the_same(tmp_path):
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 6)

    assert len(os.fsencode(socket_dir(deep))) <= LONGEST_SOCKET_DIR
    assert socket_dir(deep) == socket_dir(deep)
    assert socket_dir(deep) != socket_dir(deep / "other")


def postgres_processes(var):
    """Without those that serve a session: one that was just begun still has the name of the first."""
    named = [each for each in psutil.process_iter(["cmdline", "ppid"]) if str(var / "postgres" / "data") in (each.info["cmdline"] or [])]
    return [each for each in named if each.info["ppid"] not in {other.pid for other in named}]


def test_the_database_runs_while_somebody_holds_on_and_ends_with_the_last(var):
    first, second = attach(var), attach(var)
    assert len(postgres_processes(var)) == 1

    first.release(wait=True)
    assert len(postgres_processes(var)) == 1

    second.release(wait=True)
    assert postgres_processes(var) == []


def test_a_killed_holder_leaves_no_database_behind(var):
    holder = subprocess.Popen(
        [sys.executable, "-c", "import time; from config.embedded import attach; a = attach(); print('up', flush=True); time.sleep(60)"],
        cwd=BASE_DIR,
        env={**os.environ, "PORTAL_VAR": str(var)},
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"up\n"

    holder.kill()
    holder.communicate()

    wait_until(lambda: postgres_processes(var) == [], what="the database to end")
    again = attach(var)
    assert len(postgres_processes(var)) == 1
    again.release(wait=True)


def test_a_killed_keeper_takes_the_database_along_and_the_next_start_succeeds(var):
    held = attach(var)
    [server] = postgres_processes(var)

    server.parent().kill()

    wait_until(lambda: postgres_processes(var) == [], what="the database to end")
    again = attach(var)
    assert len(postgres_processes(var)) == 1
    held.release()
    again.release(wait=True)


@pytest.mark.parametrize(("stop", "moments"), [("kill", range(2, 9)), ("terminate", [5])])
def test_the_database_ends_even_while_it_recovers_from_a_killed_session(var, stop, moments):
    """At some of these moments PostgreSQL 18 does not come to its end when it is asked to shut down."""
    for hundredths in moments:
        held = attach(var)
        [server] = postgres_processes(var)
        with psycopg.connect(held.url()) as session:
            os.kill(session.info.backend_pid, signal.SIGKILL)
            time.sleep(hundredths / 100)
            getattr(server.parent(), stop)()

            wait_until(lambda: postgres_processes(var) == [], what="the database to end")
        held.release()


def test_who_holds_on_brings_a_killed_keeper_back(var):
    held = attach(var)
    held.look_after()
    [server] = postgres_processes(var)
    server.parent().kill()
    wait_until(lambda: postgres_processes(var) == [], what="the database to end")

    held.look_after()

    assert len(postgres_processes(var)) == 1
    held.release(wait=True)
