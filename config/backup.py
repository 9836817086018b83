"""A backup is a folder: the database and every file of one and the same moment, with a list by which a restore proves itself.

    portal.dump     the database as pg_dump writes it
    files/          what its rows name, each under its name in the storage
    contents.json   rows of every table, SHA-256 of every file, the newest seal, and which keys were in use; written last

Keys are not in it: with them, whoever finds a backup could read what workers report in confidence. `restore` says which are missing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import FileField
from psycopg import sql

from audit.sealing import newest_seal
from audit.verifying import verify_trail
from config.embedded import binaries, plain_environment
from config.paths import var_dir


DUMP, FILES, CONTENTS = "portal.dump", "files", "contents.json"
# What opens or signs what is in a backup; docs/deployment.md says what each is for.
KEYS = ("SECRET_KEY", "GRIEVANCE_KEYS", "LABEL_SIGNING_KEY", "DOCUMENT_SIGNING_KEY")
_BLOCK = 1 << 20


class BackupError(Exception):
    """Nothing was backed up, or what was restored is not what was backed up; the text says why."""


@dataclass
class Contents:
    taken_at: str = ""
    dump_sha256: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    seal: str = ""  # number:hash
    keys: dict[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        return f"{sum(self.rows.values()):,} rows in {len(self.rows)} tables, {len(self.files):,} files, seal {self.seal or 'none'}"


@dataclass(frozen=True)
class Restored:
    contents: Contents
    seconds: float
    missing_keys: list[str]


# --- taking -----------------------------------------------------------------------------------------------------------


def take(folder: Path, *, at: datetime) -> Contents:
    """While everything runs. `folder` must not exist; it appears when the backup is whole."""
    if folder.exists():
        raise BackupError(f"{folder} exists already. A backup never overwrites anything; name another folder.")
    draft = folder.with_name(f".{folder.name}.unfinished")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(parents=True, mode=0o700)
    contents = Contents(taken_at=at.isoformat(), keys=key_marks())
    with _one_moment() as snapshot:
        _dump(draft / DUMP, snapshot)
        contents.rows, names = row_counts(), sorted(file_names())
        seal = newest_seal()
    contents.dump_sha256 = _sha256(draft / DUMP)
    contents.seal = f"{seal.number}:{seal.hash}" if seal else ""
    contents.files = {name: digest for name in names if (digest := _fetch(name, draft / FILES / name))}
    (draft / CONTENTS).write_text(json.dumps(asdict(contents), indent=1, sort_keys=True))
    draft.rename(folder)
    return contents


@contextmanager
def _one_moment() -> Iterator[str]:
    """Everything read inside, and pg_dump with this snapshot, sees the database as it is now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _dump(path: Path, snapshot: str) -> None:
    _run("pg_dump", "--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")


def row_counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            counts[table] = cursor.fetchone()[0]
    return counts


def file_names() -> set[str]:
    """Every file a row names."""
    names: set[str] = set()
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, FileField):
                rows = model._default_manager.exclude(**{column.name: ""}).exclude(**{f"{column.name}__isnull": True})
                names |= set(rows.values_list(column.name, flat=True))
    return names


def _fetch(name: str, target: Path) -> str:
    """Copies a file out of the storage and answers with its hash: empty for one that was deleted since the snapshot, by the policy
    that says how long data is kept. Restored, its row says so, as it does in the portal."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with default_storage.open(name) as source, target.open("wb") as copy:
            return _copy(source, copy)
    except FileNotFoundError:
        return ""


# --- restoring --------------------------------------------------------------------------------------------------------


def restore(folder: Path) -> Restored:
    """Into an empty database and an empty storage, as the tables' owner. Raises `BackupError` where they are not, and where what
    came out is not what went in."""
    started = time.monotonic()
    contents = read_contents(folder)
    _refuse_to_overwrite()
    jobs, database = f"--jobs={os.cpu_count() or 1}", f"--dbname={connection.settings_dict['NAME']}"
    _run("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", jobs, database, str(folder / DUMP))
    for name, digest in contents.files.items():
        _put(folder / FILES / name, name, digest)
    _compare_rows(contents.rows, row_counts())
    call_command("migrate", interactive=False, verbosity=0)  # rights of the application's role; tables of a newer version
    _check_seals(contents.seal)
    if settings.EMBEDDED:
        (var_dir() / "postgres" / "demo-loaded").touch()  # the next start must not add the demo
    missing = sorted(name for name, mark in contents.keys.items() if key_marks().get(name) != mark)
    return Restored(contents, time.monotonic() - started, missing)


def read_contents(folder: Path) -> Contents:
    try:
        contents = Contents(**json.loads((folder / CONTENTS).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{folder} is no backup: {CONTENTS} cannot be read. {error}") from error
    if _sha256(folder / DUMP) != contents.dump_sha256:
        raise BackupError(f"{folder / DUMP} is not as it was written.")
    return contents


def _refuse_to_overwrite() -> None:
    if tables := row_counts():
        raise BackupError(f"The database is not empty: it has {len(tables)} tables. A restore never overwrites anything.")
    folders, files = default_storage.listdir("") if default_storage.exists("") else ([], [])
    if folders or files:
        raise BackupError("The storage of files (MEDIA_ROOT) is not empty. A restore never overwrites anything.")


def _put(source: Path, name: str, digest: str) -> None:
    if not source.is_file() or _sha256(source) != digest:
        raise BackupError(f"The file {source} is missing or not as it was written.")
    with source.open("rb") as content:
        kept = default_storage.save(name, File(content))
    with default_storage.open(name) as again:
        if kept != name or _copy(again, None) != digest:
            raise BackupError(f"The file {name} did not reach the storage as it was.")


def _compare_rows(before: Mapping[str, int], after: Mapping[str, int]) -> None:
    different = sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table))
    if different:
        told = ", ".join(f"{table}: {before.get(table)} before, {after.get(table)} now" for table in different)
        raise BackupError(f"Rows are missing or too many. {told}")


def _check_seals(seal: str) -> None:
    number, _, digest = seal.partition(":")
    found = verify_trail(printed={int(number): digest} if seal else {})
    if found.differences:
        raise BackupError(f"The audit trail is not what was sealed: {found.differences[:5]}. See manage.py verify_audit.")


# --- both -------------------------------------------------------------------------------------------------------------


def key_marks() -> dict[str, str]:
    """By which a key is recognised and cannot be guessed: keys are long and random."""
    return {name: hashlib.sha256(f"{name}:{value}".encode()).hexdigest()[:16] for name in KEYS if (value := getattr(settings, name))}


def _run(program: str, *arguments: str) -> None:
    connected = connection.get_connection_params()
    asked = {name: str(connected[key]) for key, name in _PG_NAMES.items() if connected.get(key)}
    done = subprocess.run(
        [str(binaries() / program), *arguments], env={**plain_environment(), **asked}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-2000:]}")


# libpq's parameters, and the variables its programs read them from: a password belongs on no command line.
_PG_NAMES = {
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "host": "PGHOST",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return _copy(file, None)


def _copy(source: Any, target: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    while block := source.read(_BLOCK):
        digest.update(block)
        if target:
            target.write(block)
    return digest.hexdigest()
