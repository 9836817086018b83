"""To look at rows, not to change them: what is changed here would pass by the verbs, the standings and the trail."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest  # noqa: TID251 - the admin speaks HTTP

from assessments.models import Answer, Assessment, Campaign, Finding, QuestionnaireVersion, Score, Standing


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(QuestionnaireVersion)
class QuestionnaireVersionAdmin(ReadOnlyAdmin):
    list_display = ["key", "version", "status", "published_at", "sha256"]


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    list_display = ["title_en", "cycle", "status", "due_on", "launched_at"]
    list_select_related = ["questionnaire"]


@admin.register(Assessment)
class AssessmentAdmin(ReadOnlyAdmin):
    list_display = ["id", "supplier", "campaign", "status", "declared", "evidenced", "verified", "scored_at"]
    list_filter = ["status", "campaign"]
    list_select_related = ["supplier", "campaign"]


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    list_display = ["id", "assessment_id", "question", "version", "evidence_count", "updated_at"]
    ordering = ["-pk"]


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin):
    list_display = ["id", "assessment_id", "is_current", "declared", "evidenced", "verified", "computed_at"]
    ordering = ["-pk"]


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ["id", "supplier", "question", "severity", "status", "opened_at"]
    list_filter = ["severity", "status"]
    list_select_related = ["supplier"]


@admin.register(Standing)
class StandingAdmin(ReadOnlyAdmin):
    list_display = ["supplier", "status", "declared", "evidenced", "verified", "has_critical_finding"]
    list_select_related = ["supplier"]
