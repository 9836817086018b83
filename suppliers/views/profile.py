from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from suppliers.forms import ContactForm, ParticularsForm, SiteForm, SupplierForm
from suppliers.models import Contact, Site, Supplier
from suppliers.profile import InUse, Taken, change_supplier, delete_contact, delete_site, save_contact, save_site
from suppliers.views.common import own_supplier


def profile(request: AuthenticatedHttpRequest) -> HttpResponse:
    supplier = own_supplier(request)
    context = {
        "supplier": supplier,
        "sites": supplier.sites.order_by("closed_on", "name", "pk"),
        "contacts": supplier.contacts.order_by("-is_primary", "name", "pk"),
        "document_count": supplier.documents.current().count(),
        "may_edit": has(request.user, Permission.PROFILE_EDIT),
    }
    return render(request, "suppliers/profile.html", context)


def profile_edit(request: AuthenticatedHttpRequest) -> HttpResponse:
    supplier = own_supplier(request)
    require(request.user, Permission.PROFILE_EDIT)
    form = ParticularsForm(request.POST if request.method == "POST" else None, instance=supplier)
    if request.method == "POST" and form.is_valid():
        change_supplier(supplier, form.changes(), by=request.user, at=timezone.now())
        messages.success(request, _("Your company's particulars are saved."))
        return redirect("suppliers:profile")
    return render(request, "suppliers/profile_form.html", {"form": form, "supplier": supplier})


def supplier_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Staff correct a supplier's record."""
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=pk)
    require(request.user, Permission.SUPPLIER_EDIT)
    form = SupplierForm(request.POST if request.method == "POST" else None, instance=supplier)
    if request.method == "POST" and form.is_valid():
        try:
            change_supplier(supplier, form.changes(), by=request.user, at=timezone.now())
        except Taken:
            form.add_error(None, _("Another supplier has one of these identifiers since a moment ago."))
        else:
            messages.success(request, _("The supplier is saved."))
            return redirect(supplier)
    trail.record("supplier.viewed", actor=request.user, target=supplier, supplier_id=supplier.pk)
    return render(request, "suppliers/supplier_form.html", {"form": form, "supplier": supplier})


# --- sites ------------------------------------------------------------------------------------------------------------


def site_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    supplier = own_supplier(request)
    require(request.user, Permission.PROFILE_EDIT)
    return edit_site(request, Site(supplier=supplier), initial={"country": supplier.country, "region": supplier.region})


def site_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    site = get_object_or_404(own_supplier(request).sites, pk=pk)
    require(request.user, Permission.PROFILE_EDIT)
    return edit_site(request, site)


def edit_site(request: AuthenticatedHttpRequest, site: Site, initial: dict[str, Any] | None = None) -> HttpResponse:
    form = SiteForm(request.POST if request.method == "POST" else None, instance=site, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_site(form.save(commit=False))
        except Taken:
            form.add_error("name", _("The company has a site of this name already."))
        else:
            messages.success(request, _("The site is saved."))
            return redirect("suppliers:profile")
    return render(request, "suppliers/site_form.html", {"form": form, "site": site})


@require_POST
def site_delete(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    site = get_object_or_404(own_supplier(request).sites, pk=pk)
    require(request.user, Permission.PROFILE_EDIT)
    try:
        delete_site(site)
    except InUse:
        messages.error(request, _("Documents or emission data belong to this site. Enter the day it was closed instead."))
        return redirect("suppliers:site_edit", pk=site.pk)
    messages.success(request, _("The site is removed."))
    return redirect("suppliers:profile")


# --- contacts ---------------------------------------------------------------------------------------------------------


def contact_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    supplier = own_supplier(request)
    require(request.user, Permission.PROFILE_EDIT)
    return edit_contact(request, Contact(supplier=supplier))


def contact_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(own_supplier(request).contacts, pk=pk)
    require(request.user, Permission.PROFILE_EDIT)
    return edit_contact(request, contact)


def edit_contact(request: AuthenticatedHttpRequest, contact: Contact) -> HttpResponse:
    initial = {} if contact.pk else {"language": request.user.language}
    form = ContactForm(request.POST if request.method == "POST" else None, instance=contact, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_contact(form.save(commit=False))
        except Taken:
            form.add_error("email", _("The company has a contact with this e-mail address already."))
        else:
            messages.success(request, _("The contact is saved."))
            return redirect("suppliers:profile")
    return render(request, "suppliers/contact_form.html", {"form": form, "contact": contact})


@require_POST
def contact_delete(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    contact = get_object_or_404(own_supplier(request).contacts, pk=pk)
    require(request.user, Permission.PROFILE_EDIT)
    delete_contact(contact)
    messages.success(request, _("The contact is removed."))
    return redirect("suppliers:profile")
