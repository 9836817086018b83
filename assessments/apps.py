from importlib import import_module

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        # They register what the mails of this app contain, wherever those are delivered, and what happens to invited people.
        import_module("assessments.area_tasks")
        import_module("assessments.comments")
        import_module("assessments.freshness")
        import_module("assessments.invitations")
        import_module("assessments.finding_notices")
        import_module("assessments.finding_escalation")
        import_module("assessments.review")
        import_module("assessments.review_reminders")
        import_module("assessments.rules_news")
        # What leans on a document, for its page.
        import_module("assessments.reliance")
        import_module("assessments.renewing")
        # What a public record says against answers, for its page.
        import_module("assessments.contradictions")
