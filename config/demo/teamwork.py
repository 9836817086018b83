"""The showcase supplier's two people at work on its open assessment: areas shared, a talk about a question, questions put off."""

from datetime import datetime, timedelta

from accounts.models import Role
from assessments.answering.worksheet import open_worksheet
from assessments.models import AreaTask, Assessment, ComeBack, Comment
from config.demo.people import Cast


TALK = (
    (Role.SUPPLIER_CONTRIBUTOR, "林总，这一题我手头没有资料，是行政部还是法务部负责？", 27),
    (Role.SUPPLIER_SIGNATORY, "法务部有。我让他们今天把资料发给你，你先填别的。", 26),
)


def create(supplier_id: int, cast: Cast, *, at: datetime) -> None:
    """Rows alone: nobody of the demo is waiting for a mail."""
    open_ones = Assessment.objects.open_for_answers().filter(supplier=supplier_id).select_related("campaign", "supplier")
    assessment = open_ones.order_by("-created_at", "-pk").first()
    if assessment is None:
        return
    signatory, contributor = cast.by_role[Role.SUPPLIER_SIGNATORY], cast.by_role[Role.SUPPLIER_CONTRIBUTOR]
    worksheet = open_worksheet(assessment)
    left = worksheet.unanswered
    areas = list(dict.fromkeys(question.area for question in left))
    for number, area in enumerate(areas):
        AreaTask.objects.create(
            assessment=assessment,
            area=area,
            assignee=contributor if number % 2 == 0 else signatory,
            due_on=min(assessment.due_on, at.date() + timedelta(days=10 + 4 * number)),
            assigned_by=signatory,
            assigned_at=at - timedelta(days=3),
        )
    for question in left[1:4:2]:
        ComeBack.objects.create(assessment=assessment, question=question.code, marked_by=contributor, marked_at=at - timedelta(hours=30))
    for role, text, hours in TALK if len(left) > 1 else ():
        Comment.objects.create(
            assessment=assessment, question=left[1].code, text=text, by=cast.by_role[role], at=at - timedelta(hours=hours)
        )
