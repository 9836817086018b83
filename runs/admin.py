from typing import Any

from django.contrib import admin
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import PeriodicTask

from audit.admin_base import ReadOnlyAdmin
from runs.models import Chunk, Run
from runs.schedules import MUST_RUN


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["pk", "kind", "title", "status", "started_by", "created_at", "finished_at"]
    list_filter = ["status", "kind"]
    list_select_related = ["started_by"]
    ordering = ["-created_at", "-pk"]


@admin.register(Chunk)
class ChunkAdmin(ReadOnlyAdmin):
    list_display = ["pk", "run_id", "number", "size", "status", "attempts", "claimed_by"]
    list_filter = ["status"]
    search_fields = ["=run__pk"]
    ordering = ["-pk"]


admin.site.unregister(PeriodicTask)


@admin.register(PeriodicTask)
class ScheduleAdmin(PeriodicTaskAdmin):  # type: ignore[misc]  # the library brings no types
    """What must run is moved on its page, and otherwise left alone."""

    actions = ("enable_tasks", "run_tasks")

    def has_change_permission(self, request: Any, obj: PeriodicTask | None = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and not _must_run(obj)

    def has_delete_permission(self, request: Any, obj: PeriodicTask | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and not _must_run(obj)


def _must_run(row: PeriodicTask | None) -> bool:
    return row is not None and row.name in MUST_RUN
