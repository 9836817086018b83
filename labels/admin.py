from django.contrib import admin

from audit.admin_base import ReadOnlyAdmin
from labels.models import Appeal, Decision, Label, LabelEvent, Proposal, Standard


@admin.register(Standard)
class StandardAdmin(ReadOnlyAdmin):
    list_display = ["key", "version", "status", "in_force_from", "published_at", "sha256"]
    list_filter = ["status"]
    ordering = ["-pk"]


@admin.register(Label)
class LabelAdmin(ReadOnlyAdmin):
    list_display = ["supplier", "state", "level", "valid_from", "valid_to", "until", "is_held", "changed_at"]
    list_filter = ["state", "level"]
    list_select_related = ["supplier"]
    ordering = ["-pk"]


@admin.register(LabelEvent)
class LabelEventAdmin(ReadOnlyAdmin):
    list_display = ["supplier", "number", "kind", "level", "reason_code", "effective_on", "actor", "second_actor", "at"]
    list_filter = ["kind"]
    list_select_related = ["supplier", "actor", "second_actor"]
    ordering = ["-pk"]


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ["supplier", "standard", "outcome", "evaluated_at"]
    list_filter = ["outcome"]
    list_select_related = ["supplier", "standard"]
    ordering = ["-pk"]


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = ["supplier", "kind", "state", "reason_code", "proposed_by", "proposed_at", "decided_by", "decided_at"]
    list_filter = ["state"]
    list_select_related = ["supplier", "proposed_by", "decided_by"]
    ordering = ["-pk"]


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin):
    list_display = ["supplier", "event", "state", "lodged_at", "due_on", "decided_by", "decided_at"]
    list_filter = ["state"]
    list_select_related = ["supplier", "event", "decided_by"]
    ordering = ["-pk"]
