from importlib import import_module

from django.apps import AppConfig


class GrievancesConfig(AppConfig):
    name = "grievances"

    def ready(self) -> None:
        # What its mails contain, wherever they are delivered.
        import_module("grievances.reminding")
