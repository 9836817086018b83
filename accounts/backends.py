from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest  # noqa: TID251 - a sign-in backend is handed the request

from accounts import person_rows
from accounts.demo_access import demo_account_allowed
from accounts.models import User
from accounts.scope import system
from accounts.sessions import person_at_hand


class MembershipBackend(ModelBackend):
    """Signs in by e-mail and password, and loads the person with the active membership and its company in one query."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        user = super().authenticate(request, username=(username or kwargs.get("email") or "").lower(), password=password)
        if not isinstance(user, User):
            return None
        if user.is_demo and not demo_account_allowed(request):
            return None
        return user

    def get_user(self, user_id: int) -> User | None:
        with system():
            user = person_at_hand(user_id) or person_rows.load(user_id)
        return user if user and self.user_can_authenticate(user) else None
