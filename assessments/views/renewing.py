"""Putting a new revision behind the open answers that an earlier one stands behind."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from assessments.editor.page_saving import whole_number
from assessments.evidence import renewing
from suppliers.models import Document


@require_POST
def renew(request: AuthenticatedHttpRequest, document: int) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=document)
    chosen = [whole_number(text) for text in request.POST.getlist("use")]
    count = renewing.renew(document=found, use_ids=chosen, by=request.user, at=timezone.now())
    if count:
        done = ngettext(
            "The new revision stands behind %(count)d answer now.", "The new revision stands behind %(count)d answers now.", count
        )
        messages.success(request, done % {"count": count})
    else:
        messages.info(request, _("No answer was changed."))
    return redirect(found)
