from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # They register themselves: receivers of signals, and what mails contain wherever those are delivered.
        for module in ("signals", "invitations", "password_reset"):
            import_module(f"accounts.{module}")
