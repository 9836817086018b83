from importlib import import_module

from django.apps import AppConfig


class SuppliersConfig(AppConfig):
    name = "suppliers"

    def ready(self) -> None:
        # Registers what the warnings of documents that end contain, wherever those mails are delivered.
        import_module("suppliers.expiry")
        import_module("suppliers.record_notices")
