import hashlib
import shutil
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


# Files of packages that no page of ours refers to, and fonts that only PDFs use, straight from static/.
IGNORED = ["rest_framework", "flags", "django_htmx", "NotoSans*", "fonts-pdf.css"]


def collect_if_changed() -> bool:
    """Collecting and compressing takes seconds, so it happens only when a file is new, gone or changed."""
    root = Path(settings.STATIC_ROOT)
    mark = root / ".collected"
    fingerprint = _fingerprint()
    if mark.exists() and mark.read_text() == fingerprint:
        return False
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=IGNORED)
    mark.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    seen = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(IGNORED):
            facts = Path(storage.path(name)).stat()
            seen.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()
