"""Pages that say no."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import permission_denied

from accounts.permissions import Barred


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A role that does not include the step, or a person who is kept from it for a reason of its own, which is told."""
    if isinstance(exception, Barred):
        return render(request, "403_barred.html", {"barred": exception}, status=403)
    return permission_denied(request, exception)
