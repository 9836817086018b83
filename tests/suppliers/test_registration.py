from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from accounts import limits
from accounts.limits import Limit
from accounts.models import Invitation, Message, Role
from audit.models import Event
from suppliers import registration
from suppliers.models import Registration, Supplier
from tests.factories import NOW, create_supplier, create_user
from tests.suppliers.files import valid_lei, valid_uscc


APPLICATION = {
    "name_zh": "纸灯笼有限公司",
    "name_en": "Paper Lantern Ltd",
    "country": "CN",
    "uscc": valid_uscc(),
    "region": "浙江省",
    "category": "media",
    "headcount_band": "small",
    "contact_name": "Lin Deng",
    "contact_email": "Lin@lantern.example",
}
FIELDS = {"address": "", "contact_phone": "", "lei": "", "duns": "", "company_number": ""}


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits here until every answer takes the same time."""
    slept: list[float] = []
    monkeypatch.setattr("accounts.even_timing.time.sleep", slept.append)
    return slept


def applied(**changes: Any) -> Registration:
    data = {**FIELDS, **APPLICATION, "region": "Zhejiang", **changes}
    return registration.apply(data=data, language="zh-hans", at=NOW)


@pytest.mark.django_db
def test_a_company_applies_and_is_thanked(client):
    response = client.post(reverse("suppliers:register"), APPLICATION | {"uscc": f" {valid_uscc().lower()} "}, follow=True)

    assert "Thank you" in response.content.decode()
    kept = Registration.objects.get()
    assert (kept.uscc, kept.region, kept.contact_email, kept.status) == (valid_uscc(), "Zhejiang", "lin@lantern.example", "waiting")
    assert Message.objects.get().kind == "registration_received"
    assert Event.objects.filter(action="registration.submitted").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"uscc": "91330100799655058A"}, "The check digit of this Unified Social Credit Code is wrong"),
        ({"uscc": ""}, "gives its Unified Social Credit Code"),
        ({"country": "FR", "uscc": ""}, "Give at least one identifier."),
        ({"country": "FR", "uscc": "", "company_number": "552100555"}, "This is not a valid company number"),
        ({"country": "FR"}, "belongs to a company registered in mainland China"),
        ({"lei": "529900T8BM49AURSDO56"}, "The check digits of this LEI are wrong"),
        ({"region": "Bavaria"}, "No province of China"),
        ({"name_zh": "", "name_en": ""}, "Give the company&#x27;s name"),
        ({"contact_email": "nobody"}, "Enter a valid email address."),
    ],
)
def test_a_mistake_is_named_beside_its_field(client, changes, words):
    page = client.post(reverse("suppliers:register"), APPLICATION | changes).content.decode()

    assert words in page
    assert not Registration.objects.exists()


@pytest.mark.django_db
def test_the_register_is_not_flooded_and_who_waits_loses_no_word(client, monkeypatch):
    one = Limit("one", 1, timedelta(minutes=3), timedelta(minutes=3), timedelta(hours=1))
    monkeypatch.setattr(limits, "REGISTRATIONS_FROM_A_PLACE", one)
    client.post(reverse("suppliers:register"), APPLICATION)

    response = client.post(reverse("suppliers:register"), APPLICATION | {"uscc": valid_uscc(2)})

    assert response.status_code == 429
    assert response.headers["Retry-After"]
    assert "in 3 minutes" in response.content.decode()
    assert APPLICATION["name_zh"] in response.content.decode()
    assert Registration.objects.count() == 1


@pytest.mark.django_db
def test_applications_in_somebodys_name_fill_no_mailbox():
    for number in range(1, 7):
        applied(uscc=valid_uscc(number))

    assert Registration.objects.count() == 6
    assert Message.objects.count() == 3


@pytest.mark.django_db
def test_a_company_from_elsewhere_gives_another_identifier(client):
    client.post(reverse("suppliers:register"), APPLICATION | {"country": "DE", "uscc": "", "region": "Bavaria", "lei": valid_lei()})
    assert Registration.objects.get().lei == valid_lei()


@pytest.mark.django_db
def test_an_applicant_does_not_learn_whether_the_company_is_known(client, slept):
    known = create_supplier(uscc=valid_uscc())

    answers = [client.post(reverse("suppliers:register"), APPLICATION | {"uscc": number}) for number in (valid_uscc(), valid_uscc(2))]

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, reverse("suppliers:register_thanks"))] * 2
    assert len(slept) == 2
    assert list(Registration.objects.order_by("pk").values_list("possible_duplicate", flat=True)) == [known.pk, None]


@pytest.mark.django_db
def test_a_supplier_of_the_same_name_is_a_possible_duplicate():
    known = create_supplier(name_zh="纸灯笼（有限公司）", country="CN")
    assert applied().possible_duplicate == known


@pytest.mark.django_db
def test_two_people_who_apply_for_one_company_are_shown_together(client, staff):
    first, second = applied(), applied(contact_email="other@lantern.example", contact_name="Mo Deng", name_en="Lantern")
    applied(uscc=valid_uscc(2), contact_email="else@bridge.example", contact_name="Yu Qiao")
    client.force_login(staff)

    page = client.get(second.get_absolute_url()).content.decode()

    assert "Lin Deng (lin@lantern.example) has applied for the same company." in page
    assert "Yu Qiao" not in page
    assert "Mo Deng (other@lantern.example)" in client.get(first.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_letters_nobody_sees_are_not_kept(client):
    client.post(reverse("suppliers:register"), APPLICATION | {"name_en": "\u202ePaper \u200bLantern", "contact_name": "Lin\ufeff"})
    page = client.post(reverse("suppliers:register"), APPLICATION | {"contact_name": "\u200b"}).content.decode()

    kept = Registration.objects.get()
    assert (kept.name_en, kept.contact_name) == ("Paper Lantern", "Lin")
    assert "This field is required." in page


@pytest.mark.django_db
def test_the_same_application_twice_is_one(client):
    for _ in range(2):
        client.post(reverse("suppliers:register"), APPLICATION)

    assert Registration.objects.count() == Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_application():
    def press(_number: int) -> int:
        try:
            return applied().pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(press, range(4)))) == 1


@pytest.mark.django_db
def test_a_program_that_fills_in_every_field_is_thanked_and_forgotten(client):
    assert client.post(reverse("suppliers:register"), APPLICATION | {"fax": "1"}).status_code == 302
    assert not Registration.objects.exists()


# --- staff decide -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_staff_approve_and_the_applicant_is_invited_as_signatory(client, staff):
    waiting = applied()

    client.force_login(staff)
    response = client.post(reverse("suppliers:registration_approve", args=[waiting.pk]))

    assert response.status_code == 302
    waiting.refresh_from_db()
    supplier = waiting.supplier
    assert (waiting.status, waiting.decided_by) == ("approved", staff)
    assert (supplier.uscc, supplier.lei, supplier.state, supplier.region) == (valid_uscc(), None, "registered", "Zhejiang")
    assert supplier.contacts.get().is_primary
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.supplier) == ("lin@lantern.example", Role.SUPPLIER_SIGNATORY, supplier)
    assert Message.objects.filter(kind="invitation", language="zh-hans").count() == 1
    assert Event.objects.get(action="registration.approved").supplier_id == supplier.pk


@pytest.mark.django_db
def test_a_company_in_the_register_is_not_made_twice(client, staff):
    waiting = applied()
    known = create_supplier(uscc=valid_uscc(), name_en="Known Lantern")

    client.force_login(staff)
    page = client.post(reverse("suppliers:registration_approve", args=[waiting.pk]), follow=True).content.decode()

    assert "is in the register already: Known Lantern" in page
    waiting.refresh_from_db()
    assert waiting.status == "waiting"
    assert Supplier.objects.get() == known
    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_members_of_staff_decide_once():
    waiting, people = applied(), [create_user() for _ in range(4)]

    def press(person: Any) -> str:
        try:
            registration.approve(registration_id=waiting.pk, by=person, at=NOW)
        except registration.AlreadyDecided:
            return "late"
        finally:
            connection.close()
        return "approved"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, people)) == ["approved", "late", "late", "late"]
    assert Supplier.objects.count() == Invitation.objects.count() == 1


@pytest.mark.django_db
def test_staff_refuse_with_a_reason_that_is_mailed(client, staff):
    waiting = applied()
    client.force_login(staff)
    refuse = reverse("suppliers:registration_refuse", args=[waiting.pk])

    assert "This field is required." in client.post(refuse, {"reason": ""}).content.decode()
    client.post(refuse, {"reason": "We know you already."})

    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason, waiting.supplier) == ("refused", "We know you already.", None)
    assert Message.objects.get(kind="registration_refused").context["reason"] == "We know you already."
    with pytest.raises(registration.AlreadyDecided):
        registration.approve(registration_id=waiting.pk, by=staff, at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["registration_received", "registration_refused"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_mails_can_be_written(staff, kind, language):
    from accounts.messages import compose

    waiting = registration.apply(data={**FIELDS, **APPLICATION, "name_en": "A & B"}, language=language, at=NOW)
    registration.refuse(registration_id=waiting.pk, reason="Not <now>", by=staff, at=NOW)

    mail = compose(Message.objects.get(kind=kind))

    assert mail.subject
    assert "&amp;" not in mail.body


@pytest.mark.django_db
def test_the_queue_shows_who_waits_and_the_duplicate(client, staff):
    create_supplier(uscc=valid_uscc())
    waiting = applied()

    client.force_login(staff)
    queue = client.get(reverse("suppliers:registration_queue")).content.decode()
    detail = client.get(waiting.get_absolute_url()).content.decode()

    assert "Paper Lantern Ltd" in queue
    assert "Possibly known" in queue
    assert "This may be a supplier we know" in detail
    assert "Zhejiang" in detail


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["owner", "reviewer", "auditor"])
def test_only_staff_decide(client, request, person):
    waiting = applied()
    client.force_login(request.getfixturevalue(person))

    assert client.get(reverse("suppliers:registration_queue")).status_code == 403
    assert client.get(waiting.get_absolute_url()).status_code == 403
    assert client.post(reverse("suppliers:registration_approve", args=[waiting.pk])).status_code == 403
    assert client.post(reverse("suppliers:registration_refuse", args=[waiting.pk]), {"reason": "x"}).status_code == 403
