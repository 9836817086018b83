from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.user_agents import words_for
from audit import trail


@never_cache
@confirmed("POST")
def sessions(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Where the account is open. One is ended by its number, all others by `everywhere_else`, and all by `everywhere`."""
    mine = UserSession.objects.filter(user=request.user).order_by("-created_at", "-pk")
    if request.method == "POST":
        return _end(request, list(mine))
    open_now = [each for each in mine if each.exists()]
    lines = [{"session": each, "what": words_for(each.user_agent), "is_this": each.is_current()} for each in open_now]
    return render(request, "accounts/sessions.html", {"lines": lines, "others": sum(not line["is_this"] for line in lines)})


def _end(request: AuthenticatedHttpRequest, mine: list[UserSession]) -> HttpResponse:
    which = request.POST.get("end", "")
    if which == "everywhere":
        chosen = mine
    elif which == "everywhere_else":
        chosen = [each for each in mine if not each.is_current()]
    else:
        chosen = [get_object_or_404(UserSession, user=request.user, pk=which if which.isdecimal() and len(which) < 18 else 0)]
    trail.record("session.ended", actor=request.user, target=request.user, detail={"count": len(chosen)})
    ends_here = any(each.is_current() for each in chosen)
    end_sessions(request, chosen)
    if ends_here or which == "everywhere":
        logout(request)
        return redirect("accounts:sign_in")
    messages.success(request, _("Signed out there."))
    return redirect("accounts:sessions")
