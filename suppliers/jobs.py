"""The long jobs of this app: the dry run of an import, the import itself, documents that have ended, warnings and reminders."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from runs.calendar import buyers_day
from runs.engine import ChunkPlan, GiveUp, Job, Result, add_up, job, plan_ids
from runs.models import Chunk, Run
from suppliers import endings, expiry, importing, record_notices
from suppliers.models import Import, ImportRow
from suppliers.tables import UnreadableTable


CHUNK_ROWS = 2000

# The list in work, so that a worker reads it once and not once a chunk: (run, list). Never more than one.
_in_work: dict[int, importing.Prepared] = {}


def prepared_for(run: Run, source: Import) -> importing.Prepared:
    if run.pk not in _in_work:
        _in_work.clear()
        try:
            _in_work[run.pk] = importing.prepare(source)
        except UnreadableTable as error:
            raise GiveUp(" ".join(error.messages)) from error
    return _in_work[run.pk]


class ImportJob(Job):
    labels = dict(ImportRow.Outcome.choices)
    is_dry_run = False

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        source = source_of(run)
        if self.is_overtaken(run, source):
            return []
        importing.forget_findings(source, is_dry_run=self.is_dry_run)
        total = len(prepared_for(run, source).rows)
        starts = range(0, total, CHUNK_ROWS)
        return [ChunkPlan({"from": start, "to": min(start + CHUNK_ROWS, total)}, min(CHUNK_ROWS, total - start)) for start in starts]

    def work(self, run: Run, chunk: Chunk) -> Result:
        source = source_of(run)
        if self.is_overtaken(run, source):
            return {}
        part = slice(chunk.payload["from"], chunk.payload["to"])
        return dict(importing.settle(source, prepared_for(run, source), part, is_dry_run=self.is_dry_run, at=timezone.now()))

    def finish(self, run: Run, results: Sequence[Result]) -> Result:
        _in_work.pop(run.pk, None)
        source, counts = source_of(run), add_up(results)
        if self.is_overtaken(run, source):
            return {}
        importing.record_counts(source.pk, counts, is_dry_run=self.is_dry_run, by=run.started_by, at=timezone.now())
        return counts

    def is_overtaken(self, run: Run, source: Import) -> bool:
        """Staff chose other columns before this dry run had come to its end: only what the newest one finds is theirs to see."""
        return self.is_dry_run and source.dry_run_id != run.pk


@job(importing.CHECK_JOB, title=_("Check a list before its import"))
class CheckImport(ImportJob):
    is_dry_run = True


@job(importing.IMPORT_JOB, title=_("Import a list"))
class ImportList(ImportJob):
    pass


def source_of(run: Run) -> Import:
    return Import.objects.get(pk=run.parameters["import"])


@job("end_documents", title=_("Mark documents that have ended"))
class EndDocuments(Job):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"documents": _("Documents that have ended, or are valid again")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return [ChunkPlan({}, 1)]

    def work(self, run: Run, chunk: Chunk) -> Result:
        return {"documents": endings.mark_ended(on=buyers_day(timezone.now()))}


PEOPLE_A_CHUNK = 500
RECORDS_A_CHUNK = 500


@job("warn_of_expiry", title=_("Warn of documents that end soon"))
class WarnOfExpiry(Job):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"mails": _("Mails queued"), "warnings": _("Warnings given")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return plan_ids(expiry.people_to_warn(timezone.localdate()), size=PEOPLE_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        return dict(expiry.warn(chunk.payload["ids"], on=timezone.localdate(), at=timezone.now()))


@job("remind_of_replies", title=_("Remind suppliers to reply to public records"))
class RemindOfReplies(Job):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"mails": _("Mails queued")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return plan_ids(record_notices.to_remind(timezone.now()), size=RECORDS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        return {"mails": record_notices.remind(chunk.payload["ids"])}
