"""Backup and restore as people use them: two commands, from one data directory to a fresh one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from accounts.scope import SYSTEM_ROLE
from audit import trail
from audit.sealing import newest_seal, seal_trail
from config.backup import BackupError, read_contents
from config.embedded import APP_ROLE, attach
from config.paths import BASE_DIR, embedded_database_url
from suppliers import documents
from suppliers.models import Document, Supplier
from tests.services import data_folder
from tests.suppliers.files import pdf_bytes


def manage(*arguments: str, var: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    """As ./script/manage does it; with `var`, in that data directory instead of the tests'."""
    start = [] if var is None else ["-m", "config.embedded", "run", sys.executable]
    surroundings = {**os.environ, **({"PORTAL_VAR": str(var), "PORTAL_DATABASE": "portal"} if var else {}), **environment}
    command = [sys.executable, *start, "manage.py", *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=surroundings, check=False, capture_output=True, text=True, timeout=300)


@pytest.fixture
def fresh() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
def taken(transactional_db: None, settings: Any, tmp_path: Path, owner: User, supplier: Supplier) -> Path:
    """A backup of a document with its file, and of a trail with a seal over it."""
    settings.MEDIA_ROOT = tmp_path / "media"
    document = documents.store(supplier=supplier, file=ContentFile(pdf_bytes(), name="许可证.pdf"), by=owner, at=timezone.now())
    trail.record("document.viewed", actor=owner, target=document, supplier_id=supplier.pk)
    seal_trail(at=timezone.now())
    done = manage("backup", str(tmp_path / "backup"), MEDIA_ROOT=str(settings.MEDIA_ROOT))
    assert done.returncode == 0, done.stderr
    assert "SECRET_KEY" in done.stdout
    return tmp_path / "backup"


def test_restored_portal_is_the_one_that_was_backed_up_and_nothing_is_overwritten(taken: Path, fresh: Path, owner: User) -> None:
    again = manage("backup", str(taken))
    assert again.returncode != 0
    assert "never overwrites" in again.stderr
    document, seal = Document.objects.get(), newest_seal()
    assert seal is not None

    restored = manage("restore", str(taken), var=fresh)

    assert restored.returncode == 0, restored.stderr
    assert f"seal {seal.number}:{seal.hash}" in restored.stdout
    assert "SECRET_KEY is not the one of the backup" in restored.stdout
    assert (fresh / "media" / str(document.file.name)).read_bytes() == pdf_bytes()
    attachment = attach(fresh)
    try:
        with psycopg.connect(embedded_database_url(APP_ROLE, fresh, "portal")) as connection:
            assert connection.execute("SELECT email FROM accounts_user").fetchall() == []  # the policies are back too
            connection.execute(f"SET ROLE {SYSTEM_ROLE}")
            assert connection.execute("SELECT email FROM accounts_user").fetchall() == [(owner.email,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM audit_event")  # the application's role has its rights, and no more
    finally:
        attachment.release()
    twice = manage("restore", str(taken), var=fresh)
    assert twice.returncode != 0
    assert "not empty" in twice.stderr


def test_backup_that_was_tampered_with_or_broken_off_is_not_taken_for_whole(taken: Path, fresh: Path) -> None:
    [file] = [path for path in (taken / "files").rglob("*") if path.is_file()]
    file.write_bytes(b"another file")
    refused = manage("restore", str(taken), var=fresh)
    assert refused.returncode != 0
    assert "not as it was written" in refused.stderr

    contents = json.loads((taken / "contents.json").read_text())
    assert contents["rows"]["suppliers_document"] == 1
    with (taken / "portal.dump").open("ab") as dump:
        dump.write(b"more")
    with pytest.raises(BackupError, match=r"portal\.dump is not as it was written"):
        read_contents(taken)
    shutil.rmtree(taken / "files")
    (taken / "contents.json").unlink()
    with pytest.raises(BackupError, match="is no backup"):
        read_contents(taken)
