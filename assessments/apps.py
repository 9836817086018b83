from importlib import import_module

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        # They register what the mails of this app contain, wherever those are delivered.
        import_module("assessments.invitations")
        import_module("assessments.review")
