"""Where things live on disk. Needs nothing but the standard library: the scripts use it before Django is there."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote


BASE_DIR = Path(__file__).resolve().parent.parent
# Unix socket addresses end at 108 bytes on Linux, and the name of PostgreSQL's socket needs its share.
LONGEST_SOCKET_DIR = 107 - len("/.s.PGSQL.5432.lock")


def var_dir() -> Path:
    """The folder of everything the default run writes: database, uploads, mail, messages to the workers."""
    return Path(os.environ.get("PORTAL_VAR") or BASE_DIR / "var").expanduser().resolve()


def database_name() -> str:
    return os.environ.get("PORTAL_DATABASE") or "portal"


def socket_dir(var: Path) -> Path:
    """The folder of the embedded database's socket, private to its owner: beside the data, or, when that path is too long
    for a socket, in the temporary directory under a name made from it."""
    beside = var / "postgres" / "socket"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_DIR:
        return beside
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"portal-{os.getuid()}-{name}"


def embedded_database_url(role: str, var: Path, database: str = "") -> str:
    return f"postgresql://{role}@/{database or database_name()}?host={quote(str(socket_dir(var)))}"
