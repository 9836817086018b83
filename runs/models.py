from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from runs.registry import labels_of, title_of


if TYPE_CHECKING:
    from accounts.models import User


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.RUN_VIEW):
            return self
        return self.filter(started_by=user)

    def for_list(self) -> Self:
        return self.select_related("started_by").order_by("-created_at", "-pk")

    def open(self) -> Self:
        return self.filter(status__in=[Run.Status.QUEUED, Run.Status.RUNNING, Run.Status.PAUSED])


class Run(models.Model):
    """A long job: what was asked, by whom, how far it is. Its chunks hold the work; the broker only wakes the workers."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        DONE_WITH_FAILURES = "done_with_failures", _("Done with failures")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(_("kind"), max_length=40, help_text="a name registered with runs.engine")
    title = models.CharField(_("title"), max_length=200, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.QUEUED)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    total = models.PositiveIntegerField(_("total"), default=0)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="run_newest"),
            models.Index(fields=["kind", "-created_at"], name="run_kind"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "paused", "done", "done_with_failures", "failed", "cancelled"]),
                name="run_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("runs:detail", args=[self.pk])

    @property
    def reason(self) -> str:
        return _in_words(self.error)

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.RUNNING, self.Status.PAUSED)

    @property
    def is_paused(self) -> bool:
        return self.status == self.Status.PAUSED

    @property
    def may_be_paused(self) -> bool:
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)

    @property
    def may_be_retried(self) -> bool:
        return self.status in (self.Status.FAILED, self.Status.DONE_WITH_FAILURES)

    @property
    def name(self) -> str:
        """The title it was given, or its kind in the reader's language."""
        return self.title or self.job

    @property
    def job(self) -> str:
        return str(title_of(self.kind))

    @cached_property
    def progress(self) -> "Progress":
        return progress_of([self])[self.pk]

    @property
    def duration(self) -> timedelta | None:
        if self.started_at and self.finished_at:
            return self.finished_at - self.started_at
        return None

    @property
    def duration_in_words(self) -> str:
        if self.duration is None:
            return ""
        seconds = self.duration.total_seconds()
        if seconds < 60:
            return gettext("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
        minutes, rest = divmod(round(seconds), 60)
        if minutes >= 60:
            return gettext("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}
        return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}

    @property
    def result_lines(self) -> list[tuple[str, object]]:
        """What the run brought, figure by figure, in words; parts that are not a figure or a text are for other pages."""
        labels = labels_of(self.kind)
        return [(str(labels.get(key, key)), value) for key, value in self.result.items() if isinstance(value, int | str)]


class ChunkQuerySet(models.QuerySet["Chunk"]):
    def ready(self, at: datetime) -> Self:
        return self.filter(Q(not_before__isnull=True) | Q(not_before__lte=at), status=Chunk.Status.WAITING)

    def unfinished(self) -> Self:
        return self.filter(status__in=[Chunk.Status.WAITING, Chunk.Status.CLAIMED])

    def abandoned(self, before: datetime) -> Self:
        """Claimed a while ago; whether somebody works on them, the lock on their row says (see runs.engine)."""
        return self.filter(status=Chunk.Status.CLAIMED, claimed_at__lt=before)


class Chunk(models.Model):
    """A piece of a run. Claimed by one worker at a time, idempotent, and handed out again when its worker died."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CLAIMED = "claimed", _("In work")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    payload = models.JSONField(default=dict)
    size = models.PositiveIntegerField(default=1, help_text="items in this chunk, for the progress bar")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True, help_text="a chunk that failed waits until then")
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="chunk_number_once"),
            models.CheckConstraint(condition=Q(status__in=["waiting", "claimed", "done", "failed"]), name="chunk_status_known"),
        ]
        indexes = [
            models.Index(fields=["run", "status"], name="chunk_run_status"),
            models.Index(fields=["claimed_at"], condition=Q(status="claimed"), name="chunk_claimed"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"

    @property
    def reason(self) -> str:
        return _in_words(self.error)


def _in_words(error: str) -> str:
    """In the reader's language where it is one of the known reasons (runs/disk.py)."""
    return gettext(error) if error else ""


@dataclass(frozen=True)
class Progress:
    """How far a run is, in items; chunks in work count when they are done."""

    total: int
    done: int = 0
    failed: int = 0
    chunks: int = 0
    chunks_in_work: int = 0
    chunks_failed: int = 0

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


def progress_of(runs: Iterable[Run]) -> dict[int, Progress]:
    """One query for any number of runs."""
    totals = {run.pk: run.total for run in runs}
    status = Chunk.Status
    counted = (
        Chunk.objects.filter(run_id__in=totals)
        .values("run_id")
        .annotate(
            done=Coalesce(Sum("size", filter=Q(status=status.DONE)), 0),
            failed=Coalesce(Sum("size", filter=Q(status=status.FAILED)), 0),
            chunks=Count("pk"),
            chunks_in_work=Count("pk", filter=Q(status=status.CLAIMED)),
            chunks_failed=Count("pk", filter=Q(status=status.FAILED)),
        )
        .order_by()
    )
    progress = {pk: Progress(total=total) for pk, total in totals.items()}
    for row in counted:
        pk = row["run_id"]
        progress[pk] = Progress(
            total=totals[pk],
            done=row["done"],
            failed=row["failed"],
            chunks=row["chunks"],
            chunks_in_work=row["chunks_in_work"],
            chunks_failed=row["chunks_failed"],
        )
    return progress


def load_progress(runs: Iterable[Run]) -> None:
    """Fills in `run.progress` of a page of runs."""
    runs = list(runs)
    progress = progress_of(runs)
    for run in runs:
        run.progress = progress[run.pk]


class TaskOutcome(models.Model):
    """How a scheduled task that is no run went the last time. Runs keep their own result."""

    task = models.CharField(max_length=200, primary_key=True)
    finished_at = models.DateTimeField(_("finished"))
    succeeded = models.BooleanField(_("succeeded"))
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("outcome of a scheduled task")
        verbose_name_plural = _("outcomes of scheduled tasks")

    def __str__(self) -> str:
        return self.task
