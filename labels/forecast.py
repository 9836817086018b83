"""What the end of documents would cost: day by day, the score of each area and the label, should no newer revision come.

The scorer and the standard are asked twice for each day on which documents end: with them, and without. Evidence counts as missing where
no other document stands behind the answer. Nothing is stored, and no score falls by itself: this is what a review would find.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from assessments.models import Assessment, EvidenceUse
from assessments.reliance import states_without
from assessments.scoring import Result
from assessments.wording import local
from assessments.worksheet import Worksheet, open_worksheet
from labels import facts, standards
from labels.criteria import VERIFIED, Basis
from labels.criteria import Facts as LabelFacts
from labels.evaluation import decide
from labels.explaining import level_title
from labels.rules import Rules
from suppliers.expiry import FARTHEST
from suppliers.models import Document


@dataclass(frozen=True)
class AreaLoss:
    title: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class Loss:
    """`label_before` and `label_after` are empty where the label stays as it is."""

    day: date
    documents: list[Document]
    areas: list[AreaLoss]
    before: Decimal | None
    after: Decimal | None
    label_before: str
    label_after: str
    is_label_lost: bool

    @property
    def costs_something(self) -> bool:
        return bool(self.areas) or bool(self.label_before)


def losses(supplier_id: int, *, on: date, at: datetime) -> list[Loss]:
    """Of the newest assessment with a score, the next end first. A fixed number of queries."""
    ending = Document.objects.current().filter(supplier=supplier_id, valid_to__gte=on, valid_to__lte=on + FARTHEST)
    documents = list(ending.order_by("valid_to", "pk"))
    if not documents:
        return []
    handed_in = Assessment.objects.filter(supplier=supplier_id, submitted_at__isnull=False, scored_at__isnull=False)
    assessment = handed_in.select_related("campaign", "supplier").order_by("-created_at", "-pk").first()
    forecast = _Forecast(supplier_id, assessment, on=on, at=at)
    found = [forecast.loss(day, list(group)) for day, group in groupby(documents, key=lambda document: document.valid_to or on)]
    return [loss for loss in found if loss.costs_something]


class _Forecast:
    def __init__(self, supplier_id: int, assessment: Assessment | None, *, on: date, at: datetime) -> None:
        self.worksheet: Worksheet | None = open_worksheet(assessment) if assessment else None
        self.is_reviewed = assessment is not None and assessment.status == Assessment.Status.CLOSED
        self.behind: dict[tuple[str, int | None], set[int]] = {}
        if assessment:
            uses = EvidenceUse.objects.filter(answer__assessment=assessment)
            for question, site, document in uses.values_list("answer__question", "answer__site_id", "document_id"):
                self.behind.setdefault((question, site), set()).add(document)
        self.ended: set[int] = set()
        self.rules = _rules(on)
        self.standing = next(facts.read(self.rules, supplier_ids=[supplier_id], on=on, at=at), None) if self.rules else None

    def loss(self, day: date, documents: list[Document]) -> Loss:
        before = self._result()
        level_before = self._level(before, day)
        self.ended |= {document.pk for document in documents}
        after = self._result()
        level_after = self._level(after, day)
        moves = self.rules is not None and self.rules.rank(level_after) < self.rules.rank(level_before)
        return Loss(
            day=day,
            documents=documents,
            areas=self._areas(before, after),
            before=before.headline if before else None,
            after=after.headline if after else None,
            label_before=self._title(level_before) if moves else "",
            label_after=self._title(level_after) if moves and level_after else "",
            is_label_lost=moves and not level_after,
        )

    def _result(self) -> Result | None:
        if self.worksheet is None:
            return None
        bared = {answer for answer, documents in self.behind.items() if documents <= self.ended}
        return self.worksheet.rules.score(self.worksheet.facts, states_without(self.worksheet.states, bared), self.is_reviewed)

    def _areas(self, before: Result | None, after: Result | None) -> list[AreaLoss]:
        if self.worksheet is None or before is None or after is None:
            return []
        old, new = _numbers(before), _numbers(after)
        found = []
        for area in self.worksheet.rules.questionnaire.areas:
            was, then = old[area.code], new[area.code]
            if was is not None and then is not None and then < was:
                found.append(AreaLoss(local(area.title), was, then))
        return found

    def _level(self, result: Result | None, day: date) -> str:
        """The level met on the day after, by the documents that have not ended."""
        if self.rules is None or self.standing is None:
            return ""
        known = self.standing.facts
        # Only the documents make the difference: those that end on this day or later stay, whatever their date.
        papers = [paper._replace(valid_to=None) for paper in known.papers if paper.document_id not in self.ended and paper.in_date(day)]
        supposed = known._replace(papers=papers, basis=self._basis(known, result))
        return decide(self.rules, supposed, day + timedelta(days=1)).level

    def _basis(self, known: LabelFacts, result: Result | None) -> Basis | None:
        basis = known.basis
        if basis is None or result is None or self.worksheet is None or basis.assessment_id != self.worksheet.assessment.pk:
            return basis
        total = result.verified if basis.score == VERIFIED else result.evidenced
        areas = {code: None if number is None else str(number) for code, number in _numbers(result).items()}
        return basis._replace(total=total, areas=areas)

    def _title(self, level: str) -> str:
        return level_title(self.rules, level) if self.rules else level


def _rules(on: date) -> Rules | None:
    try:
        return standards.rules_of(standards.in_force(on))
    except standards.NoStandardInForce:
        return None


def _numbers(result: Result) -> Mapping[str, Decimal | None]:
    return {code: area.verified if area.verified is not None else area.evidenced for code, area in result.areas.items()}
