"""A round of work for `benchmarks.faults`: scoring, label evaluation, an import, bulk PDF and mails, on suppliers of its own.

`Round.start` begins each of `WORK`; when `Round.is_done`, `Round.problems` says what is not as it should be.
"""

import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pgtrigger
from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from accounts.models import Membership, Message, Role, User
from assessments import standing
from assessments.models import Answer, Assessment, Campaign, QuestionnaireVersion, Score
from audit.models import Event
from labels import ledger, standards
from labels.models import LabelEvent, Notice, Standard
from labels.tasks import tell_of_steps
from labels.transitions import Step
from reports import bulk
from reports.models import Export, IssuedDocument
from runs import engine
from runs.models import Chunk, Run
from suppliers import importing
from suppliers.models import Category, Import, Supplier


WORK = ("scoring", "labels", "reports", "check", "import")
SUPPLIERS = 1_200  # three chunks of scoring, two of labels
LABELLED = 40
REPORTS = 3
LISTED = 2_500  # two chunks of the import
TOLD_EVERY = 2.0  # far more often than beat does it, so that two often tell at once


class World:
    """What all rounds share: the questionnaire in force, a standard, and who asks for it all."""

    def __init__(self, at: datetime) -> None:
        self.questionnaire = QuestionnaireVersion.objects.get()
        self.standard: Standard = standards.load_standard(standards.OURS, by=None, at=at - timedelta(days=300))
        self.staff = User.objects.create(email="staff@faults.example", name="Staff")
        self.staff.active_membership = Membership.objects.create(user=self.staff, role=Role.ESG_STAFF)
        self.staff.save(update_fields=["active_membership"])
        standards.publish(self.standard, by=self.staff, at=at - timedelta(days=300), in_force_from=(at - timedelta(days=299)).date())


