from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from suppliers.documents import record_view, store
from suppliers.forms import DocumentForm
from suppliers.models import Document, Supplier
from suppliers.views.common import own_supplier


PAGE_SIZE = 50
EXPIRES_SOON = timedelta(days=60)


def validity(document: Document, on: date) -> tuple[str, str]:
    """(state of accounts.badges, words)."""
    if document.valid_from and document.valid_from > on:
        return "pending", _("Not valid yet")
    if document.valid_to is None:
        return "valid", _("No end date")
    if document.valid_to < on:
        return "expired", _("Expired")
    if document.valid_to <= on + EXPIRES_SOON:
        return "expiring", _("Expires soon")
    return "valid", _("Valid")


def document_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The supplier's own documents."""
    return show_documents(request, own_supplier(request))


def supplier_documents(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    """A supplier's documents, for the buyer's people."""
    require(request.user, Permission.SUPPLIER_VIEW)
    return show_documents(request, get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id))


def show_documents(request: AuthenticatedHttpRequest, supplier: Supplier) -> HttpResponse:
    documents = supplier.documents.visible_to(request.user).current().select_related("site", "uploaded_by", "replaces")
    if (kind := request.GET.get("kind", "")) in Document.Kind.values:
        documents = documents.filter(kind=kind)
    page = page_by(documents, "-pk", request.GET, size=PAGE_SIZE)
    today = timezone.localdate()
    context = {
        "supplier": supplier,
        "page": page,
        "documents": [(document, *validity(document, today)) for document in page.rows],
        "kinds": Document.Kind.choices,
        "kind": kind,
        "may_edit": may_edit(request, supplier),
    }
    return render(request, "suppliers/document_list.html", context)


def may_edit(request: AuthenticatedHttpRequest, supplier: Supplier) -> bool:
    return request.user.supplier_id == supplier.pk and has(request.user, Permission.PROFILE_EDIT)


def document_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    supplier = own_supplier(request)
    require(request.user, Permission.PROFILE_EDIT)
    return edit_document(request, supplier, replaces=None)


def document_revise(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """A newer file in the place of an older one, which stays readable."""
    supplier = own_supplier(request)
    replaces = get_object_or_404(supplier.documents.current(), pk=pk)
    require(request.user, Permission.PROFILE_EDIT)
    return edit_document(request, supplier, replaces=replaces)


def edit_document(request: AuthenticatedHttpRequest, supplier: Supplier, *, replaces: Document | None) -> HttpResponse:
    kept: dict[str, Any] = {}
    if replaces is not None:
        kept = {name: getattr(replaces, name) for name in ("kind", "title", "issuer", "number")} | {"site": replaces.site_id}
    form = DocumentForm(request.POST if request.method == "POST" else None, request.FILES or None, supplier=supplier, initial=kept)
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        try:
            document = store(
                supplier=supplier,
                file=form.cleaned_data["upload"],
                by=request.user,
                at=at,
                replaces=replaces,
                **form.details(),
            )
        except ValidationError as error:
            form.add_error("upload", error)
        else:
            if document.uploaded_at == at:
                messages.success(request, _("The document is kept."))
            else:
                messages.info(request, _("This very file is kept already, as “%(name)s”.") % {"name": document})
            return redirect("suppliers:document_list")
    form.close()
    return render(request, "suppliers/document_form.html", {"form": form, "replaces": replaces, "supplier": supplier})


def document(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file itself. It is only ever saved, never shown by the portal: a stranger's file does not run under our name."""
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    if not found.file:
        raise Http404
    try:
        file = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    record_view(found, by=request.user, at=timezone.now())
    response = FileResponse(file, as_attachment=True, filename=found.original_name, content_type=found.content_type or None)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
