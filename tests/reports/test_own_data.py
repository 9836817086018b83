"""A supplier takes everything with it: whole, in a described form, and its own only."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, User
from assessments.answering.saving import save_answer, upload_evidence
from assessments.findings import opening
from assessments.models import Assessment, Finding, Score
from assessments.review import reviewing
from assessments.scores.keeping import keep_scores
from assessments.scoring import receipts
from assessments.teamwork.area_tasks import Newcomer, assign
from audit import trail
from audit.models import Event
from config.row_security import owner_field
from privacy.models import Disposal
from privacy.policy import policy
from privacy.retention import dispose
from reports import exporting, own_data
from reports.models import Export
from runs import engine
from runs.models import Run
from suppliers.models import PublicRecord
from tests.factories import NOW, create_answer, create_assessment, create_contact, create_document, create_site, create_supplier
from tests.suppliers.files import pdf_bytes
from tests.world import World


SCHEMA = json.loads(own_data.SCHEMA.read_text(encoding="utf-8"))
KINDS = {
    "company.json": "company",
    "documents.json": "documents",
    "labels.json": "labels",
    "pilots.json": "pilots",
    "emissions.json": "emissions",
    "access-log.json": "access_log",
    "manifest.json": "manifest",
    "assessments/": "assessment",
    "questionnaires/": "questionnaire",
}


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def export_of(user: User) -> Export:
    assert user.supplier_id
    export = exporting.request_own_data(supplier_id=user.supplier_id, by=user, at=NOW)
    assert export.run_id
    assert engine.work_off(export.run_id).status == Run.Status.DONE
    export.refresh_from_db()
    return export


def archive_of(export: Export) -> zipfile.ZipFile:
    with export.file.open("rb") as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def read(archive: zipfile.ZipFile, name: str) -> Any:
    return json.loads(archive.read(name))


def described(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Name of a file -> the definition it follows."""
    for name in archive.namelist():
        kind = KINDS.get(name) or KINDS.get(f"{name.partition('/')[0]}/")
        if kind and name.endswith(".json"):
            yield name, kind


def test_every_file_follows_the_published_schema(db):
    world = World()
    archive = archive_of(export_of(world.people["signatory"]))

    checked = set()
    for name, kind in described(archive):
        validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]})
        errors = [f"{name} {error.json_path}: {error.message}" for error in validator.iter_errors(read(archive, name))]
        assert errors == []
        checked.add(kind)
    assert checked == set(SCHEMA["$defs"])


def test_the_answers_come_with_their_earlier_values_and_the_files(owner, colleague):
    assessment = create_assessment(supplier=owner.active_membership.supplier)
    common: dict[str, Any] = {"assessment_id": assessment.pk, "question": "A-01", "note": "", "at": NOW}
    save_answer(value={"value": "no"}, base_version=0, by=owner, **common)
    save_answer(value={"value": "yes"}, base_version=1, by=colleague, **common)
    content = pdf_bytes(b"the bill")
    upload_evidence(assessment_id=assessment.pk, question="A-01", file=ContentFile(content, name="bill.pdf"), by=owner, at=NOW)

    archive = archive_of(export_of(owner))

    whole = read(archive, f"assessments/2026-{assessment.pk}.json")
    assert [(each["value"], each["version"], each["updated_by"]) for each in whole["answers"]] == [({"value": "yes"}, 2, "Colin Colleague")]
    assert whole["earlier_answers"][0]["value"] == {"value": "no"}
    [document] = read(archive, "documents.json")["documents"]
    assert archive.read(document["file"]) == content
    assert whole["evidence"][0]["document"] == document["id"]


@pytest.mark.django_db(transaction=True)
def test_what_a_reviewer_writes_is_in_it_when_the_supplier_has_been_told(owner, reviewer):
    assessment = create_assessment(supplier=owner.active_membership.supplier, submitted_at=NOW, submitted_by=owner)
    create_answer(assessment=assessment, question="A-01")
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    Assessment.objects.filter(pk=assessment.pk).update(status="in_review", reviewer=reviewer)

    def say(outcome: str, reason: str) -> None:
        reviewing.decide(assessment_id=assessment.pk, question="A-01", outcome=outcome, reason=reason, by=reviewer, at=timezone.now())

    def told() -> list[list[str]]:
        whole = read(archive_of(export_of(owner)), f"assessments/2026-{assessment.pk}.json")
        return [[each["reason"] for each in whole[kind]] for kind in ("verdicts", "earlier_verdicts")]

    say("reject_answer", "A first thought.")
    say("query", "Which site?")
    opening.raise_finding(
        assessment_id=assessment.pk, question="A-01", severity="major", text="No meter.", due_on=None, by=reviewer, at=timezone.now()
    )
    assert told() == [[], []]
    archive = archive_of(export_of(owner))
    [finding] = read(archive, f"assessments/2026-{assessment.pk}.json")["findings"]
    assert (finding["origin"], Finding.objects.get().origin) == ("hand", "verdict")
    assert all(b"Which site?" not in archive.read(name) for name in archive.namelist())
    reviewing.return_to_supplier(assessment_id=assessment.pk, reason="One question.", by=reviewer, at=timezone.now())
    assert told() == [["Which site?"], []]

    Assessment.objects.filter(pk=assessment.pk).update(status="in_review", reviewer=reviewer)
    assert told() == [["Which site?"], []]
    say("reject_answer", "A second thought.")
    say("accept", "")
    assert told() == [[], ["Which site?"]]
    reviewing.close(assessment_id=assessment.pk, by=reviewer, at=timezone.now())
    assert told() == [[""], ["Which site?"]]


