from importlib import import_module

from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"

    def ready(self) -> None:
        # They register what the mails of this app contain, wherever those are delivered, and what happens to invited people.
        import_module("assessments.teamwork.area_tasks")
        import_module("assessments.teamwork.comments")
        import_module("assessments.scores.freshness")
        import_module("assessments.campaigns.invitations")
        import_module("assessments.findings.notices")
        import_module("assessments.findings.escalation")
        import_module("assessments.review.reviewing")
        import_module("assessments.reviewers.reminders")
        import_module("assessments.publication.news")
        # What leans on a document, for its page.
        import_module("assessments.evidence.reliance")
        import_module("assessments.evidence.renewing")
        # What a public record says against answers, for its page.
        import_module("assessments.evidence.contradictions")
