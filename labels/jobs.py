"""The label evaluation as a run: nightly, and when staff ask for it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from labels import evaluation, ledger, standards
from labels.dates import ledger_day
from labels.models import LabelEvent
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
        """Also looks whether every label is what its ledger says."""
        different = ledger.differences()
        if different:
            logger.error("Labels that differ from their ledger: suppliers %s", different[:50])
        return {**add_up(results), "ledger_differences": len(different)}
