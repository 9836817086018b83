"""Public records: from a published list to a supplier's reply and a person's decision."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Message, User
from assessments.evidence import contradictions
from assessments.models import Assessment, Finding, Score, ScoreMark, Verdict
from assessments.questionnaires.questionnaire import load
from assessments.scores import keeping
from audit.models import Event
from config.paths import BASE_DIR
from runs.engine import work_off
from suppliers import importing, public_records, record_notices
from suppliers.importing import import_file
from suppliers.models import HeldRecord, Import, Interest, PublicRecord, RecordEvidence, Supplier
from tests.factories import NOW, create_answer, create_assessment, create_document, create_supplier, create_user
from tests.suppliers.files import pdf, valid_uscc


pytestmark = pytest.mark.django_db

HEADINGS = (
    "企业名称,统一社会信用代码,违法行为类型,处罚机关,处罚决定书文号,处罚决定日期,主要违法事实,处罚依据,处罚内容,罚款金额（万元）,"
    "环境信用评价等级"
)


def line(name: str = "", code: str = "", **fields: str) -> str:
    defaults = {
        "kind": "水污染", "authority": "示例市生态环境局", "reference": "示环罚〔2026〕1号", "day": "2026-03-02",
        "facts": "超标排放水污染物",
        "basis": "水污染防治法", "penalty": "责令改正", "fine": "2万元", "rating": "",
    }  # fmt: skip
    return ",".join([name, code, *(defaults | fields).values()])


def import_lines(*lines: str, **options: Any) -> Import:
    return import_file("\n".join([HEADINGS, *lines]).encode(), "records", by=None, at=NOW, **options)


def counts(done: Import) -> dict[str, int]:
    return {outcome: count for outcome, count in done.counts["import"].items() if count}


def create_record(supplier: Supplier, **fields: Any) -> PublicRecord:
    defaults: dict[str, Any] = {
        "kind": "water",
        "authority": "Ecology bureau",
        "decided_on": date(2026, 3, 2),
        "description": "Over the limit",
        "reply_until": NOW + timedelta(days=15),
    }
    return PublicRecord.objects.create(supplier=supplier, **defaults | fields)


# --- the import -------------------------------------------------------------------------------------------------------


def test_a_published_list_is_matched_by_code_and_a_second_time_changes_nothing(owner: User) -> None:
    supplier = owner.active_membership.supplier
    Supplier.objects.filter(pk=supplier.pk).update(uscc=valid_uscc(1))
    lines = [line("某某有限公司", valid_uscc(1)), line("陌生有限公司", valid_uscc(2))]

    first, second = import_lines(*lines), import_lines(*lines)

    assert counts(first) == {"created": 1, "not_ours": 1}
    assert counts(second) == {"unchanged": 1, "not_ours": 1}
    record = PublicRecord.objects.get()
    assert (record.supplier_id, record.kind, record.fine_cny, record.decided_on) == (
        supplier.pk,
        "water",
        Decimal(20_000),
        date(2026, 3, 2),
    )
    assert (record.status, record.reply_until, record.published_name) == ("waiting_reply", NOW + timedelta(days=15), "某某有限公司")
    assert Message.objects.filter(kind="public_record", email=owner.email).count() == 1


def test_every_mistake_in_a_list_of_records_has_its_reason() -> None:
    create_supplier(uscc=valid_uscc(1))
    done = import_lines(
        line("甲", valid_uscc(1)[:17]),
        line("乙", valid_uscc(1), day="2026年13月1日"),
        line("丙", valid_uscc(1), fine="很多"),
        line("丁", valid_uscc(1), authority=""),
        line("", ""),
        line("戊", valid_uscc(1), kind="环境信用评价"),
        line("己", valid_uscc(1), kind="水污染", rating="红牌"),
        line("庚", valid_uscc(1), kind="没见过的"),
        line("辛", valid_uscc(1)),
        line("辛", valid_uscc(1)),
    )

    problems = [(row.number, p["field"], p["code"]) for row in done.rows.order_by("number") for p in row.problems]
    assert problems == [
        (2, "supplier_uscc", "uscc_length"),
        (3, "decided_on", "date_unknown"),
        (4, "fine_cny", "amount_unknown"),
        (5, "authority", "required"),
        (6, "supplier_uscc", "company_missing"),
        (7, "rating", "required"),
        (8, "rating", "rating_without_kind"),
        (9, "kind", "choice_unknown"),
        (11, "reference", "duplicate"),
    ]
    assert PublicRecord.objects.count() == 1
    assert all(row.lines() for row in done.rows.filter(outcome="rejected"))


def test_a_credit_rating_is_a_record_of_its_own() -> None:
    create_supplier(uscc=valid_uscc(1))

    import_lines(line("甲", valid_uscc(1), kind="", reference="", facts="", rating="红牌"))

    record = PublicRecord.objects.get()
    assert (record.kind, record.rating, record.description) == ("credit_rating", "red", "环境信用评价：红牌")


def test_a_dry_run_writes_nothing_but_its_findings(staff: User) -> None:
    create_supplier(uscc=valid_uscc(1))
    data = "\n".join([HEADINGS, line("甲", valid_uscc(1))]).encode()
    source = importing.upload(kind="records", data=data, name="list.csv", by=staff, at=NOW)

    work_off(importing.check(source_id=source.pk, by=staff, at=NOW).pk)

    assert not PublicRecord.objects.exists()
    work_off(importing.begin(source_id=source.pk, by=staff, at=NOW).pk)
    assert PublicRecord.objects.get().recorded_by == staff


def test_what_changed_in_the_list_is_updated_until_a_person_has_decided(staff: User) -> None:
    create_supplier(uscc=valid_uscc(1))
    import_lines(line("甲", valid_uscc(1)))

    assert counts(import_lines(line("甲", valid_uscc(1), fine="3万元"))) == {"updated": 1}
    record = PublicRecord.objects.get()
    public_records.decide(record_id=record.pk, outcome="wrong_match", reason="Another company.", by=staff, at=NOW)

    done = import_lines(line("甲", valid_uscc(1), fine="5万元"))
    assert counts(done) == {"rejected": 1}
    assert done.rows.get().problems[0]["code"] == "record_decided"
    record.refresh_from_db()
    assert (record.fine_cny, record.status) == (Decimal(30_000), "wrong_match")


def test_a_name_alone_never_makes_a_match(staff: User, owner: User) -> None:
    supplier = owner.active_membership.supplier
    old_name = supplier.name_zh
    supplier.name_zh = "竹桥新程有限公司"
    supplier.save(update_fields=["name_zh"])
    lines = [line(old_name, valid_uscc(7)), line("竹桥新程有限公司", "", reference="示环罚〔2026〕2号"), line("陌生有限公司", "")]

    done = import_lines(*lines)

    assert counts(done) == {"held": 2, "not_ours": 1}
    assert not PublicRecord.objects.exists()
    former, present = HeldRecord.objects.order_by("pk")
    assert former.candidates == [{"supplier": supplier.pk, "name": "竹桥新程有限公司", "is_former": True}]
    assert present.candidates[0]["is_former"] is False
    assert counts(import_lines(*lines)) == {"unchanged": 2, "not_ours": 1}

    public_records.match(held_id=former.pk, supplier_id=supplier.pk, reason="Renamed in May, see the business register.", by=staff, at=NOW)
    public_records.match(held_id=present.pk, supplier_id=None, reason="A company of the same name in Hunan.", by=staff, at=NOW)

    record = PublicRecord.objects.get()
    assert (record.supplier, record.published_name, record.fine_cny) == (supplier, old_name, Decimal(20_000))
    assert counts(import_lines(*lines)) == {"unchanged": 2, "not_ours": 1}
    assert Message.objects.filter(kind="public_record", email=owner.email).count() == 1
    with pytest.raises(public_records.AlreadyMatched):
        public_records.match(held_id=former.pk, supplier_id=None, reason="No.", by=staff, at=NOW)


def test_a_row_goes_to_no_supplier_but_those_in_question(staff: User) -> None:
    create_supplier(name_zh="甲有限公司")
    import_lines(line("甲有限公司", ""))

    with pytest.raises(public_records.NotACandidate):
        public_records.match(held_id=HeldRecord.objects.get().pk, supplier_id=create_supplier().pk, reason="So.", by=staff, at=NOW)


def test_who_has_an_interest_in_a_supplier_does_not_say_whether_a_record_is_its(client: Client, reviewer: User, staff: User) -> None:
    own = create_supplier(name_zh="青竹纸业有限公司")
    import_lines(line("青竹纸业有限公司", valid_uscc(7)))
    held = HeldRecord.objects.get()
    Interest.objects.create(user=reviewer, supplier=own, kind="family", declared_by=reviewer, declared_at=NOW)
    page, sent = held.get_absolute_url(), {"supplier": "nobody", "reason": "Another one."}

    client.force_login(reviewer)
    refused = client.post(page, sent)
    assert (refused.status_code, "A conflict of interest stands between you and" in refused.text) == (403, True)
    assert "青竹纸业有限公司" not in client.get(reverse("suppliers:record_list")).text
    held.refresh_from_db()
    assert held.decided_at is None

    client.force_login(staff)
    assert "青竹纸业有限公司" in client.get(reverse("suppliers:record_list")).text
    client.post(page, sent)
    held.refresh_from_db()
    assert held.decided_by == staff


def test_a_long_list_costs_no_more_queries_than_a_short_one(django_assert_max_num_queries: Any) -> None:
    create_supplier(uscc=valid_uscc(1))
    many = [line("甲", valid_uscc(1), reference=f"示环罚〔2026〕{number}号") for number in range(300)]

    # save the list, savepoints, codes, held, known, settled, names, COPY of records and rows, counts, event, mails
    with django_assert_max_num_queries(40):
        assert counts(import_lines(*many)) == {"created": 300}


# --- reply and decision -----------------------------------------------------------------------------------------------


def test_a_supplier_replies_with_documents_and_a_person_decides(client: Client, owner: User, reviewer: User, supplier: Supplier) -> None:
    record = create_record(supplier, reply_until=NOW + timedelta(days=36500))
    document = create_document(supplier=supplier, title="Test report")
    client.force_login(owner)
    response = client.post(
        reverse("suppliers:record_reply", args=[record.pk]),
        {"answer": "Repaired in March.", "documents": [document.pk], "upload": pdf("photo.pdf")},
    )
    assert response.status_code == 302
    record.refresh_from_db()
    assert (record.status, record.answered_by, record.evidence.count()) == ("replied", owner, 2)

    client.force_login(reviewer)
    page = client.get(record.get_absolute_url()).text
    assert "Repaired in March." in page
    assert "photo.pdf" in page
    client.post(reverse("suppliers:record_decide", args=[record.pk]), {"outcome": "answered", "reason": "The report shows it."})

    record.refresh_from_db()
    assert (record.status, record.judged_by, record.judgement) == ("answered", reviewer, "The report shows it.")
    assert Message.objects.filter(kind="public_record_decided", email=owner.email).exists()
    assert Event.objects.filter(action="public_record.viewed", supplier_id=supplier.pk, actor=reviewer).exists()


def test_a_document_taken_out_of_a_reply_stays_in_its_history(owner: User, supplier: Supplier) -> None:
    record = create_record(supplier, reply_until=NOW + timedelta(days=36500))
    document = create_document(supplier=supplier, title="Test report")
    public_records.reply(record_id=record.pk, answer="See the report.", documents=[document], by=owner, at=NOW)

    public_records.reply(record_id=record.pk, answer="No report.", documents=[], by=owner, at=NOW)

    [before] = RecordEvidence.events.rel.related_model.objects.values("record", "document", "added_by", "pgh_label")
    assert before == {"record": record.pk, "document": document.pk, "added_by": owner.pk, "pgh_label": "deleted"}


def test_nobody_upholds_a_record_unheard(client: Client, reviewer: User, supplier: Supplier) -> None:
    record = create_record(supplier, reply_until=NOW + timedelta(days=36500))
    with pytest.raises(public_records.RightOfReply):
        public_records.decide(record_id=record.pk, outcome="upheld", reason="So.", by=reviewer, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicRecord.objects.filter(pk=record.pk).update(status="upheld", judged_at=NOW, judged_by=reviewer, judgement="So.")
    client.force_login(reviewer)
    page = client.get(record.get_absolute_url()).text
    assert "has the right to reply" in page
    assert client.post(reverse("suppliers:record_decide", args=[record.pk]), {"outcome": "upheld", "reason": "So."}).status_code == 422

    PublicRecord.objects.filter(pk=record.pk).update(reply_until=NOW - timedelta(days=1))
    public_records.decide(record_id=record.pk, outcome="upheld", reason="Nothing was said against it.", by=reviewer, at=NOW)

    record.refresh_from_db()
    assert record.status == "upheld"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "upheld"},
        {"status": "replied"},
        {"answer": "Words without a person"},
        {"judged_at": NOW},
        {"kind": "credit_rating"},
        {"rating": "red"},
    ],
    ids=",".join,
)
def test_the_database_takes_no_shortcut(supplier: Supplier, change: dict[str, Any]) -> None:
    record = create_record(supplier)

    with pytest.raises(IntegrityError), transaction.atomic():
        PublicRecord.objects.filter(pk=record.pk).update(**change)


def test_a_document_of_another_supplier_is_no_evidence(supplier: Supplier, owner: User) -> None:
    record = create_record(supplier)
    foreign = create_document(supplier=create_supplier())

    public_records.reply(record_id=record.pk, answer="Not us.", documents=[foreign], by=owner, at=NOW)

    assert not record.evidence.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        RecordEvidence.objects.create(record=record, document=foreign, added_by=owner, added_at=NOW)


def test_a_reply_after_the_decision_is_not_taken(client: Client, owner: User, reviewer: User, supplier: Supplier) -> None:
    record = create_record(supplier)
    public_records.decide(record_id=record.pk, outcome="wrong_match", reason="Another company.", by=reviewer, at=NOW)
    client.force_login(owner)

    page = client.post(reverse("suppliers:record_reply", args=[record.pk]), {"answer": "Too late."}, follow=True)

    assert "decided already" in page.text
    record.refresh_from_db()
    assert record.answer == ""


@pytest.mark.parametrize("sent", [{}, {"answer": "  "}, {"answer": "x" * 8001}, {"answer": "Fine.", "documents": ["0"]}])
def test_a_reply_that_lacks_something_says_what(client: Client, owner: User, supplier: Supplier, sent: dict[str, Any]) -> None:
    record = create_record(supplier)
    client.force_login(owner)

    response = client.post(reverse("suppliers:record_reply", args=[record.pk]), sent)

    assert response.status_code == 422
    assert "Please look at these points" in response.text
    record.refresh_from_db()
    assert record.status == "waiting_reply"


def test_suppliers_are_reminded_once_before_their_time_is_over(supplier: Supplier, owner: User) -> None:
    soon, later = create_record(supplier, reply_until=NOW + timedelta(days=2)), create_record(supplier)

    for _run in range(2):
        record_notices.remind(record_notices.to_remind(NOW))

    reminders = Message.objects.filter(kind="public_record_reminder")
    assert [message.context["public_record"] for message in reminders] == [soon.pk]
    assert later.status == "waiting_reply"


def test_another_supplier_learns_nothing_of_a_record(client: Client, stranger: User, supplier: Supplier) -> None:
    record = create_record(supplier, description="A secret fine")
    client.force_login(stranger)

    assert client.get(record.get_absolute_url()).status_code == 404
    assert "A secret fine" not in client.get(reverse("suppliers:record_list")).text


def test_the_list_of_records_costs_the_same_for_many(client: Client, reviewer: User, django_assert_num_queries: Any) -> None:
    for number in range(30):
        create_record(create_supplier(), description=f"Record {number}.")
    client.force_login(reviewer)

    # session, user, the records, the rows to match
    with django_assert_num_queries(4):
        page = client.get(reverse("suppliers:record_list"), {"state": "undecided", "kind": "water"})

    assert "Record 0." in page.text


# --- what it means for answers, score and label -----------------------------------------------------------------------


def scored(supplier: Supplier, owner: User) -> Assessment:
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"})
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    keeping.keep_scores([assessment.pk], at=NOW)
    ScoreMark.objects.all().delete()
    return assessment


@pytest.mark.parametrize("outcome", ["", "upheld", "answered", "wrong_match"])
def test_a_record_never_changes_a_score_without_a_verdict(supplier: Supplier, owner: User, reviewer: User, outcome: str) -> None:
    """Matched, replied to or decided: inputs and score stay what they are, and nothing asks for another computation."""
    Supplier.objects.filter(pk=supplier.pk).update(uscc=valid_uscc(1))
    assessment = scored(supplier, owner)
    before = Score.objects.get(assessment=assessment, is_current=True)

    import_lines(line("竹桥有限公司", valid_uscc(1)))
    record = PublicRecord.objects.get()
    public_records.reply(record_id=record.pk, answer="It was repaired.", documents=[], by=owner, at=NOW)
    if outcome:
        public_records.decide(record_id=record.pk, outcome=outcome, reason="Looked at.", by=reviewer, at=NOW)

    assert not ScoreMark.objects.exists()
    keeping.keep_scores([assessment.pk], at=NOW + timedelta(hours=1))
    after = Score.objects.get(assessment=assessment, is_current=True)
    assert (after.pk, after.inputs_sha256) == (before.pk, before.inputs_sha256)
    assert not Finding.objects.exists()


def test_the_page_shows_which_answers_a_record_contradicts(
    client: Client, supplier: Supplier, owner: User, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = {"water": [contradictions.Spoken("A-01", "value = yes"), contradictions.Spoken("A-02", "")], "any": []}
    monkeypatch.setattr(contradictions, "mapping", lambda: {"small": spoken})
    assessment = scored(supplier, owner)
    record = create_record(supplier)
    client.force_login(reviewer)

    page = client.get(record.get_absolute_url()).text
    assert "Do you meter your water?" in page
    assert "The record contradicts this answer" in page
    assert "A record takes no points" in page
    assert "Raise a finding" not in page

    PublicRecord.objects.filter(pk=record.pk).update(reply_until=NOW - timedelta(days=1))
    public_records.decide(record_id=record.pk, outcome="upheld", reason="So.", by=reviewer, at=NOW)
    address = f"{reverse('assessments:finding_new', args=[assessment.pk, 'A-01'])}?record={record.pk}"
    assert address.replace("&", "&amp;") in client.get(record.get_absolute_url()).text
    client.post(address, {"severity": "major", "text": "Over the limit", "due_on": ""})
    finding = Finding.objects.get()
    assert (finding.origin, finding.record) == ("record", record)


def test_what_an_open_review_says_of_an_answer_is_not_beside_a_record(
    client: Client, supplier: Supplier, owner: User, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = {"water": [contradictions.Spoken("A-01", "value = yes")], "any": []}
    monkeypatch.setattr(contradictions, "mapping", lambda: {"small": spoken})
    assessment, record = scored(supplier, owner), create_record(supplier)
    client.force_login(owner)
    before = client.get(record.get_absolute_url()).context["sections"]

    rejected = {"outcome": "reject_answer", "reason": "Not so at all.", "by": reviewer, "at": NOW}
    Verdict.objects.create(answer=assessment.answers.get(question="A-01"), **rejected)

    page = client.get(record.get_absolute_url())
    assert "Not so at all." not in page.text
    [was], [shown] = (
        [each.context["concerned"].score for each in sections if "concerned" in each.context]
        for sections in (before, page.context["sections"])
    )
    assert shown == was


def test_a_finding_is_raised_from_a_record_only_when_it_is_upheld(client: Client, supplier: Supplier, owner: User, reviewer: User) -> None:
    assessment, record = scored(supplier, owner), create_record(supplier)
    client.force_login(reviewer)

    client.post(
        f"{reverse('assessments:finding_new', args=[assessment.pk, 'A-01'])}?record={record.pk}",
        {"severity": "major", "text": "Over the limit", "due_on": ""},
    )

    assert Finding.objects.get().origin == "hand"


def test_an_answer_the_buyer_may_not_read_is_not_shown(client: Client, supplier: Supplier, reviewer: User) -> None:
    draft = create_assessment(supplier=supplier, status="in_progress")
    create_answer(assessment=draft, question="A-01")
    client.force_login(reviewer)

    assert "handed in no assessment yet" in client.get(create_record(supplier).get_absolute_url()).text


def test_what_speaks_about_what_fits_the_questionnaire() -> None:
    import yaml

    ours = load(yaml.safe_load((Path(BASE_DIR) / "assessments/questionnaires/supplier-esg-code-2026.1.yaml").read_text()))
    kinds = contradictions.mapping()[ours.key]

    assert set(kinds) == {*PublicRecord.Kind.values, contradictions.ANY}
    for kind in PublicRecord.Kind.values:
        spoken = contradictions.spoken_about(ours, kind)
        assert len(spoken) == len(kinds[kind]) + len(kinds[contradictions.ANY])
        for each in spoken:
            assert not each.contradicts or contradictions.test_of(ours, each)


def test_a_supplier_reads_on_its_home_that_it_may_reply(client: Client, owner: User, supplier: Supplier) -> None:
    create_record(supplier, description="Noise at night")
    client.force_login(owner)

    assert "Noise at night" in client.get(reverse("assessments:home")).text


def test_a_decision_may_be_taken_anew(supplier: Supplier, reviewer: User) -> None:
    record = create_record(supplier)
    public_records.decide(record_id=record.pk, outcome="wrong_match", reason="Another company.", by=reviewer, at=NOW)
    PublicRecord.objects.filter(pk=record.pk).update(reply_until=NOW - timedelta(days=1))

    public_records.decide(record_id=record.pk, outcome="upheld", reason="It is this company after all.", by=create_user(), at=NOW)

    record.refresh_from_db()
    assert record.status == "upheld"
    assert Event.objects.filter(action="record.decided", target_id=str(record.pk)).count() == 2
