from django.contrib import admin

from audit.admin_base import ReadOnlyAdmin
from runs.models import Chunk, Run


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
