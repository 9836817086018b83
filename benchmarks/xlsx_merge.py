"""`xlsx_merge`: a filled-in workbook of every question read, compared with what stands and saved, beside reading and one COPY of the rows.

Ours: what an upload and the click on "Save" do: the file looked through and read, every cell cleaned, base values found, merged field by
field, every answer saved over its version, with its history and the trail; committed.
The limit: the same file read by the same library, and the same answers copied into a twin of their table; committed.
"""

import io
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import User
from assessments.models import Answer, Assessment
from assessments.questionnaires import answers
from assessments.questionnaires.questions import NOTE, Question, Text
from assessments.rules import rulesets
from assessments.workbook import uploads
from assessments.workbook.layout import Slot
from assessments.workbook.writing import Copy, Stored, write
from benchmarks.bench import Bench
from benchmarks.measuring import Measured, copied_out, copy_in, in_turns, seconds
from benchmarks.seed import answered_campaign


def measure(bench: Bench) -> Measured:
    """`n` is the number of answers saved in each round."""
    assessment = _opened()
    by = User.objects.filter(active_membership__supplier=assessment.supplier_id).first() or User.objects.order_by("pk")[0]
    files = [_filled_in(assessment, number, by) for number in range(1, bench.rounds + 1)]
    columns = ", ".join(str(field.column) for field in Answer._meta.concrete_fields)
    rows = copied_out(f"SELECT {columns} FROM assessments_answer WHERE assessment_id = %s", [assessment.pk])  # noqa: S608 - our own columns

    def limit(number: int) -> float:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE bench_answer")
        return seconds(lambda: _read_and_copy(files[number], columns, rows))

    # The first copy compiles the questionnaire and reads its words.
    download = min(seconds(lambda: uploads.copy_of(assessment, by=by, at=timezone.now())) for _ in range(bench.rounds + 1))
    counts: list[int] = []
    ours, bare = in_turns(
        bench.rounds, ours=lambda number: seconds(lambda: counts.append(_merge(assessment, files[number], by))), limit=limit
    )
    if set(counts) != {len(rulesets.questionnaire_of(assessment.campaign.questionnaire_id).questions)}:
        raise RuntimeError(f"Not every answer was saved: {counts}")
    return Measured(ours, bare, counts[0], {"download": download, "merge": ours})


def _opened() -> Assessment:
    assessment = answered_campaign().assessments.select_related("campaign", "supplier").order_by("pk")[0]
    Assessment.objects.filter(pk=assessment.pk).update(status=Assessment.Status.RETURNED)
    assessment.refresh_from_db(fields=["status"])
    return assessment


def _filled_in(assessment: Assessment, number: int, by: User) -> bytes:
    """The workbook as it comes back in this round: every answer with another note. Each round saves over the one before."""
    questionnaire = rulesets.questionnaire_of(assessment.campaign.questionnaire_id)
    stored = {answer.question: answer for answer in Answer.objects.filter(assessment=assessment, site=None)}
    filled = {
        Slot(question.code): Stored(_noted(question, stored[question.code].value, number), stored[question.code].version + number - 1)
        for question in questionnaire.questions
    }
    name = Text(assessment.supplier.name_en, assessment.supplier.name_zh)
    return write(
        Copy(
            assessment=assessment.pk,
            created=assessment.created_at.isoformat(),
            questionnaire=questionnaire,
            questions=questionnaire.questions,
            sites={},
            answers=filled,
            company=name,
            title=name,
            due_on=assessment.due_on,
            by=by.name,
            at=timezone.now(),
        )
    )


def _noted(question: Question, value: Mapping[str, Any], number: int) -> dict[str, Any]:
    return answers.clean(question, {**value, NOTE: f"Checked again, round {number}"}).value


def _merge(assessment: Assessment, data: bytes, by: User) -> int:
    now = timezone.now()
    upload = uploads.keep(assessment=assessment, data=data, name="copy.xlsx", by=by, at=now)
    seen = {str(each.slot): each.now.version for each in uploads.merges_of(upload)}
    return len(uploads.apply(upload_id=upload.pk, seen=seen, choices={}, by=by, at=now).saved)


def _read_and_copy(data: bytes, columns: str, rows: bytes) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()
    copy_in("bench_answer", columns, rows)
