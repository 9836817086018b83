"""The label evaluation as a run: nightly, and when staff ask for it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from labels import evaluation, ledger, standard_news, standard_testing, standards, units
from labels.dates import ledger_day
from labels.models import LabelEvent, StandardTestRow
from runs.models import Chunk, Run
from runs.registry import ChunkPlan, GiveUp, Job, Result, add_up, job, plan_ids
from suppliers.models import Supplier


logger = logging.getLogger(__name__)

CHUNK = 1_000


@job("evaluate_labels", title=_("Evaluate the green labels"))
class EvaluateLabels(Job):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {
        "suppliers": _("Suppliers evaluated"),
        "decisions_changed": _("Decisions that changed"),
        "ledger_differences": _("Labels that differ from their ledger"),
        **dict(LabelEvent.Kind.choices),
    }

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        # Every chunk judges the same day, also one that is done after midnight.
        on = ledger_day(run.created_at).isoformat()
        ids = Supplier.objects.order_by("pk").values_list("pk", flat=True).iterator()
        return [ChunkPlan({**plan.payload, "on": on}, plan.size) for plan in plan_ids(ids, size=CHUNK)]

    def work(self, run: Run, chunk: Chunk) -> Result:
        on = date.fromisoformat(chunk.payload["on"])
        try:
            tally = evaluation.evaluate(chunk.payload["ids"], on=on, at=timezone.now(), run=run)
        except standards.NoStandardInForce as error:
            raise GiveUp(f"No green standard is in force on {on}.") from error
        return tally.to_json()

    def finish(self, run: Run, results: Sequence[Result]) -> Result:
        """Also counts the labels of each buying unit, and looks whether every label is what its ledger says."""
        units.record_shares(ledger_day(run.created_at))
        different = ledger.differences()
        if different:
            logger.error("Labels that differ from their ledger: suppliers %s", different[:50])
        return {**add_up(results), "ledger_differences": len(different)}


@job("test_standard", title=_("Back-test a green standard"))
class BackTestStandard(Job):
    """Parameters: `test`, the number of the back-test."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"suppliers": _("Suppliers tried"), **dict(StandardTestRow.Move.choices)}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        on = ledger_day(run.created_at).isoformat()
        ids = Supplier.objects.order_by("pk").values_list("pk", flat=True).iterator()
        return [ChunkPlan({**plan.payload, "on": on}, plan.size) for plan in plan_ids(ids, size=CHUNK)]

    def work(self, run: Run, chunk: Chunk) -> Result:
        on = date.fromisoformat(chunk.payload["on"])
        try:
            return standard_testing.judge(chunk.payload["ids"], test_id=run.parameters["test"], on=on, at=run.created_at)
        except standard_testing.DraftChanged as error:
            raise GiveUp("The draft was changed since the test was started.") from error


@job("tell_of_standard", title=_("Tell suppliers of a coming standard"))
class TellOfStandard(Job):
    """Parameters: `standard`. One mail a person."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"queued": _("Mails queued")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return plan_ids(standard_news.suppliers_concerned().iterator(), size=CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        return {"queued": standard_news.tell(run.parameters["standard"], chunk.payload["ids"])}