class Round:
    def __init__(self, world: World, number: int) -> None:
        self.world, self.name, self.at = world, f"Round{number:04d}", timezone.now()
        self.suppliers = self._make_suppliers()
        self.campaign = self._hand_in()
        self._give_labels()
        self.list_id = self._upload_list()
        self.told_at = 0.0
        self.runs: dict[str, int] = {}

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _make_suppliers(self) -> list[Supplier]:
        made = Supplier.objects.bulk_create(
            Supplier(
                name_en=f"{self.name} {'printed' if number < REPORTS else 'supplier'} {number}",
                country="CN",
                category=Category.SERVICES,
                headcount_band="medium",
                state=Supplier.State.ACTIVE,
            )
            for number in range(SUPPLIERS)
        )
        people = User.objects.bulk_create(
            User(email=f"{self.name}.{number}@faults.example".lower(), name=f"Person {number}") for number in range(LABELLED)
        )
        hats = Membership.objects.bulk_create(
            Membership(user=user, role=Role.SUPPLIER_SIGNATORY, supplier=supplier) for user, supplier in zip(people, made, strict=False)
        )
        for user, hat in zip(people, hats, strict=True):
            user.active_membership = hat
        User.objects.bulk_update(people, ["active_membership"])
        return made

    def _hand_in(self) -> Campaign:
        """Two answers each: this is about chunks, not about scoring."""
        day, staff = self.at.date(), self.world.staff
        campaign = Campaign.objects.create(
            title_en=self.name,
            title_zh=self.name,
            questionnaire=self.world.questionnaire,
            cycle=self.at.year,
            opens_on=day,
            due_on=day + timedelta(days=30),
            status=Campaign.Status.OPEN,
            launched_at=self.at,
        )
        handed_in = {"created_at": self.at, "submitted_at": self.at, "submitted_by": staff, "due_on": campaign.due_on}
        closed = {"status": Assessment.Status.CLOSED, "closed_at": self.at, "closed_by": staff, "reviewer": staff}
        made = Assessment.objects.bulk_create(
            Assessment(
                supplier=supplier,
                campaign=campaign,
                **{"status": Assessment.Status.SUBMITTED} | handed_in | (closed if number < REPORTS else {}),
            )
            for number, supplier in enumerate(self.suppliers)
        )
        with pgtrigger.ignore("assessments.Answer:handed_in_stays"):
            Answer.objects.bulk_create(
                Answer(assessment=assessment, question=question, value={"value": value}, updated_at=self.at)
                for assessment in made
                for question, value in (("T-13", "yes"), ("E1-02", "no"))
            )
        standing.refresh([supplier.pk for supplier in self.suppliers[:REPORTS]])
        return campaign

    def _upload_list(self) -> int:
        lines = "".join(f"{self.name} listed {number},CN,services\n" for number in range(LISTED))
        data, name = f"English name,Country,Category\n{lines}".encode(), f"{self.name}.csv"
        return importing.upload(kind=Import.Kind.SUPPLIERS, data=data, name=name, by=self.world.staff, at=self.at).pk

    def _give_labels(self) -> None:
        """Awarded long ago, and not earned any more: the evaluation takes one step."""
        before = self.at - timedelta(days=100)
        day = before.date()
        for supplier in self.suppliers[:LABELLED]:
            step = Step("awarded", "green", self.world.standard.pk, "criteria_met", day, day, day + timedelta(days=365))
            ledger.record(step, supplier_id=supplier.pk, snapshot={}, at=before)

    # --- work ---------------------------------------------------------------------------------------------------------

    def start(self, name: str) -> bool:
        """False while it is too early. Each start is one transaction: asked again after an error, it goes on where that one ended."""
        if name == "import" and ("check" not in self.runs or self._run("check").is_open):
            return False
        self.runs[name] = getattr(self, f"_start_{name}")().pk
        return True

    def _start_scoring(self) -> Run:
        return self._start("score_portfolio", campaign=self.campaign.pk)

    def _start_labels(self) -> Run:
        return self._start("evaluate_labels", round=self.name)

    def _start(self, kind: str, **parameters: Any) -> Run:
        return engine.start(kind, parameters=parameters, by=self.world.staff, at=timezone.now())

    def _start_reports(self) -> Run:
        query, why = {"q": f"{self.name} printed"}, {"purpose": "audit"}
        export = bulk.request_audit_pdfs(query=query, language="en", why=why, by=self.world.staff, at=timezone.now())
        return Run.objects.get(pk=export.run_id or 0)

    def _start_check(self) -> Run:
        return importing.check(source_id=self.list_id, by=self.world.staff, at=timezone.now())

    def _start_import(self) -> Run:
        with suppress(importing.AlreadyImported):  # begun, and its answer got lost
            return importing.begin(source_id=self.list_id, by=self.world.staff, at=timezone.now())
        return Run.objects.get(pk=Import.objects.get(pk=self.list_id).run_id or 0)

    def _run(self, name: str) -> Run:
        return Run.objects.get(pk=self.runs[name])

    def is_done(self) -> bool:
        """And tells people of the steps of their labels, as beat does."""
        if time.monotonic() - self.told_at > TOLD_EVERY:
            tell_of_steps.delay()
            self.told_at = time.monotonic()
        if len(self.runs) < len(WORK) or Run.objects.open().filter(started_by=self.world.staff).exists():
            return False
        untold = LabelEvent.objects.filter(supplier__in=self.suppliers[:LABELLED]).exclude(pk__in=Notice.objects.values("event"))
        return not untold.exists() and not Message.objects.filter(status=Message.Status.QUEUED).exists()

    def interrupted(self) -> int:
        """Pieces of work that were begun more than once."""
        return Chunk.objects.filter(run__in=self.runs.values(), attempts__gt=1).count()

    # --- proof --------------------------------------------------------------------------------------------------------

    def problems(self) -> Iterator[str]:
        for name, pk in self.runs.items():
            run = Run.objects.get(pk=pk)
            if run.status != Run.Status.DONE:
                yield f"the run of {name} is {run.status}: {run.error} {list(run.chunks.exclude(error='').values_list('error', flat=True))}"
        yield from self._scores()
        yield from self._labels()
        yield from self._imported()
        yield from self._reports()

    def _scores(self) -> Iterator[str]:
        scores = Score.objects.filter(assessment__campaign=self.campaign).values("assessment").annotate(times=Count("pk"))
        times = Counter(row["times"] for row in scores)
        if times != {1: SUPPLIERS}:
            yield f"scores of an assessment: {dict(times)}"
        if different := standing.differences():
            yield f"{len(different)} standings differ from what they are derived from"

    def _labels(self) -> Iterator[str]:
        """Warned, or suspended where the score came first; each once, and each told of once."""
        labelled = [supplier.pk for supplier in self.suppliers[:LABELLED]]
        steps = Counter(LabelEvent.objects.filter(supplier__in=labelled, number__gt=1).values_list("supplier", "kind"))
        if {supplier for supplier, _ in steps} != set(labelled) or set(steps.values()) != {1}:
            yield f"steps of {len(steps)} labels: {dict(Counter(steps.values()))}"
        noticed = LabelEvent.objects.filter(supplier__in=labelled, number__gt=1, pk__in=Notice.objects.values("event")).count()
        mails = Message.objects.filter(kind="label_steps", supplier__in=labelled).values_list("email", "context")
        told = Counter((email, step) for email, context in mails for step in context["label_steps"])
        if len(told) != noticed or set(told.values()) != {1}:
            yield f"{len(told)} of {noticed} steps were told, so many times: {dict(Counter(told.values()))}"
        if different := ledger.differences():
            yield f"{len(different)} labels differ from their ledger"

    def _imported(self) -> Iterator[str]:
        listed = Supplier.objects.filter(name_en__startswith=f"{self.name} listed ")
        if (found := listed.count()) != LISTED or listed.values("name_en").distinct().count() != LISTED:
            yield f"{found} of {LISTED} suppliers are there after the import"
        counts = Import.objects.get(pk=self.list_id).counts.get("import", {})
        if counts.get("created") != LISTED:
            yield f"the import says {counts}"
        if (events := Event.objects.filter(action="suppliers.imported", target_id=str(self.list_id)).count()) != 1:
            yield f"the import is {events} times in the trail"

    def _reports(self) -> Iterator[str]:
        export = Export.objects.get(run=self.runs["reports"])
        printed = Event.objects.filter(action="audit_pdf.exported", detail__export=export.pk).count()
        issued = IssuedDocument.objects.filter(supplier__in=self.suppliers[:REPORTS]).count()
        if (printed, issued) != (REPORTS, REPORTS):
            yield f"{printed} reports in the trail and {issued} issued instead of {REPORTS}"
        if not export.file:
            yield "the ZIP of reports is missing"
            return
        with export.file.open("rb") as file, zipfile.ZipFile(file) as archive:
            if len(archive.namelist()) != REPORTS + 1 or archive.testzip():
                yield f"the ZIP of reports holds {archive.namelist()}"


def mail_problems() -> Iterator[str]:
    """A mail that was sent is there once; one whose worker died while it was being sent, at most once."""
    written = Counter(name for path in Path(str(settings.EMAIL_FILE_PATH)).iterdir() for name in _message_ids(path.read_bytes()))
    for name, times in written.items():
        if times > 1:
            yield f"{name} went out {times} times"
    sent = set(Message.objects.filter(status=Message.Status.SENT).values_list("pk", flat=True))
    missing = [pk for pk in sent if not any(name.startswith(f"<message-{pk}@") for name in written)]
    if missing:
        yield f"{len(missing)} messages are marked as sent and were never written"


def _message_ids(content: bytes) -> Iterator[str]:
    for part in content.split(b"-" * 79):
        if name := message_from_bytes(part.strip())["Message-ID"]:
            yield name


def mails_sent() -> int:
    return Message.objects.filter(status=Message.Status.SENT).count()
