"""A standard is drafted in the browser, tried on the portfolio, and published by two people with notice."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.messages import compose
from accounts.models import Message, Role, User
from labels import drafting, evaluation, standard_testing, standards
from labels.deciding import SamePerson
from labels.models import Label, LabelEvent, Standard, StandardTest, StandardTestRow
from labels.rules import InvalidStandard
from runs import engine
from runs.models import Run
from suppliers.models import Supplier
from tests.factories import NOW, create_questionnaire, create_supplier, create_user
from tests.labels.support import QUESTIONNAIRE, TODAY, create_green_supplier, create_standard


@pytest.fixture
def standard(db: None) -> Standard:
    create_questionnaire(content=QUESTIONNAIRE)
    return create_standard()


@pytest.fixture
def draft(standard: Standard, staff: User) -> Standard:
    return drafting.begin(source_id=standard.pk, version="2027", by=staff, at=NOW)


@pytest.fixture
def second(db: None) -> User:
    return create_user(role=Role.ESG_STAFF)


def with_line(draft: Standard, key: str, by: User, **changes: Any) -> Standard:
    line = {**(drafting.find_criterion(draft.content, key) or {}), **changes}
    return drafting.change(standard_id=draft.pk, seen=draft.sha256, edit=drafting.put_criterion(line), by=by, at=NOW)


def page(client: Client, name: str, *args: Any) -> str:
    response = client.get(reverse(f"labels:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


# --- what suppliers are told ------------------------------------------------------------------------------------------


def test_suppliers_are_told_of_a_coming_standard_once_in_their_language(
    draft: Standard, supplier: Supplier, owner: User, staff: User, second: User
) -> None:
    colleague = create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier, language="zh-hans")
    gone = create_user(role=Role.SUPPLIER_SIGNATORY, supplier=create_supplier(state="offboarded"))
    day = TODAY + timedelta(days=200)
    drafting.submit(standard_id=draft.pk, seen=draft.sha256, in_force_from=day, by=staff, at=NOW)
    drafting.publish(standard_id=draft.pk, seen=draft.sha256, by=second, at=NOW)

    run = Run.objects.get(kind="tell_of_standard")
    assert engine.work_off(run.pk).result == {"queued": 2}
    again = engine.start("tell_of_standard", parameters={"standard": draft.pk}, by=staff, at=NOW)
    assert engine.work_off(again.pk).result == {"queued": 0}

    mails = {message.email: compose(message) for message in Message.objects.filter(kind="standard_announced")}
    assert set(mails) == {owner.email, colleague.email}
    assert gone.email not in mails
    assert mails[owner.email].subject == "From 18 Dec 2026: a new version of the green procurement standard"
    assert "comes into force on 18 Dec 2026" in mails[owner.email].body
    assert draft.get_absolute_url() in mails[owner.email].body


def test_a_supplier_reads_what_it_would_meet_by_a_coming_standard(
    client: Client, standard: Standard, supplier: Supplier, owner: User
) -> None:
    create_green_supplier(supplier)
    client.force_login(owner)
    assert "held against a new version" not in client.get(reverse("labels:mine")).text
    content = {**standard.content, "version": "2099"}
    create_standard(version="2099", content=content, in_force_from=date(2099, 1, 1))

    page = client.get(reverse("labels:mine")).text

    assert "From 1 Jan 2099, labels are held against a new version of the standard" in page
    assert "your company would meet by it: Green leader." in page


def test_a_standard_that_is_in_force_at_once_is_announced_to_nobody(db: None, staff: User) -> None:
    create_questionnaire(content=QUESTIONNAIRE)
    first = create_standard(status="draft", published_at=None, in_force_from=None)

    standards.publish(first, by=staff, at=NOW)

    assert not Run.objects.filter(kind="tell_of_standard").exists()


# --- the content ----------------------------------------------------------------------------------------------------------


def test_a_draft_begins_with_what_its_source_says(draft: Standard, standard: Standard, staff: User) -> None:
    assert (draft.status, draft.version) == ("draft", "2027")
    assert {**draft.content, "version": "2026"} == standard.content
    with pytest.raises(drafting.VersionTaken):
        drafting.begin(source_id=standard.pk, version="2026", by=staff, at=NOW)


def test_a_change_that_makes_no_sense_is_refused_with_every_reason(draft: Standard, staff: User) -> None:
    with pytest.raises(InvalidStandard, match="green_leader asks less of media suppliers than green"):
        with_line(draft, "total", staff, need={"green": "80", "green_leader": "60"})
    with pytest.raises(InvalidStandard, match="no area 'E9'"):
        with_line(draft, "area_E1", staff, area="E9")
    with pytest.raises(InvalidStandard, match="unknown certificate 'iso_9999'"):
        with_line(draft, "qualification_energy", staff, any_of=["iso_9999"])
    assert Standard.objects.get(pk=draft.pk).sha256 == draft.sha256, "nothing was saved"


def test_two_people_never_overwrite_each_other(draft: Standard, staff: User, second: User) -> None:
    with_line(draft, "total", staff, need={"green": "61", "green_leader": "80"})

    with pytest.raises(drafting.ChangedMeanwhile):
        with_line(draft, "total", second, need={"green": "62", "green_leader": "80"})


def test_a_published_version_takes_no_change(standard: Standard, staff: User) -> None:
    with pytest.raises(drafting.ChangedMeanwhile):
        with_line(standard, "total", staff, need={"green": "61", "green_leader": "80"})
    for change in ({"title_en": "Other"}, {"in_force_from": TODAY}, {"published_at": NOW}, {"status": "draft"}):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Standard.objects.filter(pk=standard.pk).update(**change)
    Standard.objects.filter(pk=standard.pk).update(status="retired")


# --- publishing -----------------------------------------------------------------------------------------------------------


def test_two_people_publish_with_notice(draft: Standard, staff: User, second: User) -> None:
    with pytest.raises(InvalidStandard, match="30 days of notice"):
        drafting.submit(standard_id=draft.pk, seen=draft.sha256, in_force_from=TODAY + timedelta(days=29), by=staff, at=NOW)
    with pytest.raises(drafting.NotSubmitted):
        drafting.publish(standard_id=draft.pk, seen=draft.sha256, by=second, at=NOW)
    drafting.submit(standard_id=draft.pk, seen=draft.sha256, in_force_from=TODAY + timedelta(days=40), by=staff, at=NOW)
    with pytest.raises(SamePerson):
        drafting.publish(standard_id=draft.pk, seen=draft.sha256, by=staff, at=NOW)

    published = drafting.publish(standard_id=draft.pk, seen=draft.sha256, by=second, at=NOW)

    assert (published.status, published.in_force_from) == ("published", TODAY + timedelta(days=40))
    assert (published.submitted_by, published.published_by) == (staff, second)


def test_the_database_asks_for_two_people(draft: Standard, staff: User) -> None:
    drafting.submit(standard_id=draft.pk, seen=draft.sha256, in_force_from=date(2027, 1, 1), by=staff, at=NOW)

    with pytest.raises(DatabaseError, match="standard_second_pair_of_eyes"), transaction.atomic():
        Standard.objects.filter(pk=draft.pk).update(status="published", published_by=staff, published_at=NOW, in_force_from=TODAY)


def test_notice_that_ran_out_before_the_second_person_came_is_refused(draft: Standard, staff: User, second: User) -> None:
    drafting.submit(standard_id=draft.pk, seen=draft.sha256, in_force_from=TODAY + timedelta(days=30), by=staff, at=NOW)

    with pytest.raises(InvalidStandard, match="30 days of notice"):
        drafting.publish(standard_id=draft.pk, seen=draft.sha256, by=second, at=NOW + timedelta(days=1))


def test_a_change_takes_the_wish_to_publish_back(draft: Standard, staff: User, second: User) -> None:
    drafting.submit(standard_id=draft.pk, seen=draft.sha256, in_force_from=date(2027, 1, 1), by=staff, at=NOW)
    changed = with_line(draft, "total", second, need={"green": "61", "green_leader": "80"})

    with pytest.raises(drafting.NotSubmitted):
        drafting.publish(standard_id=changed.pk, seen=changed.sha256, by=second, at=NOW)


# --- trying it ------------------------------------------------------------------------------------------------------------


def test_a_back_test_says_who_would_gain_and_who_would_lose_and_moves_nothing(draft: Standard, staff: User) -> None:
    loser, gainer, keeper = create_supplier(), create_supplier(), create_supplier()
    create_green_supplier(loser, total="62.00", areas="65.00")
    create_green_supplier(gainer, total="79.00")
    create_green_supplier(keeper, total="90.00")
    create_supplier()
    evaluation.evaluate_all(on=TODAY, at=NOW)
    before = list(Label.objects.order_by("pk").values()), LabelEvent.objects.count()
    draft = with_line(draft, "total", staff, need={"green": "65", "green_leader": "78"})

    test = standard_testing.start(standard=draft, by=staff, at=timezone.now())
    assert test.run is not None
    run = engine.work_off(test.run.pk)

    assert run.status == "done"
    assert {key: run.result[key] for key in ("suppliers", "gains", "loses", "stays", "none")} == {
        "suppliers": 4, "gains": 1, "loses": 1, "stays": 1, "none": 1,
    }  # fmt: skip
    rows = {row.supplier_id: row for row in StandardTestRow.objects.all()}
    assert (rows[loser.pk].before, rows[loser.pk].after, rows[loser.pk].costs) == ("green", "", ["total"])
    assert (rows[gainer.pk].before, rows[gainer.pk].after) == ("green", "green_leader")
    assert standard_testing.report(test).costs == [("Total score", 1)]
    assert (list(Label.objects.order_by("pk").values()), LabelEvent.objects.count()) == before


def test_a_draft_that_changes_meanwhile_ends_its_test(draft: Standard, staff: User, supplier: Supplier) -> None:
    test = standard_testing.start(standard=draft, by=staff, at=timezone.now())
    with_line(draft, "total", staff, need={"green": "65", "green_leader": "80"})

    assert test.run is not None
    assert engine.work_off(test.run.pk).status == "failed"
    assert not StandardTestRow.objects.exists()


# --- pages ----------------------------------------------------------------------------------------------------------------


def test_staff_draft_change_try_and_publish_in_the_browser(client: Client, standard: Standard, staff: User, second: User) -> None:
    client.force_login(staff)
    assert client.post(reverse("labels:draft_new", args=[standard.pk]), {"version": "2026"}).status_code == 200
    client.post(reverse("labels:draft_new", args=[standard.pk]), {"version": "2027"})
    draft = Standard.objects.get(version="2027")
    assert "Least total score" in page(client, "draft", draft.pk)

    url = reverse("labels:criterion_edit", args=[draft.pk, "total"])
    fields = client.get(url).context["form"].initial
    posted = {**fields, "need__green__default": "66", "need__green__cloud_dc": "70"}
    assert client.post(url, posted).status_code == 302
    draft.refresh_from_db()
    assert (drafting.find_criterion(draft.content, "total") or {})["need"] == {
        "green": {"default": "66", "cloud_dc": "70"},
        "green_leader": {"default": "80"},
    }

    client.post(reverse("labels:standard_test_start", args=[draft.pk]))
    assert "Who would gain, who would lose" in page(client, "standard_test", draft.pk, StandardTest.objects.get().pk)

    ask = reverse("labels:publication", args=[draft.pk])
    early = client.post(ask, {"seen": draft.sha256, "in_force_from": timezone.now().date().isoformat()})
    assert "days of notice" in early.content.decode()
    client.post(ask, {"seen": draft.sha256, "in_force_from": "2100-01-01"})
    publish = reverse("labels:publish", args=[draft.pk])
    assert "Somebody else has to do it" in client.post(publish, {"seen": draft.sha256}, follow=True).content.decode()
    client.force_login(second)
    client.post(publish, {"seen": draft.sha256})
    assert Standard.objects.get(pk=draft.pk).status == "published"
    assert client.get(reverse("labels:draft", args=[draft.pk])).status_code == 404


def test_a_criterion_of_every_kind_keeps_what_it_says_when_it_is_saved_unchanged(client: Client, draft: Standard, staff: User) -> None:
    client.force_login(staff)

    for line in draft.content["criteria"]:
        url = reverse("labels:criterion_edit", args=[draft.pk, line["key"]])
        form = client.get(url).context["form"]
        posted = {name: value for name, value in form.initial.items() if value not in (None, "")}
        assert client.post(url, posted).status_code == 302, line["key"]

    now = standards.rules_of(Standard.objects.get(pk=draft.pk))
    was = standards.rules_of(draft)
    for rule in was.rules:
        same = now.rule_of[rule.key]
        assert (same.criterion, same.categories, same.needs, same.spares) == (rule.criterion, rule.categories, rule.needs, rule.spares)


def test_a_criterion_is_added_and_taken_out(client: Client, draft: Standard, staff: User) -> None:
    client.force_login(staff)
    url = reverse("labels:criterion_new", args=[draft.pk, "measure"])
    typed = {
        "seen": draft.sha256, "key": "limit_new", "title_en": "New limit", "title_zh": "新限值", "effect": "warn",
        "categories": ["cloud_dc"], "question": "E4-16", "field": "pue", "bound": "at_most",
        "need__green__default": "1.4", "need__green_leader__default": "1.6",
    }  # fmt: skip

    assert "green_leader asks less of cloud_dc suppliers" in client.post(url, typed).content.decode()
    for junk in ("many", "NaN", "sNaN", "Infinity"):
        assert "Enter a number" in client.post(url, {**typed, "need__green__default": junk}).content.decode()
    assert "already" in client.post(url, {**typed, "key": "total", "need__green_leader__default": "1.3"}).content.decode()
    assert client.post(url, {**typed, "need__green_leader__default": "1.3"}).status_code == 302
    draft.refresh_from_db()
    assert drafting.find_criterion(draft.content, "limit_new")
    client.post(reverse("labels:criterion_drop", args=[draft.pk, "limit_new"]), {"seen": draft.sha256})
    draft.refresh_from_db()
    assert drafting.find_criterion(draft.content, "limit_new") is None
    assert client.get(reverse("labels:criterion_new", args=[draft.pk, "horoscope"])).status_code == 404


def test_problems_are_told_in_chinese_too(client: Client, draft: Standard, staff: User) -> None:
    client.force_login(staff)
    url = reverse("labels:draft", args=[draft.pk])
    fields = client.get(url).context["form"].initial

    response = client.post(url, {**fields, "notice_days": 0})

    assert response.status_code == 200
    assert "a standard needs a notice period" in response.content.decode()
