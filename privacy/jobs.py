"""The nightly run that deletes by age: one piece of work for each rule of the policy."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from privacy.policy import policy
from privacy.retention import dispose
from runs.models import Chunk, Run
from runs.registry import ChunkPlan, Job, Result, job


@job("dispose_by_age", title=_("Delete what is older than the policy allows"))
class DisposeByAge(Job):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"rows": _("Rows deleted or emptied")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return [
            ChunkPlan({"model": model, "rule": place}) for model, entry in policy().entries.items() for place in range(len(entry.rules))
        ]

    def work(self, run: Run, chunk: Chunk) -> Result:
        rule = policy().entries[chunk.payload["model"]].rules[chunk.payload["rule"]]
        return {"rows": dispose(rule, at=timezone.now(), by=run.started_by)}
