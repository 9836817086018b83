from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Both register themselves: receivers, and what invitations add to their mails.
        import_module("accounts.signals")
        import_module("accounts.invitations")
