"""The long jobs of this app."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from pilots import appraisal, late_data
from runs.calendar import buyers_day
from runs.models import Chunk, Run
from runs.registry import ChunkPlan, Job, Result, job, plan_ids


AGREEMENTS_A_CHUNK = 5


@job("appraise_pilots", title=_("Calculate the appraisals of pilots"))
class AppraisePilots(Job):
    """Parameters: `agreement`, the only one to look at; none for all that are due."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"appraisals": _("Appraisals calculated")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        asked = run.parameters.get("agreement")
        return plan_ids([asked] if asked else appraisal.to_appraise(at=timezone.now()), size=AGREEMENTS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        at = timezone.now()
        return {"appraisals": sum(appraisal.calculate_appraisals(agreement_id=pk, at=at) for pk in chunk.payload["ids"])}


@job("remind_of_pilot_data", title=_("Remind of missing data of pilots"))
class RemindOfPilotData(Job):
    labels: ClassVar[Mapping[str, StrOrPromise]] = {"mails": _("Mails queued")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return plan_ids(late_data.to_remind(), size=AGREEMENTS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        return {"mails": late_data.remind(chunk.payload["ids"], on=buyers_day(timezone.now()))}
