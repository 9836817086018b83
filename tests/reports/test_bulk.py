"""Many reports at once: complete whatever dies, each printed once, with an index of them."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from accounts.models import User
from assessments import standing
from assessments.models import Assessment
from audit.models import Event
from reports import bulk, issuing, verifying
from reports.models import Export, IssuedDocument
from runs import engine
from runs.models import Chunk, Run
from runs.tasks import sweep
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_supplier
from tests.reports.support import content_of, fetched
from tests.services import Workers, wait_until


@pytest.fixture
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def closed_suppliers(count: int, reviewer: User) -> list[Assessment]:
    campaign = create_campaign()
    made = []
    for number in range(count):
        supplier = create_supplier(name_en=f"Lantern {number} Ltd", category="media")
        handed_in = {"submitted_at": NOW, "submitted_by": reviewer, "closed_at": NOW, "closed_by": reviewer, "reviewer": reviewer}
        assessment = create_assessment(supplier=supplier, campaign=campaign, status="closed", **handed_in)
        create_answer(assessment=assessment, question="A-01")
        made.append(assessment)
    standing.refresh([assessment.supplier_id for assessment in made])
    return made


def asked(by: User, language: str = "en") -> Export:
    return bulk.request_audit_pdfs(query={"category": "media"}, language=language, why={"purpose": "audit"}, by=by, at=timezone.now())


def worked_off(export: Export) -> Run:
    run = engine.work_off(export.run_id)  # type: ignore[arg-type]  # its run was just started
    export.refresh_from_db()
    return run


def refuse_to_print(doomed: Assessment, monkeypatch: pytest.MonkeyPatch) -> None:
    issue = issuing.issue_audit_pdf

    def refuse(*, assessment_id: int, **rest: Any) -> IssuedDocument:
        if assessment_id == doomed.pk:
            raise engine.GiveUp("No room on the disk.")
        return issue(assessment_id=assessment_id, **rest)

    monkeypatch.setattr(issuing, "issue_audit_pdf", refuse)


def index_of(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    """Its lines; every file they name is in the archive, and nothing else."""
    [heading, *rows] = CalamineWorkbook.from_filelike(io.BytesIO(archive.read("index.xlsx"))).get_sheet_by_index(0).to_python()
    lines = [dict(zip(heading, row, strict=True)) for row in rows]
    assert set(archive.namelist()) == {"index.xlsx", *(line["File"] for line in lines if line["File"])}
    return lines


def archive_of(export: Export) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content_of(export)))


def test_a_zip_holds_a_signed_report_a_supplier_and_an_index_of_them(own_media: None, reviewer: User, staff: User) -> None:
    assessments = closed_suppliers(3, reviewer)
    create_supplier(category="media")
    closed_elsewhere = create_supplier(category="events")
    export = asked(staff)

    run = worked_off(export)

    assert (run.status, run.result) == ("done", {"documents": 3})
    with archive_of(export) as archive:
        lines = index_of(archive)
        assert [line["English name"] for line in lines] == ["Lantern 0 Ltd", "Lantern 1 Ltd", "Lantern 2 Ltd"]
        for line in lines:
            pdf = archive.read(line["File"])
            assert IssuedDocument.objects.get(sha256=line["SHA-256"]).content() == pdf
            assert line["English name"] in str(PdfReader(io.BytesIO(pdf)).metadata.title)  # type: ignore[union-attr]
            assert verifying.verify(pdf).is_sound
    exported = Event.objects.filter(action="audit_pdf.exported", actor=staff).values_list("supplier_id", flat=True)
    assert sorted(exported) == sorted(assessment.supplier_id for assessment in assessments)
    assert closed_elsewhere.pk not in exported


def test_each_supplier_in_a_zip_reads_that_it_was_taken(client: Client, own_media: None, reviewer: User, staff: User) -> None:
    assessments = closed_suppliers(2, reviewer)
    export = asked(staff)
    worked_off(export)
    client.force_login(staff)

    fetched(client, reverse("reports:export_file", args=[export.pk]))

    taken = Event.objects.filter(action="audit_pdf.downloaded", supplier_id__isnull=False).values_list("supplier_id", flat=True)
    assert sorted(taken) == sorted(assessment.supplier_id for assessment in assessments)


def test_the_newest_closed_assessment_of_each_supplier_is_printed(own_media: None, reviewer: User, staff: User) -> None:
    [older] = closed_suppliers(1, reviewer)
    newer_campaign = create_campaign(questionnaire=older.campaign.questionnaire, cycle=2027)
    newer = create_assessment(
        supplier=older.supplier, campaign=newer_campaign, status="closed", submitted_at=NOW, submitted_by=reviewer, closed_at=NOW,
        closed_by=reviewer, reviewer=reviewer,
    )  # fmt: skip

    assert list(bulk.Selection({}, user=staff).assessments) == [newer]


def test_a_second_press_finds_the_first(reviewer: User, staff: User) -> None:
    closed_suppliers(1, reviewer)

    assert asked(staff) == asked(staff)
    assert asked(staff, "both") != asked(staff)


def test_what_was_printed_before_is_not_printed_again(
    own_media: None, reviewer: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_suppliers(2, reviewer)
    worked_off(asked(staff))
    monkeypatch.setattr(issuing, "_issue", lambda *args: pytest.fail("it says the same as before"))

    export = asked(staff)

    assert worked_off(export).status == "done"
    with archive_of(export) as archive:
        assert len(archive.namelist()) == 3


def test_what_failed_is_named_in_the_index_and_comes_when_it_is_tried_again(
    own_media: None, reviewer: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_to_print(closed_suppliers(3, reviewer)[1], monkeypatch)
    export = asked(staff)
    run = worked_off(export)

    assert (run.status, run.result) == ("done_with_failures", {"documents": 2})
    with archive_of(export) as archive:
        assert [line["Problem"] for line in index_of(archive)] == ["", "No room on the disk.", ""]

    monkeypatch.undo()
    engine.retry_failed(run_id=run.pk, by=staff, at=timezone.now())
    run = worked_off(export)

    assert (run.status, run.result) == ("done", {"documents": 3})
    with archive_of(export) as archive:
        assert len(archive.namelist()) == 4
    assert len(list(Path(export.file.storage.location).glob("exports/**/*.zip"))) == 1  # type: ignore[attr-defined]


def test_a_run_is_paused_and_goes_on_where_it_was(own_media: None, client: Client, reviewer: User, staff: User) -> None:
    closed_suppliers(3, reviewer)
    export = asked(staff)
    engine.work(export.run_id, slice_seconds=0)  # type: ignore[arg-type]
    run = Run.objects.get(pk=export.run_id)
    assert run.chunks.filter(status=Chunk.Status.DONE).count() == 1
    client.force_login(staff)

    client.post(reverse("runs:pause", args=[run.pk]))
    assert worked_off(export).status == "paused"
    engine.hand_out_again()
    assert run.chunks.filter(status=Chunk.Status.DONE).count() == 1
    assert "Go on" in client.get(reverse("runs:detail", args=[run.pk])).text

    client.post(reverse("runs:resume", args=[run.pk]))
    assert worked_off(export).status == "done"
    assert list(run.chunks.values_list("attempts", flat=True)) == [1, 1, 1]


def test_steps_that_do_not_fit_a_run_change_nothing(client: Client, reviewer: User, staff: User) -> None:
    closed_suppliers(1, reviewer)
    run = asked(staff).run
    assert run is not None
    client.force_login(staff)

    client.post(reverse("runs:resume", args=[run.pk]))
    assert Run.objects.get(pk=run.pk).status == "queued"
    client.post(reverse("runs:cancel", args=[run.pk]))
    client.post(reverse("runs:pause", args=[run.pk]))
    assert Run.objects.get(pk=run.pk).status == "cancelled"


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "²", "\x00", ""])
def test_a_button_leads_to_no_page_but_ours(client: Client, reviewer: User, staff: User, page: str) -> None:
    closed_suppliers(1, reviewer)
    export = asked(staff)
    client.force_login(staff)
    pause = reverse("runs:pause", args=[export.run_id])

    assert client.post(pause, {"next": export.get_absolute_url()})["Location"] == export.get_absolute_url()
    assert client.post(pause, {"next": page})["Location"] == reverse("runs:detail", args=[export.run_id])


def test_who_started_a_run_may_pause_it_and_a_colleague_may_not(client: Client, reviewer: User, auditor: User) -> None:
    closed_suppliers(1, reviewer)
    run = asked(reviewer).run
    assert run is not None

    client.force_login(auditor)
    assert client.post(reverse("runs:pause", args=[run.pk])).status_code == 403
    client.force_login(reviewer)
    client.post(reverse("runs:pause", args=[run.pk]))

    assert Run.objects.get(pk=run.pk).is_paused


def test_the_page_says_what_would_be_printed_and_starts_it(client: Client, reviewer: User, staff: User) -> None:
    closed_suppliers(2, reviewer)
    create_supplier(category="media")
    client.force_login(staff)
    address = f"{reverse('reports:audit_pdfs')}?category=media"

    page = client.get(address).text
    assert "Reports to print" in page
    response = client.post(address, {"language": "zh-hans", "purpose": "audit"})

    export = Export.objects.get()
    assert response["Location"] == export.get_absolute_url()
    assert (export.language, export.parameters) == ("zh-hans", {"query": {"category": "media"}, "why": {"purpose": "audit"}})
    assert client.get(response["Location"]).status_code == 200


def test_nothing_to_print_is_said_and_starts_nothing(client: Client, staff: User) -> None:
    create_supplier(category="media")
    client.force_login(staff)
    address = f"{reverse('reports:audit_pdfs')}?category=media"

    assert "Nothing to print" in client.get(address).text
    assert "there is nothing to print" in client.post(address, {"language": "en", "purpose": "audit"}).text
    assert not Export.objects.exists()


def test_the_page_costs_the_same_for_one_supplier_and_for_many(
    client: Client, reviewer: User, staff: User, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    client.force_login(staff)
    closed_suppliers(1, reviewer)
    with django_assert_max_num_queries(14) as before:
        client.get(reverse("reports:audit_pdfs"))
    closed_suppliers(9, reviewer)

    with django_assert_num_queries(len(before)):
        client.get(reverse("reports:audit_pdfs"))


def is_closed_with_sweeps(run: Run) -> bool:
    sweep.delay()
    run.refresh_from_db()
    return not run.is_open


def test_all_reports_are_there_after_a_worker_was_killed_twice(celery_workers: Workers, reviewer: User, staff: User) -> None:
    closed_suppliers(12, reviewer)
    export = asked(staff)
    run = Run.objects.get(pk=export.run_id)
    doomed = celery_workers.start()
    for done in (2, 5):
        wait_until(lambda done=done: run.chunks.filter(status=Chunk.Status.DONE).count() >= done, seconds=60, what="some reports")
        celery_workers.kill(doomed)
        doomed = celery_workers.start()

    wait_until(lambda: is_closed_with_sweeps(run), seconds=90, what="the run to end")

    export.refresh_from_db()
    assert (run.status, run.result) == ("done", {"documents": 12})
    with archive_of(export) as archive:
        assert len(archive.namelist()) == 13
        assert archive.testzip() is None
    assert Event.objects.filter(action="audit_pdf.exported").count() == 12
    assert IssuedDocument.objects.count() == 12
