"""What the end of documents would cost: day by day, the score of each area and the label, should no newer revision come.

The scorer and the standard are asked twice for each day on which documents end: with them, and without. Evidence counts as missing where
no other document stands behind the answer, and a document ends with its newest revision. When the day has passed, the document is marked
(`suppliers.endings`) and the score falls as it was said. A page asks for one supplier, the nightly run for many; both read with a fixed
number of statements.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from assessments.evidence.reliance import states_without
from assessments.models import Assessment, EvidenceUse
from assessments.questionnaires.names import AnswerState, SitedState
from assessments.questionnaires.wording import local
from assessments.scores.keeping import Inputs, read_stored
from assessments.scoring.scorer import Result
from labels import facts, standards
from labels.criteria import VERIFIED, Basis
from labels.criteria import Facts as LabelFacts
from labels.evaluation import decide
from labels.explaining import level_title
from labels.facts import Standing
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
    """`level_before` and `level_after` are keys of levels, both empty where the label stays as it is; the labels are their titles."""

    day: date
    documents: list[Document]
    areas: list[AreaLoss]
    before: Decimal | None
    after: Decimal | None
    label_before: str
    label_after: str
    level_before: str
    level_after: str

    @property
    def is_label_lost(self) -> bool:
        return self.costs_label and not self.level_after

    @property
    def costs_points(self) -> bool:
        return bool(self.areas)

    @property
    def costs_label(self) -> bool:
        return bool(self.level_before)


def losses(supplier_id: int, *, on: date, at: datetime) -> list[Loss]:
    """Of the newest assessment with a score, the next end first."""
    return losses_of([supplier_id], on=on, at=at).get(supplier_id, [])


def losses_of(supplier_ids: Sequence[int], *, on: date, at: datetime) -> dict[int, list[Loss]]:
    """Of each supplier that would lose something. A fixed number of statements, however many suppliers."""
    ending = _ending(supplier_ids, on)
    if not ending:
        return {}
    rules = _rules(on)
    known = _known(list(ending), rules, on=on, at=at)
    found = {}
    for supplier_id, documents in ending.items():
        forecast = _Forecast(known[supplier_id], rules)
        by_day = groupby(documents, key=lambda document: document.valid_to or on)
        losses = [forecast.loss(day, list(group)) for day, group in by_day]
        if costly := [loss for loss in losses if loss.costs_points or loss.costs_label]:
            found[supplier_id] = costly
    return found


def suppliers_to_forecast(on: date) -> Iterable[int]:
    ending = Document.objects.current().filter(valid_to__gte=on, valid_to__lte=on + FARTHEST)
    return ending.order_by("supplier").values_list("supplier", flat=True).distinct()


def _ending(supplier_ids: Sequence[int], on: date) -> dict[int, list[Document]]:
    documents = Document.objects.current().filter(supplier__in=supplier_ids, valid_to__gte=on, valid_to__lte=on + FARTHEST)
    found: dict[int, list[Document]] = defaultdict(list)
    for document in documents.order_by("valid_to", "pk"):
        found[document.supplier_id].append(document)
    return found


# --- what is known of a supplier ------------------------------------------------------------------------------------------


@dataclass
class _Known:
    inputs: Inputs | None = None
    # Question and site -> the documents behind that answer, each by its newest revision.
    behind: dict[tuple[str, int | None], set[int]] = field(default_factory=dict)
    # Documents that have ended already.
    ended: set[int] = field(default_factory=set)
    standing: Standing | None = None


def _known(supplier_ids: Sequence[int], rules: Rules | None, *, on: date, at: datetime) -> dict[int, _Known]:
    found: dict[int, _Known] = defaultdict(_Known)
    handed_in = Assessment.objects.filter(supplier__in=supplier_ids, submitted_at__isnull=False, scored_at__isnull=False)
    newest = handed_in.order_by("supplier", "-created_at", "-pk").distinct("supplier")
    supplier_of = dict(newest.values_list("pk", "supplier"))
    for inputs in read_stored(list(supplier_of)):
        found[inputs.stored.supplier_id].inputs = inputs
    newest_of: dict[int, int] = {}
    revisions = Document.objects.filter(supplier__in=supplier_ids).order_by("-pk")
    # A later revision comes first, and hands its newest one on to the one it replaced.
    for pk, replaces, supplier_id, has_ended in revisions.values_list("pk", "replaces", "supplier", "has_ended"):
        newest_of.setdefault(pk, pk)
        if replaces:
            newest_of[replaces] = newest_of[pk]
        if has_ended:
            found[supplier_id].ended.add(pk)
    uses = EvidenceUse.objects.filter(answer__assessment__in=list(supplier_of))
    for assessment_id, question, site, document in uses.values_list(
        "answer__assessment", "answer__question", "answer__site_id", "document_id"
    ):
        found[supplier_of[assessment_id]].behind.setdefault((question, site), set()).add(newest_of[document])
    if rules:
        for standing in facts.read(rules, supplier_ids=supplier_ids, on=on, at=at):
            found[standing.supplier_id].standing = standing
    return found


class _Forecast:
    def __init__(self, known: _Known, rules: Rules | None) -> None:
        self.inputs, self.behind, self.standing, self.rules = known.inputs, known.behind, known.standing, rules
        self.states = _as_states(known.inputs.answers) if known.inputs else {}
        self.ended = set(known.ended)

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
            level_before=level_before if moves else "",
            level_after=level_after if moves else "",
        )

    def _result(self) -> Result | None:
        if self.inputs is None:
            return None
        bared = {answer for answer, documents in self.behind.items() if documents <= self.ended}
        return self.inputs.rules.score(self.inputs.facts, states_without(self.states, bared), self.inputs.stored.is_reviewed)

    def _areas(self, before: Result | None, after: Result | None) -> list[AreaLoss]:
        if self.inputs is None or before is None or after is None:
            return []
        old, new = _numbers(before), _numbers(after)
        found = []
        for area in self.inputs.rules.questionnaire.areas:
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
        if basis is None or result is None or self.inputs is None or basis.assessment_id != self.inputs.stored.id:
            return basis
        total = result.verified if basis.score == VERIFIED else result.evidenced
        areas = {code: None if number is None else str(number) for code, number in _numbers(result).items()}
        return basis._replace(total=total, areas=areas)

    def _title(self, level: str) -> str:
        return level_title(self.rules, level) if self.rules else level


def _as_states(answers: Mapping[str, Any]) -> dict[str, AnswerState | SitedState]:
    return {code: answer if isinstance(answer, SitedState) else AnswerState(*answer) for code, answer in answers.items()}


def _rules(on: date) -> Rules | None:
    try:
        return standards.rules_in_force(on)
    except standards.NoStandardInForce:
        return None


def _numbers(result: Result) -> Mapping[str, Decimal | None]:
    return {code: area.verified if area.verified is not None else area.evidenced for code, area in result.areas.items()}
