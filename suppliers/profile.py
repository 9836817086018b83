"""What a supplier, or staff in its place, changes about itself: its particulars, sites and contacts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.models import User
from audit import trail
from suppliers.models import Contact, Site, Supplier


class Taken(Exception):
    """Somebody saved a record with the same name, address or identifier since the form looked."""


class InUse(Exception):
    """Other records speak of this site; it can be closed, not deleted."""


@transaction.atomic
def change_supplier(supplier: Supplier, changes: Mapping[str, Any], *, by: User, at: datetime) -> Supplier:
    """Writes only what differs, so that somebody's edit of another field at the same time survives. Raises `Taken`."""
    differing = [name for name, value in changes.items() if getattr(supplier, name) != value]
    if not differing:
        return supplier
    for name in differing:
        setattr(supplier, name, changes[name])
    try:
        with transaction.atomic():
            supplier.save(update_fields=[*differing, "updated_at"])
    except IntegrityError as error:
        raise Taken from error
    trail.record("supplier.changed", actor=by, target=supplier, supplier_id=supplier.pk, detail={"fields": sorted(differing)}, at=at)
    return supplier


@transaction.atomic
def save_site(site: Site) -> Site:
    """Raises `Taken`: a form sent twice at once is one site."""
    Supplier.objects.select_for_update(no_key=True).get(pk=site.supplier_id)
    if Site.objects.filter(supplier_id=site.supplier_id, name=site.name).exclude(pk=site.pk).exists():
        raise Taken
    site.save()
    return site


@transaction.atomic
def save_contact(contact: Contact) -> Contact:
    """A supplier has one first contact: a new one replaces the one in office. Raises `Taken`, as `save_site` does."""
    Supplier.objects.select_for_update(no_key=True).get(pk=contact.supplier_id)
    others = Contact.objects.filter(supplier_id=contact.supplier_id).exclude(pk=contact.pk)
    if others.filter(email__iexact=contact.email).exists():
        raise Taken
    if contact.is_primary:
        others.filter(is_primary=True).update(is_primary=False)
    elif not others.filter(is_primary=True).exists():
        contact.is_primary = True
    contact.save()
    return contact


@transaction.atomic
def delete_contact(contact: Contact) -> None:
    """The oldest of the others becomes the first contact where the first one goes."""
    supplier_id, was_primary = contact.supplier_id, contact.is_primary
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
    contact.delete()
    heir = Contact.objects.filter(supplier_id=supplier_id).order_by("pk").first() if was_primary else None
    if heir is not None:
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])


@transaction.atomic
def delete_site(site: Site) -> None:
    """Raises `InUse` for a site with emission data, pilots or documents: history would lose its place."""
    if site.documents.exists():
        raise InUse
    try:
        with transaction.atomic():
            site.delete()
    except ProtectedError as error:
        raise InUse from error
