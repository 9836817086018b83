"""A document within another page of the portal: pictures of its pages, or what it says, in a frame that can do nothing."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from audit.models import Event
from suppliers import previews
from suppliers.documents import record_view
from suppliers.models import Document


# Ours alone may frame it, and nothing in it runs. With an origin of its own, its pictures would come without a cookie.
FRAMED = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'self'; sandbox allow-same-origin"
# Turning pages is one look.
ONE_LOOK = timedelta(minutes=10)


def find(request: AuthenticatedHttpRequest, pk: int) -> Document:
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    if not previews.preview_of(found):
        raise Http404
    note_look(request, found, timezone.now())
    return found


def note_look(request: AuthenticatedHttpRequest, document: Document, at: datetime) -> None:
    looks = Event.objects.filter(target_type="suppliers.document", target_id=str(document.pk), at__gt=at - ONE_LOOK)
    if request.user.is_buyer and not looks.filter(actor=request.user, action="document.viewed").exists():
        record_view(document, by=request.user, at=at)


@require_GET
@xframe_options_sameorigin
def document_preview(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    try:
        shown = content_of(found)
    except previews.NotDrawn:
        shown = {"is_closed": True}
    response = render(request, "suppliers/document_preview.html", {"document": found, **shown})
    response["Content-Security-Policy"] = FRAMED
    response["Cache-Control"] = "private, no-store"
    return response


def content_of(document: Document) -> dict[str, Any]:
    match previews.preview_of(document):
        case "pages":
            count = previews.page_count(document)
            drawn = min(count, previews.MOST_PAGES)
            return {"pages": range(1, drawn + 1), "count": count, "left_out": count - drawn}
        case "drawn":
            return {"picture_url": reverse("suppliers:document_page", args=[document.pk, 1])}
        case "read":
            return {"blocks": previews.blocks(document), "is_read": True}
    return {"picture_url": reverse("suppliers:document_file", args=[document.pk])}


@require_GET
def document_page(request: AuthenticatedHttpRequest, pk: int, number: int) -> HttpResponse:
    found = find(request, pk)
    if previews.preview_of(found) not in ("pages", "drawn"):
        raise Http404
    try:
        picture = previews.page_picture(found, number)
    except previews.NotDrawn as error:
        raise Http404(number) from error
    response = HttpResponse(picture, content_type="image/webp")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
