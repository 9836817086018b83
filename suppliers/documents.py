"""Files a supplier gave: inspected, hashed, kept under a name of our own, and never changed. A new revision is a new document."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import trail
from runs.calendar import buyers_day
from suppliers import endings
from suppliers.inspection import Inspected, inspect
from suppliers.models import Document, Site, Supplier
from suppliers.refusals import FileRefused, refused_by_disk


class NotTheCurrentRevision(ValidationError):
    """Somebody replaced the document in the meantime, or it is another supplier's."""


def store(
    *,
    supplier: Supplier,
    file: "File[bytes] | Inspected",
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

    A file that was inspected before is not inspected again; in any case it is closed afterwards. Raises `FileRefused`, and
    `NotTheCurrentRevision` when `replaces` is not the supplier's newest revision.
    """
    inspected = file if isinstance(file, Inspected) else inspect(file)
    details: dict[str, Any] = {
        "kind": kind,
        "site": site,
        "title": title,
        "issuer": issuer,
        "number": number,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    try:
        with transaction.atomic():
            # One upload of a supplier at a time: two people may give the same file, or replace the same document, at once.
            Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
            existing = Document.objects.current().filter(supplier=supplier, sha256=inspected.sha256).exclude(file="").first()
            if replaces is None and existing is not None:
                return existing
            if replaces is not None:
                refuse_stale(supplier, replaces, inspected)
            return keep(supplier, inspected, details=details, replaces=replaces, by=by, at=at)
    finally:
        inspected.close()


def handed_on(document: Document) -> dict[str, Any]:
    """What a new revision most likely has in common with the one it replaces."""
    return {"kind": document.kind, "title": document.title, "issuer": document.issuer, "number": document.number, "site": document.site}


def refuse_stale(supplier: Supplier, replaces: Document, inspected: Inspected) -> None:
    if replaces.supplier_id != supplier.pk or Document.objects.filter(replaces=replaces).exists():
        raise NotTheCurrentRevision(_("This document was replaced in the meantime. Look at the newest revision first."), code="stale")
    if replaces.sha256 == inspected.sha256:
        raise FileRefused(_("This is the very file you are replacing."), code="file_same")


def keep(
    supplier: Supplier,
    inspected: Inspected,
    *,
    details: dict[str, Any],
    replaces: Document | None,
    by: User | None,
    at: datetime,
) -> Document:
    document = Document(
        supplier=supplier,
        replaces=replaces,
        original_name=inspected.name,
        content_type=inspected.content_type,
        size=inspected.size,
        sha256=inspected.sha256,
        uploaded_by=by,
        uploaded_at=at,
        **details,
    )
    with refused_by_disk():
        document.file.save(f"{uuid4().hex}.{inspected.extension}", File(inspected.content), save=False)
    try:
        with transaction.atomic():
            document.save()
            endings.mark_ended(on=buyers_day(at), supplier_id=supplier.pk)
            trail.record(
                "document.uploaded",
                actor=by,
                target=document,
                supplier_id=supplier.pk,
                detail={"name": inspected.name, "sha256": inspected.sha256},
                at=at,
            )
    except BaseException:
        document.file.delete(save=False)  # no file without a row
        raise
    return document


@transaction.atomic
def change_details(*, document: Document, details: Mapping[str, Any], by: User, at: datetime) -> None:
    """What is said about a file: kind, title, holder, issuer, number, validity. Raises `NotTheCurrentRevision`."""
    found = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if Document.objects.filter(replaces=found).exists():
        raise NotTheCurrentRevision(_("This document was replaced in the meantime. Look at the newest revision first."), code="stale")
    changed = [name for name, value in details.items() if getattr(found, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(found, name, details[name])
    found.save(update_fields=changed)
    endings.mark_ended(on=buyers_day(at), supplier_id=found.supplier_id)
    trail.record("document.changed", actor=by, target=found, supplier_id=found.supplier_id, detail={"fields": changed}, at=at)


def record_view(document: Document, *, by: User, at: datetime, action: str = "document.viewed") -> None:
    """The supplier can see which of the buyer's people looked at a document or took it with them."""
    if by.is_buyer:
        detail = {"name": document.original_name}
        trail.record(action, actor=by, target=document, supplier_id=document.supplier_id, detail=detail, at=at)
