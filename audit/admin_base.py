from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model


if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Model]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """The repair tools show; changes go through the portal's own verbs, which check, record and keep history."""

    show_full_result_count = False

    def has_add_permission(self, *_args: Any) -> bool:
        return False

    def has_change_permission(self, *_args: Any) -> bool:
        return False

    def has_delete_permission(self, *_args: Any) -> bool:
        return False
