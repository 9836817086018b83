"""The last word on a request that failed."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.defaults import server_error

from runs import disk


def failed(request: HttpRequest) -> HttpResponse:
    """When there is no room on disk, the person is told so, whichever file it was for; a script gets the same words as JSON."""
    if not (code := disk.trouble(sys.exc_info()[1])):
        return server_error(request)
    if request.headers.get("X-Requested-With") == "fetch":
        return JsonResponse({"error": str(disk.TOLD[code])}, status=507)
    return render(request, "507.html", {"reason": disk.TOLD[code]}, status=507)
