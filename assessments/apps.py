from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        # Says what the mails of this app contain, wherever they are delivered.
        from assessments import invitations  # noqa: F401
