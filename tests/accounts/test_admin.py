import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit import trail
from audit.admin_base import ReadOnlyAdmin
from audit.models import Event


OURS = [model for model in admin.site._registry if model._meta.app_label in ("accounts", "audit", "runs")]
NAMES = [f"{model._meta.app_label}_{model._meta.model_name}" for model in OURS]


@pytest.fixture
def repairer(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("repair@buyer.example", name="Rory Repair", language="en"))
    return client


@pytest.mark.parametrize("name", NAMES)
def test_the_repair_tools_show_every_list(repairer: Client, name: str) -> None:
    assert repairer.get(reverse(f"admin:{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_the_repair_tools_add_nothing(repairer: Client, name: str) -> None:
    assert repairer.get(reverse(f"admin:{name}_add")).status_code == 403


def test_an_event_can_be_read_and_not_changed(repairer: Client) -> None:
    trail.record("supplier.viewed")
    event = Event.objects.get(action="supplier.viewed")

    page = repairer.get(reverse("admin:audit_event_change", args=[event.pk])).content.decode()

    assert "supplier.viewed" in page
    assert 'name="_save"' not in page


def test_staff_of_the_portal_have_no_repair_tools(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    assert client.get("/staff-admin/").status_code == 302


def test_every_model_of_ours_is_read_only() -> None:
    assert all(isinstance(admin.site._registry[model], ReadOnlyAdmin) for model in OURS)
