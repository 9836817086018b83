"""Warnings of documents that end: to whom, when, and never twice."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.messages import compose
from accounts.models import Membership, Message, Role
from runs.engine import start, work_off
from suppliers.expiry import people_to_warn, warn
from suppliers.models import ExpiryWarning
from suppliers.validity import DAYS_AHEAD
from tests.factories import NOW, create_document, create_supplier, create_user


pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 1)


def warned(*people, on=TODAY):
    return warn([person.pk for person in people], on=on, at=NOW)


def ending_in(supplier, days, *, on=TODAY, **fields):
    return create_document(supplier=supplier, valid_to=on + timedelta(days=days), **fields)


@pytest.mark.parametrize(("days", "told"), [(121, 0), (120, 1), (91, 1), (90, 1), (8, 1), (7, 1), (0, 1), (-1, 0)])
def test_a_person_is_warned_within_120_days_of_the_end(supplier, owner, days, told):
    ending_in(supplier, days)

    assert list(people_to_warn(TODAY)) == [owner.pk] * told
    assert warned(owner)["mails"] == told


def test_over_the_months_a_person_is_warned_five_times(supplier, owner):
    document = ending_in(supplier, 130)
    told = [day for day in range(131) if warned(owner, on=TODAY + timedelta(days=day))["mails"]]

    assert [130 - day for day in told] == list(DAYS_AHEAD)
    assert list(document.expiry_warnings.order_by("-days").values_list("days", flat=True)) == list(DAYS_AHEAD)


def test_nights_left_out_are_made_up_for_by_one_warning(supplier, owner):
    ending_in(supplier, 125)

    assert warned(owner, on=TODAY + timedelta(days=50)) == {"mails": 1, "warnings": 1}
    assert ExpiryWarning.objects.get().days == 90


def test_everything_of_a_day_is_one_mail_even_for_two_companies(supplier, owner):
    other = create_supplier()
    Membership.objects.create(user=owner, role=Role.SUPPLIER_CONTRIBUTOR, supplier=other)
    ending_in(supplier, 60)
    ending_in(supplier, 7)
    ending_in(other, 30)

    assert warned(owner) == {"mails": 1, "warnings": 3}
    assert warned(owner) == {"mails": 0, "warnings": 0}
    ending_in(supplier, 20)
    assert warned(owner) == {"mails": 0, "warnings": 0}, "one mail a day"
    assert warned(owner, on=TODAY + timedelta(days=1)) == {"mails": 1, "warnings": 1}


def test_only_those_are_told_who_can_act(supplier, owner, colleague, stranger, reviewer):
    create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier, is_active=False)
    ending_in(supplier, 30)

    assert set(people_to_warn(TODAY)) == {owner.pk, colleague.pk}


def test_what_was_replaced_or_belongs_to_a_former_supplier_is_no_news(supplier, owner):
    first = ending_in(supplier, 30)
    create_document(supplier=supplier, replaces=first, valid_to=TODAY + timedelta(days=900))
    former = create_supplier(state="offboarded")
    create_user(role=Role.SUPPLIER_SIGNATORY, supplier=former)
    ending_in(former, 30)

    assert list(people_to_warn(TODAY)) == []


def test_a_date_put_right_is_warned_of_anew(supplier, owner):
    document = ending_in(supplier, 30)
    warned(owner)
    document.valid_to += timedelta(days=20)
    document.save(update_fields=["valid_to"])

    assert warned(owner, on=TODAY + timedelta(days=20))["mails"] == 1


def test_the_mail_names_the_documents_in_the_readers_language(supplier, owner):
    ending_in(supplier, 30, title="ISO 14001")
    ending_in(supplier, 7, title="Permit")
    warned(owner)

    written = compose(Message.objects.get())
    assert "2 documents end soon" in written.subject
    assert written.body.index("Permit (Bamboo Bridge Ltd): Ends in 7 days") < written.body.index("ISO 14001")
    owner.language = "zh-hans"
    Message.objects.update(language="zh-hans")
    assert "竹桥有限公司" in compose(Message.objects.get()).body
    assert mail.outbox == []


def test_the_run_warns_everybody_once(supplier, owner, colleague):
    ending_in(supplier, 30, on=timezone.localdate())
    for _ in range(2):
        run = start("warn_of_expiry", parameters={}, by=None, at=timezone.now())
        work_off(run.pk)
        run.refresh_from_db()

    assert Message.objects.filter(kind="document_expiry").count() == 2
    assert ExpiryWarning.objects.count() == 2


def test_a_run_over_many_people_asks_a_fixed_number_of_queries(django_assert_max_num_queries):
    people = [create_user(role=Role.SUPPLIER_SIGNATORY) for _ in range(20)]
    for person in people:
        for days in (7, 30, 60):
            ending_in(person.active_membership.supplier, days)

    with django_assert_max_num_queries(9):
        assert warned(*people) == {"mails": 20, "warnings": 60}


def test_home_and_library_show_what_ends(client, supplier, owner):
    today = timezone.localdate()
    for days, title in ((-5, "Permit"), (20, "ISO 14001"), (110, "FSC"), (200, "PUE report"), (-900, "Old bill")):
        ending_in(supplier, days, on=today, title=title)
    client.force_login(owner)

    for address in ("assessments:home", "suppliers:document_list"):
        section = client.get(reverse(address)).content.decode().partition('id="ending-title"')[2].partition("</section>")[0]
        assert all(words in section for words in ("Permit", "Expired", "ISO 14001", "Ends in 20 days", "FSC", "Ends in 110 days"))
        assert "PUE report" not in section
        assert "Old bill" not in section
