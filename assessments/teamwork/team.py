"""What the pages show of the people who fill in an assessment together: who is where, who answers what, what waits, how long it takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.answering import answer_times
from assessments.answering.answer_times import Estimate
from assessments.answering.overviews import Task
from assessments.answering.worksheet import Progress, Worksheet
from assessments.questionnaires.questions import Area
from assessments.questionnaires.wording import local
from assessments.teamwork import come_back
from assessments.teamwork.presence import Someone
from assessments.teamwork.team_notes import Given, Notes


@dataclass(frozen=True)
class Place:
    """A person, and where the person is."""

    name: str
    where: str
    url: str


@dataclass(frozen=True)
class Waiting:
    """A question to come back to."""

    code: str
    topic: str
    url: str


@dataclass(frozen=True)
class Assigned:
    """Who answers an area, and by when."""

    who: str
    due_on: date
    is_mine: bool
    is_done: bool
    is_late: bool
    is_invited: bool
    has_left: bool


@dataclass(frozen=True)
class QuestionTeam:
    """What stands beside one question. `next_waiting` is the next question to come back to after this one."""

    here: tuple[str, ...] = ()
    comments: int = 0
    is_talk_open: bool = False
    is_waiting: bool = False
    next_waiting: Waiting | None = None


@dataclass(frozen=True)
class AreaTeam:
    here: list[Place]
    assigned: Assigned | None
    waiting: list[Waiting]
    time_left: Estimate | None
    questions: Mapping[str, QuestionTeam]
    beside: str


def area_team(worksheet: Worksheet, this: Area, notes: Notes, *, user: User, today: date) -> AreaTeam:
    codes = [question.code for question in worksheet.candidates_in(this.code)]
    waiting = waiting_in(worksheet, notes)
    given = notes.areas.get(this.code)
    return AreaTeam(
        here=places(worksheet, notes.here),
        assigned=_assigned(worksheet, this.code, given, user=user, today=today) if given else None,
        waiting=waiting,
        time_left=answer_times.time_left(worksheet, notes.times, this.code),
        questions=_beside_questions(codes, notes, waiting),
        beside=notes.beside,
    )


def _beside_questions(codes: Iterable[str], notes: Notes, waiting: list[Waiting]) -> dict[str, QuestionTeam]:
    place = {each.code: number for number, each in enumerate(waiting)}
    found = {}
    for code in codes:
        count, is_open = notes.talks.get(code, (0, False))
        following = waiting[(place[code] + 1) % len(waiting)] if code in place and len(waiting) > 1 else None
        here = tuple(each.name for each in notes.here if each.question == code)
        found[code] = QuestionTeam(here, count, is_open, code in place, following)
    return found


def places(worksheet: Worksheet, others: Iterable[Someone]) -> list[Place]:
    areas = {area.code: area for area in worksheet.rules.questionnaire.areas}
    return [_place(worksheet.assessment.pk, each, areas[each.area]) for each in others if each.area in areas]


def _place(assessment_id: int, someone: Someone, area: Area) -> Place:
    url = reverse("assessments:area", args=[assessment_id, area.code])
    if someone.question:
        return Place(someone.name, someone.question, f"{url}#{someone.question}")
    return Place(someone.name, local(area.title), url)


def waiting_in(worksheet: Worksheet, notes: Notes) -> list[Waiting]:
    by_code = worksheet.rules.questionnaire.by_code
    found = []
    for code in come_back.waiting(worksheet, notes.marks):
        url = reverse("assessments:area", args=[worksheet.assessment.pk, by_code[code].area])
        found.append(Waiting(code, local(by_code[code].topic), f"{url}#{code}"))
    return found


# --- who answers what -------------------------------------------------------------------------------------------------


def _assigned(worksheet: Worksheet, area: str, given: Given, *, user: User, today: date) -> Assigned:
    is_done = worksheet.progress(area).is_complete
    return Assigned(
        who=given.name,
        due_on=given.due_on,
        is_mine=given.person_id == user.pk,
        is_done=is_done,
        is_late=not is_done and given.due_on < today,
        is_invited=given.person_id is None,
        has_left=given.has_left,
    )


# The overview's choices: every area, one's own, those nobody has.
ALL, MINE, NOBODYS = "", "mine", "nobodys"


@dataclass(frozen=True)
class SharedWork:
    """The areas with who answers each. `counts`: choice -> how many areas it shows."""

    tasks: list[Task]
    counts: Mapping[str, int]
    choice: str


def shared_work(worksheet: Worksheet, tasks: Iterable[Task], notes: Notes, *, user: User, choice: str, today: date) -> SharedWork:
    given = assigned_in(worksheet, notes, user=user, today=today)
    codes = [area.code for area in worksheet.rules.questionnaire.areas]
    rows = [(code, _with_person(worksheet, task, code, given.get(code))) for code, task in zip(codes, tasks, strict=True)]
    of_choice = {
        ALL: [row for _code, row in rows],
        MINE: [row for code, row in rows if code in given and given[code].is_mine],
        NOBODYS: [row for code, row in rows if code not in given and row.progress.left],
    }
    choice = choice if choice in of_choice else ALL
    return SharedWork(of_choice[choice], {key: len(those) for key, those in of_choice.items()}, choice)


def assigned_in(worksheet: Worksheet, notes: Notes, *, user: User, today: date) -> dict[str, Assigned]:
    return {area: _assigned(worksheet, area, given, user=user, today=today) for area, given in notes.areas.items()}


def _with_person(worksheet: Worksheet, task: Task, code: str, assigned: Assigned | None) -> Task:
    if not worksheet.assessment.is_editable or not task.progress.asked:
        return task
    url = f"{reverse('assessments:assign', args=[worksheet.assessment.pk])}?area={code}"
    if assigned is None:
        # Nobody need see to what is complete.
        return task if task.progress.is_complete else replace(task, action_url=url, action_label=_("Assign"))
    tone = "bad" if assigned.is_late or assigned.has_left else ""
    return replace(task, note=in_words(assigned), note_tone=tone, action_url=url, action_label=_("Change"))


def in_words(assigned: Assigned) -> str:
    words = {"who": assigned.who, "date": date_format(assigned.due_on, "DATE_FORMAT")}
    if assigned.has_left:
        return _("%(who)s, no longer in your company") % words
    if assigned.is_done:
        return _("%(who)s, done") % words
    if assigned.is_late:
        return _("%(who)s, was due on %(date)s") % words
    if assigned.is_invited:
        return _("%(who)s (invited), due on %(date)s") % words
    return _("%(who)s, due on %(date)s") % words


@dataclass(frozen=True)
class MyArea:
    """One area somebody was asked to answer, on that person's home page."""

    title: str
    campaign: str
    url: str
    due_on: date
    progress: Progress
    is_late: bool
    time_left: Estimate | None


