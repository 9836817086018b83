from collections.abc import Callable, Iterable
from typing import Any, cast

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse

from accounts import scope


class ScopeMiddleware:
    """The database shows a page the rows of the person signed in, and to nobody none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        own = scope.of_person(request.user)
        with scope.acting(own):
            response = self.get_response(request)
        if response.streaming:
            _keep_scope(own, cast(StreamingHttpResponse, response))
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], _args: Any, _kwargs: Any) -> None:
        """A page that is open to everybody shows what it chooses to, whoever comes; the API opens nothing."""
        is_open = not getattr(view, "login_required", True) and not hasattr(view, "cls")
        if is_open and scope.current().role != scope.BUYER_ROLE:
            scope.take_on(scope.SYSTEM)


def _keep_scope(own: scope.Scope, response: StreamingHttpResponse) -> None:
    """Its parts are read after the request is over. Those of a file ask no database."""
    if not isinstance(response, FileResponse):
        response.streaming_content = scope.within(own, cast(Iterable[bytes], response.streaming_content))