def test_who_answers_what_and_what_stands_behind_a_reply_are_in_it(owner, colleague, staff):
    supplier = owner.active_membership.supplier
    assessment = create_assessment(supplier=supplier, status="in_progress")
    given = {"assessment_id": assessment.pk, "due_on": NOW.date(), "by": owner, "at": NOW}
    assign(areas=["A"], to=colleague, **given)
    assign(areas=["B"], to=Newcomer("new@bamboo.example", "", "en"), **given)
    record = PublicRecord.objects.create(
        supplier=supplier, authority="An authority", decided_on=NOW.date(), description="A pipe", status="replied",
        answer="Mended.", answered_at=NOW, answered_by=owner,
    )  # fmt: skip
    document = create_document(supplier=supplier)
    record.evidence.create(document=document, added_by=owner, added_at=NOW)

    archive = archive_of(export_of(owner))

    tasks = read(archive, f"assessments/{assessment.campaign.cycle}-{assessment.pk}.json")["area_tasks"]
    assert [(task["area"], task["assignee"], task["email"]) for task in tasks] == [
        ("A", colleague.name, ""),
        ("B", None, "new@bamboo.example"),
    ]
    company = read(archive, "company.json")
    assert company["public_records"][0]["answered_by"] == owner.name
    assert [(each["record"], each["document"]) for each in company["record_evidence"]] == [(record.pk, document.pk)]


def test_the_manifest_holds_the_hash_of_each_file(owner):
    archive = archive_of(export_of(owner))

    manifest = read(archive, "manifest.json")

    assert {each["path"] for each in manifest["files"]} == set(archive.namelist()) - {"manifest.json"}
    assert all(hashlib.sha256(archive.read(each["path"])).hexdigest() == each["sha256"] for each in manifest["files"])


def test_nothing_of_another_supplier_is_in_it(owner):
    other = create_supplier(name_en="Elsewhere Ltd")
    create_site(supplier=other, name="Elsewhere site")
    create_contact(supplier=other, name="Elsewhere contact")
    create_answer(assessment=create_assessment(supplier=other), question="A-01", value={"value": "Elsewhere"})

    archive = archive_of(export_of(owner))

    assert all(b"Elsewhere" not in archive.read(name) for name in archive.namelist())


def test_the_looks_of_the_buyers_people_are_in_it(owner, staff):
    trail.record("supplier.viewed", actor=staff, supplier_id=owner.supplier_id)

    [look] = read(archive_of(export_of(owner)), "access-log.json")["looks"]

    assert (look["who"], look["action"]) == ("Steve Staff", "supplier.viewed")


def test_its_own_people_fetch_it_and_nobody_else(client: Client, owner, colleague, stranger, staff, auditor):
    address = reverse("reports:own_data_file", args=[export_of(owner).pk])
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: NOW)
        for person in (owner, colleague, stranger, staff, auditor):
            client.force_login(person)
            response = client.get(address)
            found[person.name] = response.status_code
            b"".join(getattr(response, "streaming_content", []))

    assert found == {"Olive Owner": 200, "Colin Colleague": 200, "Stan Stranger": 404, "Steve Staff": 403, "Ada Auditor": 403}
    assert set(Event.objects.filter(action="own_data.downloaded").values_list("actor__name", flat=True)) == {
        "Olive Owner",
        "Colin Colleague",
    }
    client.force_login(auditor)
    assert client.get(reverse("reports:export", args=[Export.objects.get().pk])).status_code == 404


def test_it_is_asked_for_on_a_page_and_once_at_a_time(client: Client, owner):
    client.force_login(owner)

    client.post(reverse("reports:own_data"))
    page = client.post(reverse("reports:own_data"), follow=True)

    assert Export.objects.filter(kind=Export.Kind.OWN_DATA).count() == 1
    assert "being put together already" in page.text


