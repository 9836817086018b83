"""Files a supplier gave: checked, hashed, kept under a name of our own, and never changed. A new revision is a new document."""

import hashlib
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import IO, Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import trail
from suppliers.models import Document, Site, Supplier


MAX_BYTES = 20 * 1024 * 1024
HEAD_BYTES = 4096


class FileRefused(ValidationError):
    """The file is not one we keep; the message says why, in words for the person who uploaded it."""


class NotTheCurrentRevision(ValidationError):
    """Somebody replaced the document in the meantime, or it is another supplier's."""


@dataclass(frozen=True)
class FileType:
    content_type: str
    looks_right: Callable[[bytes, IO[bytes]], bool]


@dataclass(frozen=True)
class Checked:
    """What is known about a file once it has been read through."""

    name: str
    extension: str
    content_type: str
    size: int
    sha256: str


def starts_with(*beginnings: bytes) -> Callable[[bytes, IO[bytes]], bool]:
    return lambda head, _stream: head.startswith(beginnings)


def is_pdf(head: bytes, _stream: IO[bytes]) -> bool:
    # Readers accept a few stray bytes in front, and scanners do write them.
    return b"%PDF-" in head[:1024]


def is_webp(head: bytes, _stream: IO[bytes]) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def is_heic(head: bytes, _stream: IO[bytes]) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1")


def is_text(head: bytes, _stream: IO[bytes]) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, what Excel calls Unicode text
        return True
    return not re.search(rb"[\x00-\x08\x0e-\x1f]", head)


def is_package(member: str) -> Callable[[bytes, IO[bytes]], bool]:
    """A ZIP package that holds `member` and no macros."""

    def looks_right(head: bytes, stream: IO[bytes]) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        try:
            names = zipfile.ZipFile(stream).namelist()
        except (zipfile.BadZipFile, OSError, ValueError):
            return False
        return member in names and not any(name.lower().endswith("vbaproject.bin") for name in names)

    return looks_right


OLE = starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
OPEN_XML = "application/vnd.openxmlformats-officedocument."
JPEG = FileType("image/jpeg", starts_with(b"\xff\xd8\xff"))
ALLOWED: dict[str, FileType] = {
    "pdf": FileType("application/pdf", is_pdf),
    "ofd": FileType("application/ofd", is_package("OFD.xml")),
    "png": FileType("image/png", starts_with(b"\x89PNG\r\n\x1a\n")),
    "jpg": JPEG,
    "jpeg": JPEG,
    "webp": FileType("image/webp", is_webp),
    "heic": FileType("image/heic", is_heic),
    "docx": FileType(f"{OPEN_XML}wordprocessingml.document", is_package("word/document.xml")),
    "xlsx": FileType(f"{OPEN_XML}spreadsheetml.sheet", is_package("xl/workbook.xml")),
    "pptx": FileType(f"{OPEN_XML}presentationml.presentation", is_package("ppt/presentation.xml")),
    "doc": FileType("application/msword", OLE),
    "xls": FileType("application/vnd.ms-excel", OLE),
    "csv": FileType("text/csv", is_text),
    "txt": FileType("text/plain", is_text),
}
# For the accept attribute of file inputs.
ACCEPT = ",".join(f".{extension}" for extension in ALLOWED)


def check(file: "File[bytes]") -> Checked:
    """Read the file through once. Raises `FileRefused` unless it is of an allowed size and of the type its name says."""
    name = safe_name(file.name or "")
    extension = PurePosixPath(name).suffix.lstrip(".").lower()
    kind = ALLOWED.get(extension)
    if kind is None:
        kinds = ", ".join(sorted(ALLOWED))
        raise FileRefused(_("Files of this kind cannot be uploaded. Use one of: %(kinds)s."), code="file_kind", params={"kinds": kinds})
    size, digest, head = read_through(file)
    if not size:
        raise FileRefused(_("The file is empty."), code="file_empty")
    file.seek(0)
    if not kind.looks_right(head, file):
        raise FileRefused(
            _("The content of the file is not what its name says (.%(extension)s)."), code="file_content", params={"extension": extension}
        )
    file.seek(0)
    return Checked(name, extension, kind.content_type, size, digest)


