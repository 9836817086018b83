from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from accounts import consent
from accounts.http import AuthenticatedHttpRequest


@require_http_methods(["GET", "POST"])
def notice(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The privacy notice; accepted once for each version."""
    language = translation.get_language() or "en"
    if request.method == "POST":
        consent.accept(user=request.user, language=language, at=timezone.now())
        request.session[consent.SESSION_KEY] = consent.in_force().version
        return redirect("accounts:home")
    text = consent.in_force()
    accepted = request.user.consents.filter(version=text.version).first()
    context = {"paragraphs": text.in_language(language), "version": text.version, "accepted": accepted}
    return render(request, "accounts/consent.html", context)
