from django.conf import settings
from django.test import Client

from accounts.models import Membership, Role, User
from tests.factories import PASSWORD, create_supplier


def test_a_person_keeps_name_language_and_time_zone(client: Client, staff: User) -> None:
    client.force_login(staff)

    client.post("/account/", {"name": "顾清妍", "phone": "", "language": "zh-hans", "timezone": "Asia/Shanghai"})

    staff.refresh_from_db()
    assert (staff.name, staff.language, staff.timezone) == ("顾清妍", "zh-hans", "Asia/Shanghai")
    assert 'lang="zh-hans"' in client.get("/account/").content.decode()


def test_a_refused_form_changes_nothing(client: Client, staff: User) -> None:
    client.force_login(staff)

    response = client.post("/account/", {"name": "", "language": "xx", "timezone": "Mars/Olympus"})

    assert response.status_code == 200
    staff.refresh_from_db()
    assert staff.name == "Steve Staff"


def test_pages_speak_the_persons_language_whatever_the_browser_says(client: Client, staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(language="zh-hans")
    client.force_login(staff)

    response = client.get("/account/", headers={"accept-language": "en"})

    assert response.headers["Content-Language"] == "zh-hans"


def test_the_language_switch_is_remembered_in_the_account(client: Client, staff: User) -> None:
    client.force_login(staff)

    response = client.post("/language/", {"language": "zh-hans", "next": "/account/"})

    assert response.headers["Location"] == "/account/"
    staff.refresh_from_db()
    assert staff.language == "zh-hans"
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hans"


def test_a_language_chosen_on_the_sign_in_page_stays(client: Client, staff: User) -> None:
    client.post("/language/", {"language": "zh-hans", "next": "/sign-in/"})
    client.post("/sign-in/", {"username": staff.email, "password": PASSWORD})

    staff.refresh_from_db()
    assert staff.language == "zh-hans"


def test_an_unknown_language_changes_nothing(client: Client, staff: User) -> None:
    client.force_login(staff)

    client.post("/language/", {"language": "tlh"})

    staff.refresh_from_db()
    assert staff.language == "en"


def test_times_are_shown_in_the_persons_time_zone(client: Client, administrator: User) -> None:
    from datetime import UTC, datetime

    User.objects.filter(pk=administrator.pk).update(timezone="Asia/Shanghai", last_login=datetime(2026, 3, 1, 20, 30, tzinfo=UTC))
    client.force_login(administrator)
    User.objects.filter(pk=administrator.pk).update(last_login=datetime(2026, 3, 1, 20, 30, tzinfo=UTC))

    assert "04:30" in client.get(f"/users/{administrator.pk}/").content.decode()


def test_a_person_with_two_roles_switches_between_them(client: Client, owner: User) -> None:
    other = Membership.objects.create(user=owner, role=Role.SUPPLIER_CONTRIBUTOR, supplier=create_supplier())
    client.force_login(owner)
    assert "Use this role" in client.get("/account/").content.decode()

    client.post(f"/account/acting-as/{other.pk}/")

    owner.refresh_from_db()
    assert owner.active_membership == other


def test_nobody_puts_on_somebody_elses_hat(client: Client, owner: User, stranger: User) -> None:
    client.force_login(stranger)

    response = client.post(f"/account/acting-as/{owner.active_membership_id}/")

    assert response.status_code == 404
    stranger.refresh_from_db()
    assert stranger.active_membership != owner.active_membership