def my_areas(work: Iterable[tuple[Worksheet, Notes]], *, user: User, today: date) -> list[MyArea]:
    """The next due first, what is complete last."""
    found = [area for worksheet, notes in work for area in _mine_of(worksheet, notes, user=user, today=today)]
    return sorted(found, key=lambda area: (area.progress.is_complete, area.due_on, area.url))


def _mine_of(worksheet: Worksheet, notes: Notes, *, user: User, today: date) -> list[MyArea]:
    assessment = worksheet.assessment
    mine = {code: each for code, each in assigned_in(worksheet, notes, user=user, today=today).items() if each.is_mine}
    return [
        MyArea(
            title=local(area.title),
            campaign=assessment.campaign.title,
            url=_next_in(worksheet, area),
            due_on=mine[area.code].due_on,
            progress=worksheet.progress(area.code),
            is_late=mine[area.code].is_late,
            time_left=answer_times.time_left(worksheet, notes.times, area.code),
        )
        for area in worksheet.rules.questionnaire.areas
        if area.code in mine
    ]


def _next_in(worksheet: Worksheet, area: Area) -> str:
    """The area's page, at the first question that is not answered."""
    url = reverse("assessments:area", args=[worksheet.assessment.pk, area.code])
    first = next((question.code for question in worksheet.unanswered if question.area == area.code), "")
    return f"{url}#{first}" if first else url
