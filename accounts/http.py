from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """A request that passed LoginRequiredMiddleware."""

    user: User


def require_author(request: AuthenticatedHttpRequest) -> None:
    """Refuses what one person wrote in this browser when another one has signed in since."""
    author = request.headers.get("X-Person")
    if author is not None and author != str(request.user.pk):
        raise PermissionDenied
