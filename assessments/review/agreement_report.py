"""How far reviewers agree, over all second reviews that both have finished: by question and by reviewer, with the numbers behind it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.db.models import Count
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission, has
from assessments.models import Campaign, SecondReview, SecondVerdict
from assessments.models.second_reviews import SecondReviewQuerySet
from assessments.questionnaires.wording import local
from assessments.review.agreement import FEWEST, Agreement, cohens_kappa
from assessments.rules import rulesets
from charts import Part, stacked_rows


MOST_BARS = 12
Pairs = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Line:
    """A question or a person. `upheld` of `settled` differences went the person's way."""

    label: str
    text: str
    agreement: Agreement
    upheld: int = 0
    settled: int = 0

    @property
    def share(self) -> Decimal | None:
        return _decimal(self.agreement.observed)

    @property
    def kappa(self) -> Decimal | None:
        return _decimal(self.agreement.kappa) if self.agreement.is_judged else None


@dataclass(frozen=True)
class Report:
    reviews: int
    whole: Line
    questions: list[Line]
    people: list[Line]
    question_chart: SafeString | None
    people_chart: SafeString | None
    fewest: int = FEWEST


@dataclass(frozen=True)
class _Row:
    question: str
    first: str
    second: str
    settled: str
    first_by: int
    second_by: int
    times: int


def report(viewer: User, *, campaign: Campaign | None) -> Report:
    """People only for those who run or oversee the reviews; everybody else reads the own line."""
    rows = _rows(campaign)
    whole = Line("", "", cohens_kappa(_pairs(rows)))
    questions = _questions(rows, campaign)
    people = _people(rows, viewer)
    return Report(
        reviews=_compared(campaign).count(),
        whole=whole,
        questions=questions,
        people=people,
        question_chart=_chart(questions, _("Agreement by question, the lowest first")),
        people_chart=_chart(people, _("Agreement by reviewer")),
    )


def _compared(campaign: Campaign | None) -> SecondReviewQuerySet:
    comparable = SecondReview.objects.filter(status__in=[SecondReview.Status.DIFFERS, SecondReview.Status.SETTLED])
    return comparable.filter(assessment__campaign=campaign) if campaign else comparable


def _rows(campaign: Campaign | None) -> list[_Row]:
    """Counted by the database: a year of second reviews is some thousand lines."""
    verdicts = SecondVerdict.objects.filter(second_review__in=_compared(campaign)).exclude(first_outcome="")
    counted = verdicts.values_list(
        "answer__question", "first_outcome", "outcome", "settled_outcome", "second_review__first_finished_by", "second_review__reviewer"
    )
    return [_Row(*row) for row in counted.order_by().annotate(times=Count("pk"))]


def _pairs(rows: Sequence[_Row]) -> Pairs:
    pairs: Pairs = Counter()
    for row in rows:
        pairs[row.first, row.second] += row.times
    return pairs


def _questions(rows: Sequence[_Row], campaign: Campaign | None) -> list[Line]:
    by_code: dict[str, list[_Row]] = {}
    for row in rows:
        by_code.setdefault(row.question, []).append(row)
    texts = _texts(campaign)
    lines = [Line(code, texts.get(code, ""), cohens_kappa(_pairs(found))) for code, found in by_code.items()]
    return sorted(lines, key=lambda line: (not line.agreement.is_judged, line.agreement.observed, line.label))


def _texts(campaign: Campaign | None) -> Mapping[str, str]:
    newest = campaign or Campaign.objects.exclude(status=Campaign.Status.DRAFT).order_by("-cycle", "-pk").first()
    if newest is None:
        return {}
    return {code: local(question.text) for code, question in rulesets.questionnaire_of(newest.questionnaire_id).by_code.items()}


def _people(rows: Sequence[_Row], viewer: User) -> list[Line]:
    sees_all = has(viewer, Permission.REVIEW_MANAGE) or has(viewer, Permission.AUDIT_VIEW)
    found = {pk for row in rows for pk in (row.first_by, row.second_by) if sees_all or pk == viewer.pk}
    return [_person(person, rows) for person in User.objects.filter(pk__in=found).order_by("name", "pk")]


def _person(person: User, rows: Sequence[_Row]) -> Line:
    """The own verdict first, whichever of the two reviews it was."""
    pairs: Pairs = Counter()
    upheld = settled = 0
    for row in rows:
        for by, own, other in ((row.first_by, row.first, row.second), (row.second_by, row.second, row.first)):
            if by == person.pk:
                pairs[own, other] += row.times
                settled += row.times if row.settled else 0
                upheld += row.times if row.settled == own else 0
    return Line(str(person), "", cohens_kappa(pairs), upheld, settled)


def _chart(lines: Sequence[Line], title: str) -> SafeString | None:
    judged = [line for line in lines if line.agreement.is_judged][:MOST_BARS]
    if not judged:
        return None
    rows = {
        line.label: [Part(_("Agree"), line.agreement.agreed, "chart-1"), Part(_("Differ"), line.agreement.differed, "warning")]
        for line in judged
    }
    return stacked_rows(rows, title=title)


def _decimal(share: Fraction | None) -> Decimal | None:
    if share is None:
        return None
    return (Decimal(share.numerator) / Decimal(share.denominator)).quantize(Decimal("0.001"), ROUND_HALF_UP)
