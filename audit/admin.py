from django.contrib import admin

from audit.admin_base import ReadOnlyAdmin
from audit.models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "action", "actor", "actor_role", "supplier_id", "target_type", "target_id"]
    list_select_related = ["actor"]
    search_fields = ["=action", "=supplier_id", "=target_id"]
    ordering = ["-at", "-pk"]
