"""The benchmarks' own data directory: an embedded database with seeds that are made once, and copies of them to work on.

A seed is named after everything it is made from, so that a change of the tables or of the demo makes a new one. Every run
works on fresh copies: whatever a benchmark writes, the next one starts from the same rows.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.growing import grow
from config.embedded import OWNER_ROLE, SUPERUSER, attach
from config.paths import BASE_DIR, embedded_database_url, var_dir


MADE_FROM = (
    "*/migrations/*.py",
    "config/demo/*.py",
    "config/grants.py",
    "config/row_security.py",
    "benchmarks/seed.py",
    "benchmarks/growing.py",
    "assessments/questionnaires/*.yaml",
    "labels/standards/*.yaml",
)
# The benchmarks measure the embedded default, wherever the surroundings point.
FOREIGN = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_CONNECT_AS",
    "CELERY_BROKER_URL",
    "CACHE_URL",
    "EMAIL_URL",
    "DJANGO_SETTINGS_MODULE",
)


class Ground:
    def __init__(self, var: Path) -> None:
        self.var = var
        self.version = fingerprint()

    @property
    def empty(self) -> str:
        return f"bench_empty_{self.version}"

    def seed_name(self, n: int) -> str:
        return f"bench_seed_{n}_{self.version}"

    def has_seed(self, n: int) -> bool:
        """Made, and made to the end: a broken-off database has no mark."""
        return self.seed_name(n) in self._databases() and self._mark(self.seed_name(n)).exists()

    def _mark(self, name: str) -> Path:
        return self.var / f"{name}.ready"

    def environment(self, database: str, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        return {**kept, "PORTAL_VAR": str(self.var), "PORTAL_DATABASE": database, "PORTAL_DEMO": "1", **more}

    def prepare(self) -> None:
        """Migrated tables, compiled translations, collected static files."""
        self._forget_old_versions()
        _run([sys.executable, "manage.py", "prepare_server"], self.environment(self.empty))

    def make_seed(self, n: int) -> None:
        if self.has_seed(n):
            return
        name = self.seed_name(n)
        self.copy(self.empty, name)
        fill = f"from benchmarks.seed import build; build({n})"
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", fill]
        _run(command, self.environment(name, DATABASE_CONNECT_AS="owner"))
        self._mark(name).touch()

    def grown_name(self, n: int) -> str:
        return f"bench_grown_{n}_{self.version}"

    def make_grown(self, n: int) -> None:
        """The seed with its answered campaign `growing.TIMES` as large. Made once and worked on: rescoring leaves it as it was."""
        name = self.grown_name(n)
        if name in self._databases() and self._mark(name).exists():
            return
        self.copy(self.seed_name(n), name)
        with psycopg.connect(embedded_database_url(SUPERUSER, self.var, name), autocommit=True) as connection:
            grow(connection)
        self._mark(name).touch()

    def copy(self, source: str, name: str) -> None:
        with self._superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY")
            connection.execute(statement.format(*map(sql.Identifier, (name, OWNER_ROLE, source))))

    def drop(self, name: str) -> None:
        with self._superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _forget_old_versions(self) -> None:
        for name in self._databases():
            if not name.endswith(self.version):
                self._mark(name).unlink(missing_ok=True)
                self.drop(name)

    def _databases(self) -> list[str]:
        with self._superuser() as connection:
            rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'bench%'").fetchall()
        return [name for (name,) in rows]

    def _superuser(self) -> "psycopg.Connection[tuple[str]]":
        return psycopg.connect(embedded_database_url(SUPERUSER, self.var, "postgres"), autocommit=True)


@contextmanager
def ground() -> Iterator[Ground]:
    """Holds the data directory for one run of the benchmarks: two at a time would measure each other."""
    var = var_dir() / "bench"
    var.mkdir(parents=True, exist_ok=True)
    with (var / "bench.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Benchmarks are already running on the data in {var}.")
        made = Ground(var)
        for name in FOREIGN:
            os.environ.pop(name, None)
        os.environ.update(PORTAL_VAR=str(var), PORTAL_DATABASE=made.empty, PORTAL_DEMO="1", DJANGO_SETTINGS_MODULE="config.settings")
        attachment = attach(var)
        for message in (var / "broker" / "messages").iterdir():
            message.unlink()
        try:
            yield made
        finally:
            attachment.release(wait=True)


def fingerprint() -> str:
    seen = hashlib.sha256()
    for pattern in MADE_FROM:
        for path in sorted(BASE_DIR.glob(pattern)):
            seen.update(path.read_bytes())
    return seen.hexdigest()[:10]


def _run(command: list[str], environment: dict[str, str]) -> None:
    """What it says goes to our stderr: stdout is for the results."""
    if subprocess.run(command, cwd=BASE_DIR, env=environment, stdout=sys.stderr, check=False).returncode:
        sys.exit(f"{' '.join(command[1:])} failed; see above.")
