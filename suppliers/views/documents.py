"""The library of a supplier: its certificates and documents, each with its own page; and the files, for those who may see them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.confirmation import ask_first
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from audit import trail
from suppliers import reliance
from suppliers.documents import NotTheCurrentRevision, change_details, handed_on, record_view, store
from suppliers.expiry import ending_soon
from suppliers.forms import DocumentDetailsForm, DocumentForm
from suppliers.inspecting.types import ACCEPT, SHOWN
from suppliers.models import Document, Supplier
from suppliers.validity import validity
from suppliers.views.common import own_supplier


PAGE_SIZE = 50
# A file is shown by the browser itself or not at all: whatever it holds has no origin, loads nothing and runs nothing.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# Chromium's reader of PDFs does not start in a sandbox of ours; it has its own, and PDFs with scripts are not kept.
ALONE_PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:"


def document_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The supplier's own documents."""
    return show_documents(request, own_supplier(request))


def supplier_documents(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    """A supplier's documents, for the buyer's people."""
    require(request.user, Permission.SUPPLIER_VIEW)
    found = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    trail.record("documents.viewed", actor=request.user, target=found, supplier_id=found.pk)
    return show_documents(request, found)


def show_documents(request: AuthenticatedHttpRequest, supplier: Supplier) -> HttpResponse:
    documents = supplier.documents.visible_to(request.user).current().select_related("site", "uploaded_by", "replaces")
    if (kind := request.GET.get("kind", "")) in Document.Kind.values:
        documents = documents.filter(kind=kind)
    if text := request.GET.get("q", "").replace("\x00", "").strip()[:200]:
        documents = documents.search(text)
    page = page_by(documents, "-pk", request.GET, size=PAGE_SIZE)
    today = timezone.localdate()
    context = {
        "supplier": supplier,
        "page": page,
        "documents": [(document, *validity(document, today)) for document in page.rows],
        "kinds": Document.Kind.choices,
        "kind": kind,
        "q": text,
        "accept": ACCEPT,
        "may_edit": may_edit(request, supplier),
        "ending": ending_soon(supplier.pk),
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
        kept = handed_on(replaces)
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
            return redirect(document)
    form.close()
    return render(request, "suppliers/document_form.html", {"form": form, "replaces": replaces, "supplier": supplier, "accept": ACCEPT})


def document(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """What is known about a document, its revisions, and what leans on it."""
    visible = Document.objects.visible_to(request.user).select_related("supplier", "site", "uploaded_by", "replaces", "replaced_by")
    found = get_object_or_404(visible, pk=pk)
    now = timezone.now()
    record_view(found, by=request.user, at=now)
    state, words = validity(found, timezone.localdate())
    context = {
        "document": found,
        "newer": getattr(found, "replaced_by", None),
        "state": state,
        "validity": words,
        "is_picture": found.content_type in SHOWN and found.content_type.startswith("image/"),
        "sections": reliance.sections(found, viewer=request.user, at=now),
        "may_edit": may_edit(request, found.supplier),
    }
    return render(request, "suppliers/document.html", context)


def document_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """What is said about a document, without another file."""
    supplier = own_supplier(request)
    found = get_object_or_404(supplier.documents.current(), pk=pk)
    require(request.user, Permission.PROFILE_EDIT)
    form = DocumentDetailsForm(request.POST if request.method == "POST" else None, instance=found, supplier=supplier)
    if request.method == "POST" and form.is_valid():
        try:
            change_details(document=found, details=form.details(), by=request.user, at=timezone.now())
        except NotTheCurrentRevision as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("The particulars are saved."))
        return redirect(found)
    return render(request, "suppliers/document_edit.html", {"form": form, "document": found})


def document_file(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file itself. Browsers show pictures and PDFs; everything else, and with `?download` those too, is only ever saved."""
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    if not found.file:
        raise Http404
    is_saved = "download" in request.GET or found.content_type not in SHOWN
    if is_saved and (asked := ask_first(request)):
        return asked
    try:
        file = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    record_view(found, by=request.user, at=timezone.now(), action="document.downloaded" if is_saved else "document.viewed")
    response = FileResponse(file, as_attachment=is_saved, filename=found.original_name, content_type=found.content_type or None)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = ALONE_PDF if found.content_type == "application/pdf" else ALONE
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
