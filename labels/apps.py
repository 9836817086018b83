from importlib import import_module

from django.apps import AppConfig


class LabelsConfig(AppConfig):
    name = "labels"

    def ready(self) -> None:
        # What the mails about labels contain, wherever those are delivered.
        import_module("labels.notices")
        import_module("labels.standard_news")
        import_module("labels.committee_notices")
        # Registers what a campaign's population may be narrowed by.
        import_module("labels.population")
        # What leans on a document, for its page.
        import_module("labels.reliance")
        # What a draft of a questionnaire would do to labels.
        import_module("labels.back_testing")
        # What a finding costs in terms of the label, for its page.
        import_module("labels.finding_effect")
        # And a public record.
        import_module("labels.record_effect")
