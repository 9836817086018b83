"""Pages of which htmx fetches a part."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def is_from_htmx(request: HttpRequest) -> bool:
    """A page that the browser restores from its history is wanted whole."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def page_or_part(request: HttpRequest, page: str, part: str, context: Mapping[str, Any]) -> HttpResponse:
    response = render(request, part if is_from_htmx(request) else page, context)
    response["Vary"] = "HX-Request"
    return response
