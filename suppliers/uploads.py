"""Large files in parts: a cut of the network or a reload of the page costs one part, not the file.

A part names the place it belongs to. The place must be what was received so far, so a part that is sent twice, or by two tabs at
once, is kept once. The parts lie in the storage under names of their own and become one document when the last one is there.
"""

import tempfile
from datetime import datetime
from typing import IO
from uuid import UUID

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.models import User
from suppliers import documents
from suppliers.inspection import MAX_BYTES, MEGABYTE, safe_name
from suppliers.models import Document, Supplier, Upload, UploadPart
from suppliers.refusals import PASSING, FileRefused, refused, refused_by_disk


PART_BYTES = MEGABYTE
# More files on their way at once are no work of a person.
MOST_UNFINISHED = 100


class WrongPlace(Exception):
    """The part does not begin where the parts so far end; `received` says where that is."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


@transaction.atomic
def begin(*, supplier: Supplier, name: str, size: int, fingerprint: str, by: User, at: datetime) -> Upload:
    """The same file chosen again by the same person goes on where it stopped. Raises `FileRefused`."""
    if size > MAX_BYTES:
        raise refused("file_size", limit=MAX_BYTES // MEGABYTE)
    if size <= 0:
        raise refused("file_empty")
    # One at a time a person: two tabs that begin with the same file share the upload.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    unfinished = Upload.objects.visible_to(by).unfinished().filter(supplier=supplier)
    fields = {"name": safe_name(name), "size": size, "fingerprint": fingerprint[:120]}
    if fingerprint and (known := unfinished.filter(**fields).order_by("-moved_at").first()):
        return known
    if unfinished.count() >= MOST_UNFINISHED:
        raise refused("too_many")
    return Upload.objects.create(supplier=supplier, by=by, created_at=at, moved_at=at, **fields)


@transaction.atomic
def add_part(*, upload_id: UUID, place: int, content: bytes, at: datetime) -> Upload:
    """Raises `WrongPlace`, `FileRefused` when the disk is full, and `Upload.DoesNotExist` when it was cancelled meanwhile."""
    upload = Upload.objects.select_for_update(no_key=True).get(pk=upload_id)
    if place != upload.received or not content or len(content) > min(PART_BYTES, upload.size - place):
        raise WrongPlace(upload.received)
    part = UploadPart(upload=upload, place=place)
    with refused_by_disk():
        part.file.save(f"{upload.pk}.{place}", ContentFile(content), save=False)
    try:
        with transaction.atomic():
            part.save()
            upload.received, upload.moved_at = place + len(content), at
            upload.save(update_fields=["received", "moved_at"])
    except BaseException:
        part.file.delete(save=False)  # no file without a row
        raise
    return upload


def finish(*, upload_id: UUID, by: User, at: datetime, replaces: Document | None = None) -> Document:
    """Makes a document of the parts, or a new revision of one. Asked again, it answers with the same document.

    Raises `WrongPlace` while parts are missing, `documents.NotTheCurrentRevision`, and `FileRefused`, after which the upload is gone.
    """
    details = documents.handed_on(replaces) if replaces else {}
    try:
        with transaction.atomic():
            upload = Upload.objects.select_for_update(no_key=True, of=("self",)).select_related("supplier", "document").get(pk=upload_id)
            if upload.document is not None:
                return upload.document
            if upload.received < upload.size:
                raise WrongPlace(upload.received)
            with refused_by_disk(), tempfile.TemporaryFile() as whole:
                upload.document = documents.store(
                    supplier=upload.supplier, file=_joined(upload, whole), by=by, at=at, replaces=replaces, **details
                )
            upload.save(update_fields=["document"])
            _forget_parts(upload)
            return upload.document
    except FileRefused as refusal:
        if refusal.code not in PASSING:
            cancel(upload_id=upload_id)
        raise


def _joined(upload: Upload, whole: IO[bytes]) -> "File[bytes]":
    for part in upload.parts.order_by("place"):
        with part.file.open("rb") as content:
            whole.write(content.read())
    whole.seek(0)
    return File(whole, name=upload.name)


@transaction.atomic
def cancel(*, upload_id: UUID) -> None:
    """What became a document stays one."""
    upload = Upload.objects.select_for_update().filter(pk=upload_id).unfinished().first()
    if upload is not None:
        _forget_parts(upload)
        upload.delete()


def _forget_parts(upload: Upload) -> None:
    names = [part.file.name for part in upload.parts.all() if part.file.name]
    upload.parts.all().delete()
    transaction.on_commit(lambda: _delete_files(names))


def _delete_files(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)
