"""The channel for workers. No sign-in, no code in an address, nothing about the visitor in any log of ours."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import limits, scope
from accounts.http import ask_again_later, network_of
from grievances import handling, reporting
from grievances.forms import CodeForm, MessageForm, ReportForm
from grievances.models import Case
from grievances.reminding import tell_of_report


@login_not_required  # for workers, who have no account and should need none
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@scope.acting(scope.CASES)
def report(request: HttpRequest) -> HttpResponse:
    form = ReportForm(request.POST) if request.method == "POST" else ReportForm.fresh()
    if request.method == "POST" and form.is_valid():
        if wait := _wait(request, limits.REPORTS_FROM_A_PLACE):
            return ask_again_later(request, "grievances/report.html", form, wait)
        content = dict(form.cleaned_data)
        number = content.pop("number")
        case, code = reporting.report(content=content, number=number, language=translation.get_language() or "en", at=timezone.now())
        tell_of_report(case)
        return render(request, "grievances/reported.html", {"case": case, "code": code})
    return render(request, "grievances/report.html", {"form": form}, status=422 if request.method == "POST" else 200)


@login_not_required  # the code is the key
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@scope.acting(scope.CASES)
def follow(request: HttpRequest) -> HttpResponse:
    """The code comes with every step in the form, never in the address: addresses are written down by many."""
    form = CodeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "grievances/follow.html", {"form": form}, status=422 if request.method == "POST" else 200)
    # A right code opens whatever others of the same network tried: of 2^80 codes nobody guesses one.
    if case := reporting.find(form.cleaned_data["code"]):
        return _conversation(request, case, form.cleaned_data["code"])
    if wait := _wait(request, limits.CODES_FROM_A_PLACE):
        return ask_again_later(request, "grievances/follow.html", form, wait)
    form.add_error("code", _("There is no case with this code. Please compare each letter."))
    return render(request, "grievances/follow.html", {"form": form}, status=422)


def _conversation(request: HttpRequest, case: Case, code: str) -> HttpResponse:
    is_writing = "text" in request.POST
    form = MessageForm(request.POST) if is_writing else MessageForm.fresh()
    has_written = False
    if is_writing and form.is_valid():
        try:
            reporting.write(case=case, text=form.cleaned_data["text"], once=form.cleaned_data["once"], at=timezone.now())
            has_written = True
        except Case.IllegalTransition:
            case.refresh_from_db()
        form = MessageForm.fresh()
    context = {"case": case, "code": code, "form": form, "lines": handling.lines_of(case), "has_written": has_written}
    return render(request, "grievances/conversation.html", context, status=422 if form.errors else 200)


def _wait(request: HttpRequest, limit: limits.Limit) -> int:
    return limits.take(limit, network_of(request), at=timezone.now())
