from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from accounts.reasons import why_of
from reports.bulk import NothingToPrint, Selection, request_audit_pdfs
from reports.models import BOTH


@require_http_methods(["GET", "POST"])
@confirmed("POST")
def audit_pdfs(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The filter of the portfolio comes along as the query string."""
    require(request.user, Permission.DOCUMENT_EXPORT)
    selection = Selection(request.GET.dict(), user=request.user)
    query = selection.portfolio.kept_query
    if request.method == "POST":
        language = request.POST.get("language", "")
        if language != BOTH and language not in dict(settings.LANGUAGES):
            language = get_language() or "en"
        try:
            return redirect(request_audit_pdfs(query=query, language=language, why=why_of(request), by=request.user, at=timezone.now()))
        except NothingToPrint:
            messages.error(request, _("None of these suppliers has a closed assessment: there is nothing to print."))
    languages = [*settings.LANGUAGES, (BOTH, _("Chinese and English in one document"))]
    context = {"selection": selection, "languages": languages, "chosen": get_language() or "en"}
    return render(request, "reports/audit_pdfs.html", context)
