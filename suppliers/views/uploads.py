"""A file in parts, for the browser's script: begin, send parts, ask how far it is, finish, cancel. JSON in every case."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest, require_author
from accounts.permissions import Permission, require
from suppliers import uploads
from suppliers.documents import NotTheCurrentRevision
from suppliers.models import Upload
from suppliers.refusals import FileRefused
from suppliers.views.common import own_supplier


def find(request: AuthenticatedHttpRequest, pk: UUID) -> Upload:
    require(request.user, Permission.PROFILE_EDIT)
    require_author(request)
    return get_object_or_404(Upload.objects.visible_to(request.user), pk=pk)


def whole_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else -1


def state_of(upload: Upload, status: int = 200) -> JsonResponse:
    body = {
        "url": reverse("suppliers:upload", args=[upload.pk]),
        "finish": reverse("suppliers:upload_finish", args=[upload.pk]),
        "received": upload.received,
        "part": uploads.PART_BYTES,
    }
    return JsonResponse(body, status=status)


def reason(refusal: FileRefused) -> JsonResponse:
    # What cannot be checked for now may be sent again; 503 tells the browser to.
    status = {"scan_unavailable": 503, "disk_full": 507, "disk_read_only": 507}.get(str(refusal.code), 422)
    return JsonResponse({"error": " ".join(refusal.messages)}, status=status)


@require_POST
def upload_begin(request: AuthenticatedHttpRequest) -> HttpResponse:
    supplier = own_supplier(request)
    require(request.user, Permission.PROFILE_EDIT)
    require_author(request)
    try:
        upload = uploads.begin(
            supplier=supplier,
            name=request.POST.get("name", "")[:1000],
            size=max(0, whole_number(request.POST.get("size"))),
            fingerprint=request.POST.get("fingerprint", ""),
            by=request.user,
            at=timezone.now(),
        )
    except FileRefused as refusal:
        return reason(refusal)
    return state_of(upload, status=201)


@require_http_methods(["GET", "POST", "DELETE"])
def upload(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    found = find(request, pk)
    if request.method == "DELETE":
        uploads.cancel(upload_id=pk)
        return HttpResponse(status=204)
    if request.method == "GET":
        return state_of(found)
    try:
        return state_of(
            uploads.add_part(upload_id=pk, place=whole_number(request.GET.get("place")), content=request.body, at=timezone.now())
        )
    except uploads.WrongPlace as wrong:
        return JsonResponse({"received": wrong.received}, status=409)
    except FileRefused as refusal:
        return reason(refusal)


@require_POST
def upload_finish(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    found = find(request, pk)
    replaces = None
    if (older := request.POST.get("replaces")) and found.document is None:
        replaces = get_object_or_404(found.supplier.documents.select_related("site"), pk=whole_number(older))
    try:
        document = uploads.finish(upload_id=found.pk, by=request.user, at=timezone.now(), replaces=replaces)
    except NotTheCurrentRevision as stale:
        uploads.cancel(upload_id=found.pk)
        return JsonResponse({"error": " ".join(stale.messages)}, status=422)
    except uploads.WrongPlace as wrong:
        return JsonResponse({"received": wrong.received}, status=409)
    except FileRefused as refusal:
        return reason(refusal)
    edit = reverse("suppliers:document_edit", args=[document.pk])
    return JsonResponse({"document": document.pk, "name": str(document), "url": document.get_absolute_url(), "edit": edit})