def read_through(file: "File[bytes]") -> tuple[int, str, bytes]:
    """(size, SHA-256, first bytes), reading no further than the limit."""
    size, digest, head = 0, hashlib.sha256(), b""
    for chunk in file.chunks():
        size += len(chunk)
        if size > MAX_BYTES:
            limit = MAX_BYTES // 1024 // 1024
            raise FileRefused(_("The file is larger than %(limit)s MB."), code="file_size", params={"limit": limit})
        digest.update(chunk)
        if len(head) < HEAD_BYTES:
            head += chunk[: HEAD_BYTES - len(head)]
    return size, digest.hexdigest(), head


def safe_name(name: str) -> str:
    """The last part of a path, without control and direction-changing characters, at most 200 long with its extension kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    stem, dot, extension = printable.strip(" .").rpartition(".")
    if not dot:
        return printable[:200] or "file"
    return f"{stem[: 199 - len(extension)]}.{extension}" if len(extension) < 20 else printable[:200]


def store(
    *,
    supplier: Supplier,
    file: "File[bytes]",
    kind: str = Document.Kind.OTHER,
    by: User | None,
    at: datetime,
    site: Site | None = None,
    title: str = "",
    issuer: str = "",
    number: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
    replaces: Document | None = None,
) -> Document:
    """Keep a file for a supplier. The same file given again is the document that is already there.

    Raises `FileRefused`, and `NotTheCurrentRevision` when `replaces` is not the supplier's newest revision.
    """
    checked = check(file)
    details: dict[str, Any] = {
        "kind": kind,
        "site": site,
        "title": title,
        "issuer": issuer,
        "number": number,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    with transaction.atomic():
        # One upload of a supplier at a time: two people may give the same file, or replace the same document, at once.
        Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
        existing = Document.objects.current().filter(supplier=supplier, sha256=checked.sha256).exclude(file="").first()
        if replaces is None and existing is not None:
            return existing
        if replaces is not None:
            refuse_stale(supplier, replaces, checked)
        return keep(supplier, file, checked, details=details, replaces=replaces, by=by, at=at)


def refuse_stale(supplier: Supplier, replaces: Document, checked: Checked) -> None:
    if replaces.supplier_id != supplier.pk or Document.objects.filter(replaces=replaces).exists():
        raise NotTheCurrentRevision(_("This document was replaced in the meantime. Look at the newest revision first."), code="stale")
    if replaces.sha256 == checked.sha256:
        raise FileRefused(_("This is the very file you are replacing."), code="file_same")


def keep(
    supplier: Supplier,
    file: "File[bytes]",
    checked: Checked,
    *,
    details: dict[str, Any],
    replaces: Document | None,
    by: User | None,
    at: datetime,
) -> Document:
    document = Document(
        supplier=supplier,
        replaces=replaces,
        original_name=checked.name,
        content_type=checked.content_type,
        size=checked.size,
        sha256=checked.sha256,
        uploaded_by=by,
        uploaded_at=at,
        **details,
    )
    document.file.save(f"{uuid4().hex}.{checked.extension}", file, save=False)
    try:
        with transaction.atomic():
            document.save()
            trail.record(
                "document.uploaded",
                actor=by,
                target=document,
                supplier_id=supplier.pk,
                detail={"name": checked.name, "sha256": checked.sha256},
                at=at,
            )
    except BaseException:
        document.file.delete(save=False)  # no file without a row
        raise
    return document


def record_view(document: Document, *, by: User, at: datetime) -> None:
    """The supplier can see which of the buyer's people opened a document."""
    if by.is_buyer:
        trail.record(
            "document.viewed", actor=by, target=document, supplier_id=document.supplier_id, detail={"name": document.original_name}, at=at
        )
