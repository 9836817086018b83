"""A page of ours, drawn for a person without a browser: as the view makes it once the middleware has prepared a request."""

from urllib.parse import urlsplit

from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, resolve
from django.utils import translation
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.scope import acting, of_person


APPS = {"accounts", "assessments", "emissions", "labels", "pilots", "privacy", "reports", "runs", "suppliers"}


class NoPage(Http404):
    """There is no page of ours at this address."""


def html_of(address: str, *, user: User) -> str:
    """What a look at this address shows this person. The view checks for itself what the person may do (403, 404)."""
    path, query = urlsplit(address).path, urlsplit(address).query
    try:
        found = resolve(path)
    except Resolver404:
        raise NoPage(address) from None
    if not found.namespaces or found.namespaces[0] not in APPS or found.url_name == "table_file":
        raise NoPage(address)
    with acting(of_person(user)):
        response = found.func(_look(path, query, user), *found.args, **found.kwargs)
    if response.status_code != 200 or not response.headers.get("Content-Type", "").startswith("text/html"):
        raise NoPage(address)
    html: str = response.content.decode()
    return html


def _look(path: str, query: str, user: User) -> HttpRequest:
    request = HttpRequest()
    request.method, request.path, request.path_info, request.GET = "GET", path, path, QueryDict(query)
    request.META = {"REQUEST_METHOD": "GET", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "QUERY_STRING": query}
    request.user, request.session, request.LANGUAGE_CODE = user, SessionBase(), translation.get_language() or "en"
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    return request


def query_of(text: str) -> QueryDict:
    """To be changed."""
    return QueryDict(text, mutable=True)