def test_the_file_goes_after_its_time_and_the_record_stays(client: Client, owner):
    export = export_of(owner)

    [rule] = policy().entries["reports.Export"].rules
    assert dispose(rule, at=NOW + timedelta(days=7)) == 0
    assert dispose(rule, at=NOW + timedelta(days=7, seconds=1)) == 1

    export.refresh_from_db()
    assert not export.file
    assert Disposal.objects.get().numbers == [str(export.pk)]
    assert export.sha256
    client.force_login(owner)
    assert client.get(reverse("reports:own_data_file", args=[export.pk])).status_code == 404


def test_who_left_the_company_gets_nothing_made(owner, stranger):
    export = exporting.request_own_data(supplier_id=owner.supplier_id, by=owner, at=NOW)
    Membership.objects.filter(pk=owner.active_membership_id).update(supplier=stranger.supplier_id)

    assert export.run_id
    engine.work_off(export.run_id)

    export.refresh_from_db()
    assert export.made_at is None


def test_rows_are_written_one_by_one():
    taken = []

    def rows() -> Iterator[dict[str, int]]:
        for number in range(3):
            taken.append(number)
            yield {"n": number}

    blocks = own_data.json_blocks({"rows": rows(), "one": None})
    next(block for block in blocks if b'"n": 0' in block)

    assert taken == [0]
    assert json.loads(b"{" + b'"rows": [{"n": 0}' + b"".join(blocks)) == {"rows": [{"n": 0}, {"n": 1}, {"n": 2}], "one": None}


def test_a_missing_file_leaves_the_rest_whole(owner):
    assessment = create_assessment(supplier=owner.active_membership.supplier)
    use = upload_evidence(assessment_id=assessment.pk, question="A-01", file=ContentFile(pdf_bytes(), name="bill.pdf"), by=owner, at=NOW)
    Path(use.document.file.path).unlink()

    archive = archive_of(export_of(owner))

    assert not any(name.startswith("files/") for name in archive.namelist())
    assert read(archive, "manifest.json")["supplier"] == owner.supplier_id


def test_each_model_of_a_supplier_is_exported_or_left_out_for_a_reason(db):
    exported = Path(own_data.__file__).read_text(encoding="utf-8")
    left_out = {
        "Standing": "derived from assessments",
        "Risk": "derived from documents and assessments",
        "Export": "a list of exports, this one among them",
        "IssuedDocument": "the buyer's prints of what is here, kept so that none is printed twice",
        "Proposal": "the buyer's deliberation; the step that comes of it is in the ledger",
        "Registration": "what the company wrote is in its particulars",
        "Invitation": "of people who have not come yet",
        "CommentNotice": "mail about comments",
        "QueryNotice": "mail about questions of the review",
        "Notice": "mail about labels",
        "ExpiryWarning": "mail about documents that end",
        "ComeBack": "marks to come back to",
        "Presence": "who is in the form right now",
        "WorkbookUpload": "the person has the file",
        "Interest": "a matter between the buyer and its people",
        "ReviewAssignment": "which of the buyer's people reviews; who decided is in the verdicts",
        "ReviewNotice": "mail to the buyer's people",
        "HeldRecord": "nobody's before a person says whose it is; the record that it becomes is exported",
        "SecondReview": "how the buyer checks its own reviewers; the verdict that counts is exported",
        "SecondVerdict": "how the buyer checks its own reviewers; the verdict that counts is exported",
        "ActivityImport": "the person has the file; what was taken over is exported",
        "Upload": "a file on its way; its document is exported",
        "UploadPart": "a file on its way; its document is exported",
        "BackTestScore": "what a draft of the rules would say; no score of the supplier",
        "StandardTestRow": "what a draft of the standard would say; no label of the supplier",
        "ScoreMark": "a score that is being computed again; its scores are exported",
        "EvaluationMark": "a label that is being evaluated again; its decision is exported",
        "Message": "mail",
        "Event": "the looks of the buyer's people are exported",
    }
    missing = {
        model.__name__
        for model in apps.get_models()
        if not model._meta.label.endswith("Event") and owner_field(model) is not None
        if f"{model.__name__}.objects" not in exported
    }

    assert missing <= set(left_out)


def test_a_score_comes_with_the_receipt_that_computes_it_again(owner):
    assessment = create_assessment(supplier=owner.active_membership.supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    keep_scores([assessment.pk], at=NOW)
    score = Score.objects.get(assessment=assessment)

    archive = archive_of(export_of(owner))

    receipt = read(archive, f"receipts/{assessment.pk}-{score.pk}.json")
    assert receipts.recompute(receipt).declared == score.declared
    assert receipts.verify(receipt) == []
