"""The page of one area: what it shows, worked out from one reading of the database when a template first asks for it.

Most pages are asked for again with nothing changed since: their pieces are kept (`{% kept %}`) under the stamp of the reading they were
drawn from, and nothing is worked out at all.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from assessments.answering import overviews
from assessments.answering.last_year import LastYear, LastYearDesk
from assessments.answering.overviews import AreaView, Step
from assessments.answering.saving import paper_of
from assessments.answering.worksheet import Progress
from assessments.editor import area_reading
from assessments.editor.area_reading import Rows
from assessments.editor.presenters import Attempt, QuestionView, view_with_sites
from assessments.models import Assessment, QueryMessage
from assessments.questionnaires.questions import Area
from assessments.scoring.scorer import RuleSet
from assessments.teamwork import team
from assessments.teamwork.team import AreaTeam
from suppliers.inspecting.types import ACCEPT


class Numbered(NamedTuple):
    """What the pieces of a page know of the assessment: its state and its scores change, and they stay."""

    pk: int


class AreaPage:
    """`opened` is the key of the answer a person begins for a single site; `attempts` is what was sent and could not be saved.

    To whatever keeps pieces the page is its stamp: all of it follows from the rows, the rules, the day and the person.
    """

    accept = ACCEPT

    def __init__(
        self,
        rows: Rows,
        rules: RuleSet,
        this: Area,
        *,
        assessment_id: int,
        user: User,
        today: date,
        opened: str,
        attempts: Mapping[str, Attempt],
    ) -> None:
        self.assessment_id = assessment_id
        self._rows = rows
        self._rules = rules
        self._this = this
        self._user = user
        self._today = today
        self._opened = opened
        self._attempts = attempts

    def __reduce__(self) -> tuple[Any, ...]:
        return AreaPage, (self.stamp,)

    @cached_property
    def stamp(self) -> str:
        parts = (self._rows.stamp, self._rules.sha256, self._this.code, self._user.pk, self._today, self._opened)
        return hashlib.blake2b(repr(parts).encode(), digest_size=20).hexdigest()

    @property
    def is_kept(self) -> bool:
        """What a person typed is in no row: such a page is drawn for once."""
        return not self._attempts

    # Without looking at the answers --------------------------------------------------------------------------------

    @cached_property
    def assessment(self) -> Assessment:
        return area_reading.assessment_of(self._rows)

    @property
    def can_edit(self) -> bool:
        return self.assessment.is_editable

    @property
    def opened(self) -> list[str]:
        """The questions a return has opened, where it was not all of them."""
        return (self.assessment.opened_questions or []) if self.can_edit else []

    @cached_property
    def area(self) -> AreaView:
        return overviews.area_view(self._rules.questionnaire, self._this)

    @property
    def numbered(self) -> Numbered:
        return Numbered(self.assessment_id)

    @property
    def url(self) -> str:
        return reverse("assessments:area", args=[self.assessment_id, self._this.code])

    # What the answers say ---------------------------------------------------------------------------------------

    @cached_property
    def _sheet(self) -> area_reading.Opened:
        return area_reading.open_rows(self._rows, self._rules)

    @cached_property
    def questions(self) -> list[QuestionView]:
        worksheet, evidence = self._sheet.worksheet, self._sheet.evidence
        asked = worksheet.candidates_in(self._this.code)
        return [view_with_sites(worksheet, question, evidence, self._attempts, self._opened) for question in asked]

    @cached_property
    def wrong(self) -> list[QuestionView]:
        each_answer = [answer for view in self.questions for answer in (view, *(view.sites.views if view.sites else ()))]
        return [answer for answer in each_answer if answer.has_errors]

    @cached_property
    def progress(self) -> Progress:
        return self._sheet.worksheet.progress(self._this.code)

    @cached_property
    def steps(self) -> list[Step]:
        return overviews.steps(self._sheet.worksheet, self._this)

    @cached_property
    def last_year(self) -> dict[str, LastYear]:
        """Question -> what was answered then."""
        if self._sheet.earlier is None:
            return {}
        worksheet = self._sheet.worksheet
        return LastYearDesk(worksheet, self._sheet.earlier, self._today).beside(worksheet.candidates_in(self._this.code))

    @cached_property
    def talks(self) -> Mapping[str, list[QueryMessage]]:
        return self._sheet.talks

    @cached_property
    def team(self) -> AreaTeam:
        return team.area_team(self._sheet.worksheet, self._this, self._sheet.notes, user=self._user, today=self._today)


def read_page(
    *,
    assessment_id: int,
    this: Area,
    rules: RuleSet,
    user: User,
    at: datetime,
    opened: str = "",
    attempts: Mapping[str, Attempt] | None = None,
) -> AreaPage:
    """One query. Raises `Assessment.DoesNotExist` when it is none of the person's company."""
    questionnaire_id = paper_of(assessment_id).questionnaire_id
    rows = area_reading.read_rows(assessment_id=assessment_id, questionnaire_id=questionnaire_id, area=this.code, by=user, at=at)
    if rows.assessment is None:
        raise Assessment.DoesNotExist(assessment_id)
    today = timezone.localdate(at)
    return AreaPage(rows, rules, this, assessment_id=assessment_id, user=user, today=today, opened=opened, attempts=attempts or {})
