from django.http import HttpRequest

from accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """A request that passed LoginRequiredMiddleware."""

    user: User
