from django.http import HttpResponse
from django.shortcuts import render

from accounts.http import AuthenticatedHttpRequest
from accounts.looks import looks_at, role_name, words_for
from accounts.reasons import words_for_why
from accounts.seek import page_by
from accounts.views.colleagues import own_supplier


PAGE_SIZE = 50


def access_log(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Who of the buyer's people looked at, exported or printed this supplier's data."""
    page = page_by(looks_at(own_supplier(request)), "-pk", request.GET, size=PAGE_SIZE)
    lines = [
        {"event": each, "what": words_for(each.action), "role": role_name(each.actor_role), "why": words_for_why(each.detail)}
        for each in page.rows
    ]
    return render(request, "accounts/access_log.html", {"lines": lines, "page": page})
