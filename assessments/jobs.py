"""The long jobs of this app: scoring the portfolio, inviting the suppliers of a campaign, reminding, measuring times."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from runs.models import Chunk, Run
from runs.registry import ChunkPlan, GiveUp, Job, Result, add_up, job, plan_ids


# Large enough that the statements of a chunk cost little for one assessment, small enough for an even end on two workers.
ASSESSMENTS_A_CHUNK = 500
ADDRESSES_A_CHUNK = 500
REMINDED_A_CHUNK = 100
FINDINGS_A_CHUNK = 1000


@job("score_portfolio", title=_("Score the portfolio"))
class ScorePortfolio(Job):
    """Parameters: `campaign` limits the run to one campaign."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {
        "scored": _("Assessments scored"),
        "changed": _("Scores that changed"),
        "without_score": _("Assessments that cannot be scored"),
        "findings_opened": _("Findings opened"),
        "findings_withdrawn": _("Findings withdrawn"),
        "standings_repaired": _("Portfolio rows repaired"),
    }

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.scores.keeping import to_be_scored

        return plan_ids(to_be_scored(campaign_id=run.parameters.get("campaign")), size=ASSESSMENTS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.scores.keeping import keep_scores

        return keep_scores(chunk.payload["ids"], at=timezone.now(), run_id=run.pk).figures()

    def finish(self, run: Run, results: Sequence[Result]) -> Result:
        from assessments import standing

        # Whatever was changed past the code (a repair by hand) is put right once a run, and counted.
        return {**add_up(results), "standings_repaired": standing.refresh_all()}


@job("check_scores", title=_("Check a sample of the scores"))
class CheckScores(Job):
    """Computes stored scores again and compares digit by digit. A difference is told to the ESG staff and on the dashboard."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {
        "checked": _("Scores checked"),
        "different": _("Scores that differ from what was stored"),
    }

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.scores.freshness import sample

        return plan_ids(sample(run.pk), size=ASSESSMENTS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.scores.freshness import differing

        ids = chunk.payload["ids"]
        found = differing(ids, at=timezone.now())
        return {"checked": len(ids), "different": len(found), "ids": found}

    def finish(self, run: Run, results: Sequence[Result]) -> Result:
        from assessments.scores.freshness import raise_alarm

        found = [pk for result in results for pk in result["ids"]]
        if found:
            raise_alarm(run, found)
        return {"checked": sum(result["checked"] for result in results), "different": len(found), "ids": found}


@job("back_test", title=_("Back-test a questionnaire"))
class RunBackTest(Job):
    """Parameters: `back_test`."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {
        "tested": _("Assessments scored"),
        "gain": _("Would gain"),
        "lose": _("Would lose"),
        "labels": _("Labels that would change"),
    }

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.models import BackTest
        from assessments.publication.back_testing import to_be_tested

        back_test = BackTest.objects.select_related("questionnaire").get(pk=run.parameters["back_test"])
        return plan_ids(to_be_tested(back_test.questionnaire), size=ASSESSMENTS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.publication import back_testing

        try:
            return back_testing.score_anew(chunk.payload["ids"], back_test_id=run.parameters["back_test"], at=timezone.now())
        except back_testing.RulesChanged as error:
            raise GiveUp("The draft was loaded over since this back-test was started.") from error


@job("assign_reviews", title=_("Give the waiting reviews to reviewers"))
class AssignReviews(Job):
    """What was handed in and is nobody's, by the assignment rules."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"assigned": _("Reviews given to a reviewer")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.reviewers.assigning import unassigned

        return plan_ids(unassigned().values_list("pk", flat=True), size=ASSESSMENTS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.reviewers.assigning import assign_by_rules

        return {"assigned": assign_by_rules(chunk.payload["ids"], at=timezone.now())}


@job("draw_second_reviews", title=_("Draw the second reviews"))
class DrawSecondReviews(Job):
    """A campaign a chunk: what was not drawn when it came in, and the minimum of each category and reviewer."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"drawn": _("Cases drawn for a second review")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.reviewers.drawing import campaigns_with_sample

        return plan_ids(campaigns_with_sample(), size=1)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.reviewers.drawing import draw_all

        [campaign] = chunk.payload["ids"]
        return {"drawn": draw_all(campaign, at=timezone.now())}


@job("remind_reviewers", title=_("Remind of reviews that are due"))
class RemindReviewers(Job):
    """A chunk for each person who has something new that is due, and one for the ESG staff."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"queued": _("Mails queued"), "escalated": _("Overdue reviews told to the ESG staff")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.reviewers.reminders import to_be_reminded

        yield from (ChunkPlan({"person": person}) for person in to_be_reminded(at=timezone.now()))
        yield ChunkPlan({"person": None})

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.reviewers import reminders

        if chunk.payload["person"] is None:
            return {"escalated": reminders.escalate(at=timezone.now())}
        return {"queued": reminders.remind(chunk.payload["person"], at=timezone.now())}


@job("reassign_reviews", title=_("Give reviews to another reviewer"))
class ReassignReviews(Job):
    """Parameters: `ids`, `to` and `reason`. In the name of who started it."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {
        "moved": _("Reviews that changed hands"),
        "conflicts": _("Left because of a conflict of interest"),
    }

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return plan_ids(run.parameters["ids"], size=ASSESSMENTS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from accounts.models import User
        from assessments.reviewers import assigning

        if run.started_by is None:
            raise GiveUp("Reviews are reassigned by a person.")
        to, reason = User.objects.get(pk=run.parameters["to"]), run.parameters["reason"]
        try:
            done = assigning.reassign(ids=chunk.payload["ids"], to=to, reason=reason, by=run.started_by, at=timezone.now())
        except assigning.Unavailable as error:
            raise GiveUp("The person does not review, or is away.") from error
        return {"moved": done.moved, "conflicts": done.conflicts}


@job("send_invitations", title=_("Send the invitations of a campaign"))
class SendInvitations(Job):
    """Parameters: `campaign`. Queues one message for each address that has none for this campaign yet; accounts delivers them."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"queued": _("Mails queued"), "invited": _("People invited to open an account")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.campaigns.invitations import parts

        campaign = run.parameters["campaign"]
        for part, of, size in parts(campaign, size=ADDRESSES_A_CHUNK):
            yield ChunkPlan({"campaign": campaign, "part": part, "of": of}, size)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.campaigns.invitations import queue_part

        payload = chunk.payload
        return queue_part(payload["campaign"], part=payload["part"], of=payload["of"])


@job("remind_of_areas", title=_("Remind people of their areas"))
class RemindOfAreas(Job):
    """Queues one message for each person with an area that is due soon and not complete."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"queued": _("Mails queued")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.teamwork.area_tasks import to_be_reminded

        return plan_ids(to_be_reminded(timezone.localdate()), size=REMINDED_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.teamwork.area_tasks import remind

        return {"queued": remind(chunk.payload["ids"], today=timezone.localdate())}


@job("remind_of_returns", title=_("Remind of returned assessments"))
class RemindOfReturns(Job):
    """The supplier before and after its deadline, the reviewer of what the supplier has answered; each once."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"queued": _("Mails queued")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.submission.returning import to_be_reminded

        return plan_ids(to_be_reminded(timezone.now()), size=REMINDED_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.submission.returning import remind

        return {"queued": remind(chunk.payload["ids"], at=timezone.now())}


@job("measure_answer_times", title=_("Measure how long answering takes"))
class MeasureAnswerTimes(Job):
    """One chunk for each questionnaire that is being asked."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"measured": _("Questions with enough measured answers")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.models import Campaign, QuestionnaireVersion

        asked = QuestionnaireVersion.objects.filter(campaigns__status=Campaign.Status.OPEN).distinct()
        return plan_ids(asked.order_by("pk").values_list("pk", flat=True), size=1)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.answering.answer_times import measure

        [questionnaire] = chunk.payload["ids"]
        return {"measured": measure(questionnaire, at=timezone.now())}


@job("attach_workbook_files", title=_("Attach the files of a workbook"))
class AttachWorkbookFiles(Job):
    """Parameters: `upload`, and `files`, each with the answer it goes to. A file a chunk: one that is large keeps no other waiting."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"attached": _("Files attached"), "refused": _("Files refused")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        return [ChunkPlan({"file": file}) for file in run.parameters["files"]]

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.workbook.evidence import attach

        if run.started_by is None:
            raise GiveUp("Evidence is attached by a person.")
        return attach(upload_id=run.parameters["upload"], file=chunk.payload["file"], by=run.started_by, at=timezone.now())


@job("tell_of_rules", title=_("Tell suppliers of coming rules"))
class TellOfRules(Job):
    """Parameters: `version`. One mail a person, that the version was announced, or that it was withdrawn."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"queued": _("Mails queued")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.models import QuestionnaireVersion
        from assessments.publication.news import suppliers_concerned

        version = QuestionnaireVersion.objects.only("key").get(pk=run.parameters["version"])
        return plan_ids(suppliers_concerned(version).iterator(), size=ADDRESSES_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.publication.news import tell

        return {"queued": tell(run.parameters["version"], chunk.payload["ids"])}


@job("escalate_findings", title=_("Escalate overdue findings"))
class EscalateFindings(Job):
    """One mail a person for a chunk: as a rule, the findings of a day are one."""

    labels: ClassVar[Mapping[str, StrOrPromise]] = {"escalated": _("Findings escalated"), "mails": _("Mails queued")}

    def plan(self, run: Run) -> Iterable[ChunkPlan]:
        from assessments.findings.escalation import to_escalate

        return plan_ids(to_escalate(timezone.localdate()), size=FINDINGS_A_CHUNK)

    def work(self, run: Run, chunk: Chunk) -> Result:
        from assessments.findings.escalation import escalate

        return dict(escalate(chunk.payload["ids"], on=timezone.localdate(), at=timezone.now()))
