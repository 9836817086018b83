"""A version of the rules takes its steps into force: tried, announced by a second person, with notice, and kept by those it began with."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.messages import deliver_batch
from accounts.models import Role, User
from assessments.campaigns import steps as campaigns
from assessments.models import Assessment, Campaign, Publication, QuestionnaireVersion, Score
from assessments.publication import publication_page, publishing
from assessments.publication.publishing import NotReady
from assessments.rules import loading, rulesets
from assessments.scores.keeping import keep_scores
from assessments.tasks import put_rules_into_force
from audit.models import Event
from runs import engine
from runs.calendar import buyers_day
from runs.models import Run
from suppliers.models import Supplier
from tests.assessments.publishing import announced, put_in_force, tried
from tests.assessments.small import document, question
from tests.factories import (
    NOW,
    create_answer,
    create_assessment,
    create_campaign,
    create_questionnaire,
    create_supplier,
    create_user,
)
from tests.races import at_once


IN_FORCE = NOW + timedelta(days=30)


def rules(version: str, *, weight: str = "1", **parts: Any) -> dict[str, Any]:
    return document(question("A-1", weight=weight), question("A-2"), version=version, **parts)


def state(version: QuestionnaireVersion) -> str:
    return QuestionnaireVersion.objects.get(pk=version.pk).status


@pytest.fixture
def old(db: None) -> QuestionnaireVersion:
    return put_in_force(rules("1"))


@pytest.fixture
def assessment(old: QuestionnaireVersion, supplier: Supplier) -> Assessment:
    found = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=old), started_at=NOW, status="in_progress")
    create_answer(assessment=found, question="A-1", value={"value": "yes"})
    create_answer(assessment=found, question="A-2", value={"value": "no"})
    keep_scores([found.pk], at=NOW)
    return found


@pytest.fixture
def draft(assessment: Assessment, staff: User) -> QuestionnaireVersion:
    """Of weights that make A-1 count three times as much, written by Steve."""
    return loading.load_questionnaire(rules("2", weight="3"), by=staff, at=NOW)


@pytest.fixture
def second(db: None) -> User:
    return create_user(role=Role.ESG_STAFF, name="Sibyl Second")


def test_a_draft_is_announced_only_after_a_test_of_what_stands_in_it(draft: QuestionnaireVersion, staff: User, second: User) -> None:
    with pytest.raises(NotReady, match="Back-test the draft first"):
        announced(draft, by=second)
    tried(draft, by=staff)
    loading.load_questionnaire(rules("2", weight="4"), by=staff, at=NOW)

    with pytest.raises(NotReady, match="exactly what stands in it now"):
        announced(draft, by=second)
    tried(QuestionnaireVersion.objects.get(pk=draft.pk), by=staff)
    announced(draft, by=second)

    assert state(draft) == "announced"


def test_who_wrote_a_draft_does_not_announce_it_alone(draft: QuestionnaireVersion, staff: User, second: User) -> None:
    tried(draft, by=staff)

    with pytest.raises(NotReady, match="Somebody who did not has to announce it"):
        announced(draft, by=staff)
    assert announced(draft, by=second).announced_by == second


def test_a_word_of_somebody_else_does_not_free_the_author_to_announce_it(draft: QuestionnaireVersion, staff: User, second: User) -> None:
    loading.load_questionnaire(rules("2", weight="4"), by=second, at=NOW)
    draft.refresh_from_db()
    tried(draft, by=staff)

    for author in (staff, second):
        with pytest.raises(NotReady, match="Somebody who did not has to announce it"):
            announced(draft, by=author)
        with pytest.raises(DatabaseError, match="who wrote in a draft does not announce it"), transaction.atomic():
            _publish(draft, announced_by=author)
    assert announced(draft, by=create_user(role=Role.ESG_STAFF)).version == draft


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"days": 29}, "at least 30 days of notice"),
        ({"change_en": " ", "change_zh": ""}, "what changes, and why"),
    ],
)
def test_suppliers_get_notice_and_a_reason(
    draft: QuestionnaireVersion, staff: User, second: User, fields: dict[str, Any], reason: str
) -> None:
    tried(draft, by=staff)
    day = buyers_day(NOW) + timedelta(days=fields.pop("days", 30))

    with pytest.raises(NotReady, match=reason):
        publishing.announce(version_id=draft.pk, in_force_from=day, by=second, at=NOW, **{"change_en": "More water.", **fields})

    assert state(draft) == "draft"


def test_it_comes_into_force_on_its_day_and_once(draft: QuestionnaireVersion, old: QuestionnaireVersion, staff: User, second: User) -> None:
    tried(draft, by=staff)
    announced(draft, by=second)

    assert publishing.put_due_into_force(at=IN_FORCE - timedelta(days=1)) == 0
    assert (state(old), state(draft)) == ("in_force", "announced")
    assert publishing.put_due_into_force(at=IN_FORCE) == 1
    assert publishing.put_due_into_force(at=IN_FORCE) == 0
    assert (state(old), state(draft)) == ("superseded", "in_force")
    assert Event.objects.filter(action="questionnaire.in_force").count() == 2


def test_the_clock_takes_the_step(draft: QuestionnaireVersion, staff: User, second: User) -> None:
    tried(draft, by=staff)
    announced(draft, by=second)

    assert (put_rules_into_force(), put_rules_into_force()) == (1, 0)
    assert state(draft) == "in_force"


def test_campaigns_from_that_day_ask_by_the_new_rules_and_earlier_ones_keep_theirs(
    draft: QuestionnaireVersion, old: QuestionnaireVersion, assessment: Assessment, staff: User, second: User
) -> None:
    waiting = create_campaign(
        questionnaire=old, status="draft", launched_at=None, opens_on=NOW.date(), due_on=NOW.date() + timedelta(days=90)
    )
    tried(draft, by=staff)
    announced(draft, by=second)
    scored = Score.objects.values().get()

    # The clock has not come by yet.
    campaigns.launch(campaign_id=waiting.pk, by=staff, at=IN_FORCE, invite=False)

    assert Campaign.objects.get(pk=waiting.pk).questionnaire_id == draft.pk
    assert assessment.campaign.questionnaire_id == old.pk
    keep_scores([assessment.pk], at=IN_FORCE)
    assert Score.objects.values().get() == scored
    campaigns.launch(campaign_id=assessment.campaign_id, by=staff, at=IN_FORCE, invite=False)
    assert Campaign.objects.get(pk=assessment.campaign_id).questionnaire_id == old.pk


def test_a_campaign_is_not_launched_by_rules_that_are_still_to_come(draft: QuestionnaireVersion, staff: User, second: User) -> None:
    tried(draft, by=staff)
    announced(draft, by=second)
    early = create_campaign(
        questionnaire=draft, status="draft", launched_at=None, opens_on=NOW.date(), due_on=NOW.date() + timedelta(days=90)
    )

    with pytest.raises(campaigns.NotReady, match="not in force yet"):
        campaigns.launch(campaign_id=early.pk, by=staff, at=NOW, invite=False)


def test_the_first_version_needs_no_notice_and_nothing_to_be_tried_on(db: None) -> None:
    version = put_in_force(rules("1"))

    assert version.status == "in_force"
    assert (version.publication.back_test, version.publication.replaces) == (None, None)


def test_announcing_twice_is_as_once_and_one_version_is_announced_at_a_time(draft: QuestionnaireVersion, staff: User, second: User) -> None:
    tried(draft, by=staff)
    assert announced(draft, by=second) == announced(draft, by=second)
    other = loading.load_questionnaire(rules("3", weight="5"), by=staff, at=NOW)
    tried(other, by=staff)

    with pytest.raises(NotReady, match="Another version of this questionnaire is announced"):
        announced(other, by=second)


def test_what_was_withdrawn_or_never_announced_is_not_announced_again(
    draft: QuestionnaireVersion, old: QuestionnaireVersion, staff: User, second: User
) -> None:
    tried(draft, by=staff)
    announced(draft, by=second)
    publishing.withdraw(version_id=draft.pk, reason="A weight was mistyped.", by=staff, at=NOW)
    # As versions are that were in force before publications were kept.
    kept = create_questionnaire(content=rules("0", key="elsewhere"))

    for version in (draft, kept):
        with pytest.raises(NotReady, match=r"This version is published already\."):
            announced(version, by=second)


@pytest.mark.django_db(transaction=True)
def test_of_two_versions_announced_at_once_the_second_gets_a_reason(draft: QuestionnaireVersion, staff: User, second: User) -> None:
    other = loading.load_questionnaire(rules("3", weight="5"), by=staff, at=NOW)
    tried(draft, by=staff)
    tried(other, by=staff)

    ended = at_once(lambda: announced(draft, by=second), lambda: announced(other, by=second))

    assert ended == {"done": 1, "NotReady": 1}


def test_a_withdrawn_version_is_held_against_the_one_it_would_have_replaced_and_an_old_one_against_none(
    draft: QuestionnaireVersion, old: QuestionnaireVersion, staff: User, second: User
) -> None:
    tried(draft, by=staff)
    publication_of_draft = announced(draft, by=second)
    publishing.put_due_into_force(at=IN_FORCE)
    old.refresh_from_db()
    draft.refresh_from_db()

    assert old.status == "superseded"
    assert publication_page.changes(old, None) is None
    found = publication_page.changes(draft, publication_of_draft)
    assert found is not None
    assert found[0].pk == old.pk


def test_what_was_announced_can_be_withdrawn_before_its_day(
    draft: QuestionnaireVersion, old: QuestionnaireVersion, staff: User, second: User
) -> None:
    tried(draft, by=staff)
    announced(draft, by=second)

    publishing.withdraw(version_id=draft.pk, reason="A weight was mistyped.", by=staff, at=NOW)
    publishing.withdraw(version_id=draft.pk, reason="Pressed twice.", by=second, at=NOW)

    assert publishing.put_due_into_force(at=IN_FORCE) == 0
    assert (state(old), state(draft)) == ("in_force", "withdrawn")
    assert Publication.objects.get(version=draft).withdrawn_reason == "A weight was mistyped."
    with pytest.raises(NotReady):
        publishing.withdraw(version_id=old.pk, reason="Too late.", by=staff, at=NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda version, other: QuestionnaireVersion.objects.filter(pk=version.pk).update(status="in_force"),
        lambda version, other: QuestionnaireVersion.objects.filter(pk=version.pk).update(status="announced", published_at=NOW),
        lambda version, other: _publish(version, announced_by=other, back_test=None),
        lambda version, other: _publish(version, announced_by=version.changed_by),
        lambda version, other: _publish(version, announced_by=other, in_force_from=(NOW + timedelta(days=29)).date()),
        lambda version, other: _publish(version, announced_by=other, replaces=None),
        lambda version, other: _publish(version, announced_by=other, sha256="0" * 64),
    ],
    ids=["in force", "without publication", "untried", "alone", "without notice", "as if first", "of another content"],
)
def test_the_database_lets_no_step_be_left_out(draft: QuestionnaireVersion, staff: User, second: User, change: Any) -> None:
    tried(draft, by=staff)

    with pytest.raises(DatabaseError), transaction.atomic():
        change(draft, second)

    assert state(draft) == "draft"
    _publish(draft, announced_by=second)


def _publish(version: QuestionnaireVersion, **fields: Any) -> Publication:
    usual: dict[str, Any] = {
        "version": version,
        "sha256": version.sha256,
        "replaces": publishing.in_force(version.key),
        "back_test": publishing.newest_test(version),
        "change_en": "More water.",
        "in_force_from": IN_FORCE.date(),
        "announced_on": NOW.date(),
        "announced_at": NOW,
    }
    return Publication.objects.create(**usual | fields)


def test_what_was_announced_never_changes(draft: QuestionnaireVersion, staff: User, second: User) -> None:
    tried(draft, by=staff)
    found = announced(draft, by=second)

    for field, value in (("in_force_from", NOW.date()), ("change_en", "Nothing."), ("announced_by", staff)):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Publication.objects.filter(pk=found.pk).update(**{field: value})
    with pytest.raises(DatabaseError), transaction.atomic():
        found.delete()


# --- what suppliers are told ------------------------------------------------------------------------------------------


def test_each_person_of_a_supplier_gets_one_mail_in_its_language(
    draft: QuestionnaireVersion, supplier: Supplier, staff: User, second: User
) -> None:
    create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier, email="li@bamboo.example", language="zh-hans")
    create_user(role=Role.SUPPLIER_SIGNATORY, email="stranger@elsewhere.example")
    tried(draft, by=staff)
    announced(draft, by=second)

    for _again in range(2):
        run = Run.objects.filter(kind="tell_of_rules").latest("pk")
        engine.work_off(run.pk)
        engine.start("tell_of_rules", parameters=run.parameters, by=None, at=NOW)
    deliver_batch()

    [sent] = [each for each in mail.outbox if each.to == ["li@bamboo.example"]]
    assert "水权重提高。" in sent.body
    assert reverse("assessments:method", args=[draft.pk]) in sent.body
    assert not any(each.to == ["stranger@elsewhere.example"] for each in mail.outbox)


def test_a_supplier_reads_on_its_home_page_what_comes_and_when(
    client: Client, draft: QuestionnaireVersion, supplier: Supplier, staff: User, second: User, django_assert_max_num_queries: Any
) -> None:
    client.force_login(create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier))
    assert "new rules" not in client.get(reverse("assessments:home")).text
    tried(draft, by=staff)
    announced(draft, by=second)

    page = client.get(reverse("assessments:home"))

    assert "assessments are scored by new rules" in page.text
    assert "Water counts for more." in page.text
    stranger = create_user(role=Role.SUPPLIER_SIGNATORY)
    client.force_login(stranger)
    assert "new rules" not in client.get(reverse("assessments:home")).text


def test_the_method_is_there_for_everybody_and_a_draft_for_nobody(
    client: Client, draft: QuestionnaireVersion, old: QuestionnaireVersion, staff: User, second: User
) -> None:
    hidden = reverse("assessments:method", args=[draft.pk])
    assert client.get(hidden).status_code == 404
    tried(draft, by=staff)
    announced(draft, by=second)

    page = client.get(hidden)

    assert "In force from" in page.text
    assert "What changes against" in page.text
    assert rulesets.rules_sha256(draft.pk) in page.text
    present = client.get(reverse("assessments:method", args=[old.pk]))
    assert "assessments are scored by new rules" in present.text
    assert "Water counts for more." in present.text
    assert "准则" not in present.text
    chinese = client.get(reverse("assessments:method", args=[old.pk]), headers={"accept-language": "zh-hans"})
    assert "水权重提高。" in chinese.text
    listed = client.get(reverse("assessments:methods")).text
    assert hidden in listed


# --- pages ------------------------------------------------------------------------------------------------------------


def test_staff_follow_the_steps_in_the_browser(client: Client, draft: QuestionnaireVersion, staff: User, second: User) -> None:
    steps = reverse("assessments:publication", args=[draft.pk])
    client.force_login(second)
    assert "Back-test the draft first" in client.get(steps).text
    tried(draft, by=second)
    client.force_login(staff)
    assert "Somebody who did not has to announce it" in client.get(steps).text
    client.force_login(second)
    page = client.get(steps)
    for words in ("Who gains, who loses", "Weights of questions", "Announce"):
        assert words in page.text, words
    form = reverse("assessments:questionnaire_announce", args=[draft.pk])
    day = publishing.earliest_start(publishing.in_force(draft.key), at=timezone.now())

    refused = client.post(form, {"in_force_from": (day - timedelta(days=1)).isoformat(), "change_en": "More water."})
    silent = client.post(form, {"in_force_from": day.isoformat()})
    unread = client.post(form, {"in_force_from": "soon", "change_en": "More water."})
    done = client.post(form, {"in_force_from": day.isoformat(), "change_en": "More water."}, follow=True)

    assert "at least 30 days of notice" in refused.text
    assert "what changes, and why" in silent.text
    assert [each.status_code for each in (refused, silent, unread)] == [422, 422, 422]
    assert "The version is announced" in done.text
    again = client.post(form, {"in_force_from": day.isoformat(), "change_en": "More water."})
    assert again.status_code == 302
    withdrawn = client.post(reverse("assessments:questionnaire_withdraw", args=[draft.pk]), {"reason": "Mistyped."}, follow=True)
    assert "will not come into force" in withdrawn.text
    assert "Mistyped." in withdrawn.text


def test_pages_of_a_version_cost_the_same_for_one_assessment_and_for_many(
    client: Client, draft: QuestionnaireVersion, old: QuestionnaireVersion, staff: User, django_assert_num_queries: Any
) -> None:
    client.force_login(staff)
    steps = reverse("assessments:publication", args=[draft.pk])
    tried(draft, by=staff)
    client.get(steps)
    with django_assert_num_queries(_queries_of(client, steps)):
        client.get(steps)
    for _number in range(12):
        other = create_assessment(supplier=create_supplier(), campaign=create_campaign(questionnaire=old))
        create_answer(assessment=other, question="A-1", value={"value": "no"})
    before = _queries_of(client, steps)
    tried(draft, by=staff)

    assert _queries_of(client, steps) == before


def _queries_of(client: Client, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


def test_the_command_line_puts_only_a_first_version_in_force(draft: QuestionnaireVersion, tmp_path: Any) -> None:
    import json

    file = tmp_path / "rules.json"
    file.write_text(json.dumps(rules("2", weight="3")))

    with pytest.raises(CommandError, match="announced in the browser"):
        call_command("load_questionnaire", str(file), "--publish")

    assert state(draft) == "draft"


def test_the_command_line_leaves_a_version_that_is_published_as_it_is(
    old: QuestionnaireVersion, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    file = tmp_path / "rules.json"
    file.write_text(json.dumps(rules("1")))

    call_command("load_questionnaire", str(file), "--publish")

    assert "1: in_force" in capsys.readouterr().out
