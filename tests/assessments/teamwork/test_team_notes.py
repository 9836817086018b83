"""What one statement reads for all pages: all of it for the supplier's own people, none of it for others."""

from datetime import timedelta

from assessments.models import AnswerTime, AreaTask, ComeBack, Comment, Presence
from assessments.teamwork.team_notes import Given, Notes, Talk, notes_of
from tests.factories import NOW, create_assessment


def test_notes_are_for_the_suppliers_people_and_times_for_all(supplier, owner, colleague, staff, stranger):
    assessment = create_assessment(supplier=supplier)
    due_on = NOW.date() + timedelta(days=3)
    Presence.objects.create(assessment=assessment, user=colleague, area="A", question="A-01", seen_at=NOW)
    AreaTask.objects.create(assessment=assessment, area="A", assignee=colleague, due_on=due_on, assigned_by=owner, assigned_at=NOW)
    AreaTask.objects.create(assessment=assessment, area="B", email="new@bamboo.example", due_on=due_on, assigned_by=owner, assigned_at=NOW)
    for question, settles in (("A-01", False), ("A-01", True), ("B-01", False)):
        Comment.objects.create(assessment=assessment, question=question, text="Said", settles=settles, by=owner, at=NOW)
    ComeBack.objects.create(assessment=assessment, question="B-01", marked_by=owner, marked_at=NOW)
    for question, answers in (("A-01", 20), ("B-01", 19)):
        AnswerTime.objects.create(
            questionnaire=assessment.campaign.questionnaire, question=question, seconds=50, answers=answers, measured_at=NOW
        )

    times = {"A-01": (50, 20)}
    notes = notes_of(assessment, user=owner, at=NOW)
    assert notes == Notes(
        here=[(colleague.pk, "Colin Colleague", "A", "A-01")],
        areas={
            "A": Given(colleague.pk, "Colin Colleague", due_on, has_left=False),
            "B": Given(None, "new@bamboo.example", due_on, has_left=False),
        },
        talks={"A-01": Talk(1, is_open=False), "B-01": Talk(1, is_open=True)},
        marks={"B-01": NOW},
        times=times,
        beside=notes.beside,
    )
    assert notes.beside
    for other in (staff, stranger):
        assert notes_of(assessment, user=other, at=NOW) == Notes([], {}, {}, {}, times, beside="")
