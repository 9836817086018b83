"""Inventories as a run: every night, and when staff ask for it."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from emissions.inventory import calculate_inventories
from emissions.models import ActivityRecord
from runs.calendar import buyers_day
from runs.models import Chunk, Run
from runs.registry import ChunkPlan, Job, Result, job, plan_ids
from suppliers.models import Supplier


# Of 120 rows of activity data each, some twelve thousand at a time: five times as many would have each worker renewed for its memory.
CHUNK = 100


@job("calculate_inventories", title=_("Calculate the inventories"))
class CalculateInventories(Job):
    """Parameters: `year`, a fiscal year; without it the last two. Nothing changes unless data were written past the pages."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {
        "suppliers": _("Suppliers calculated"),
        "changed": _("Inventories that changed"),
        "removed": _("Inventories without activity data, taken back"),
    }

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        this_year = buyers_day(run.created_at).year
        years = [run.parameters["year"]] if "year" in run.parameters else [this_year - 1, this_year]
        ids = list(
            Supplier.objects.filter(Exists(ActivityRecord.objects.filter(supplier=OuterRef("pk"))))
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        return [ChunkPlan({**plan.payload, "year": year}, plan.size) for year in years for plan in plan_ids(ids, size=CHUNK)]

    def work(self, run: Run, chunk: Chunk) -> Result:
        found = calculate_inventories(supplier_ids=chunk.payload["ids"], year=chunk.payload["year"], at=timezone.now())
        return {"suppliers": len(found.inventories), "changed": found.changed, "removed": found.removed}
