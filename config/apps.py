from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django_stubs_ext import monkeypatch


class PortalConfig(AppConfig):
    name = "config"
    verbose_name = "Portal"

    def ready(self) -> None:
        # Types subscript these too; they can be imported only now that the user model is there.
        from django.contrib.auth import forms

        monkeypatch(extra_classes=[forms.SetPasswordForm, forms.AdminPasswordChangeForm])
        # django.contrib creates content types and permissions in this signal too, so ours may come at any point of it:
        # grants on tables do not depend on their rows.
        post_migrate.connect(_grant_rights, sender=self, dispatch_uid="config.grants")


def _grant_rights(*, using: str, **kwargs: Any) -> None:
    from config.grants import grant_rights
    from config.row_security import secure_rows

    grant_rights(using=using)
    secure_rows(using=using)
