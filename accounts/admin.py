from django.contrib import admin

from accounts.models import Invitation, Membership, Message, User
from audit.admin_base import ReadOnlyAdmin


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    search_fields = ["email", "name"]
    exclude = ["password", "groups", "user_permissions"]
    ordering = ["email"]


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["user", "role", "supplier", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "supplier"]
    search_fields = ["user__email"]
    ordering = ["-pk"]


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["email", "role", "supplier", "created_at", "expires_at", "accepted_at", "revoked_at"]
    list_select_related = ["supplier"]
    search_fields = ["email"]
    exclude = ["token_sha256"]
    ordering = ["-pk"]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["kind", "email", "status", "attempts", "created_at", "sent_at"]
    list_filter = ["status", "kind"]
    search_fields = ["email", "dedupe_key"]
    ordering = ["-pk"]
