"""How the buyer of the demo arranges its reviews: buying units, rules, deadlines, an absence, two conflicts of interest."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from accounts.models import Role, User
from assessments.models import Answer, Assessment, Campaign, ReviewPlan, SecondReview, SecondVerdict, Verdict
from assessments.review import interests
from assessments.review.second_review import OUTCOMES
from assessments.reviewers import assigning, assignment_rules, drawing
from config.demo.copying import copy_rows
from config.demo.people import Cast
from config.demo.world import DemoSupplier
from suppliers.models import BuyingUnit, Supplier


UNITS = (
    ("GAMES", "互动娱乐事业群", "Interactive Entertainment"),
    ("CLOUD", "云与智慧产业事业群", "Cloud and Smart Industries"),
    ("CORP", "职能系统", "Corporate Functions"),
    ("BRAND", "市场与品牌", "Marketing and Brand"),
)
# Category and unit -> places of the reviewers in the cast. Engineering has no rule: its cases wait for whoever takes them.
RULES: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("cloud_dc", "", (0,)),
    ("media", "BRAND", (1,)),
    ("media", "", (0, 1)),
    ("events", "", (1, 3)),
    ("office_it", "", (0, 2)),
    ("logistics", "", (3, 4)),
    ("services", "", (0, 3, 4)),
)
DAYS = 55
# Cases of the cycle before that were reviewed twice.
COMPARED = 60


def create_units(suppliers: Sequence[DemoSupplier]) -> None:
    units = [BuyingUnit.objects.create(code=code, name_zh=zh, name_en=en) for code, zh, en in UNITS]
    random = Random(4)  # noqa: S311 - the same demo every time is the point
    rows = ((supplier.id, unit.pk) for supplier in suppliers for unit in random.sample(units, random.choice((1, 1, 2))))
    copy_rows(Supplier.units.through._meta.db_table, ("supplier_id", "buyingunit_id"), rows)


def arrange(campaign: Campaign, earlier: Campaign, cast: Cast, *, at: datetime) -> None:
    staff, reviewers = cast.by_role[Role.ESG_STAFF], list(User.objects.filter(pk__in=cast.reviewers).order_by("pk"))
    ReviewPlan.objects.create(campaign=campaign, days=DAYS, soon_days=7, second_share=4, second_minimum=2, seed="demo")
    for category, code, places in RULES:
        unit = BuyingUnit.objects.filter(code=code).first()
        people = [reviewers[place] for place in places]
        assignment_rules.save_rule(rule=None, category=category, unit=unit, reviewers=people, by=staff, at=at)
    away, until = reviewers[-1], at.date() + timedelta(days=9)
    assigning.assign_by_rules(list(assigning.unassigned().values_list("pk", flat=True)), at=at)
    assignment_rules.set_away(person=away, first_day=at.date() - timedelta(days=2), last_day=until, by=away, at=at)
    _declare(reviewers, staff, at)
    drawing.draw_all(campaign.pk, at=at)
    compare_last_year(earlier, at=at)


def _declare(reviewers: Sequence[User], staff: User, at: datetime) -> None:
    """One by the reviewer who can sign in, and one that the ESG staff declared for a colleague."""
    waiting = Assessment.objects.in_review_queue().exclude(supplier=1).select_related("supplier").order_by("pk")
    for person, kind, note, by in (
        (reviewers[0], "family", "配偶在该公司担任财务经理。", reviewers[0]),
        (reviewers[2], "employment", "2024年前为该公司员工。", staff),
    ):
        if case := waiting.filter(reviewer=person).first():
            interests.declare(person=person, supplier=case.supplier, kind=kind, note=note, by=by, at=at)


# Of a hundred answers that the first accepted, and of those it did not, so many the second saw otherwise.
DOUBTED, FORGIVEN = 5, 18


def compare_last_year(campaign: Campaign, *, at: datetime) -> None:
    """Second reviews of the cycle before: finished, most differences settled the first reviewer's way."""
    random = Random(8)  # noqa: S311 - the same demo every time is the point
    closed = Assessment.objects.filter(campaign=campaign, status=Assessment.Status.CLOSED).order_by("pk")[:COMPARED]
    people = list(User.objects.filter(memberships__role=Role.REVIEWER).order_by("pk"))
    verdicts: list[SecondVerdict] = []
    for case in closed:
        assert case.submitted_at  # noqa: S101 - closed
        second, third = random.sample([person for person in people if person.pk != case.closed_by_id], 2)
        ended = {"status": SecondReview.Status.SETTLED, "drawn": SecondReview.Drawn.SHARE, "ended_at": case.closed_at}
        review = SecondReview.objects.create(
            assessment=case,
            reviewer=second,
            third=third,
            drawn_at=case.submitted_at,
            finished_at=case.closed_at,
            first_finished_by_id=case.closed_by_id,
            first_finished_at=case.closed_at,
            **ended,
        )
        verdicts += [
            _seen_twice(review, answer, random) for answer in case.answers.filter(site=None).select_related("verdict").order_by("pk")
        ]
    SecondVerdict.objects.bulk_create(verdicts, batch_size=5000)


def _seen_twice(review: SecondReview, answer: Answer, random: Random) -> SecondVerdict:
    given = getattr(answer, "verdict", None)
    first = given.outcome if given else Verdict.Outcome.ACCEPT
    accepted = first == Verdict.Outcome.ACCEPT
    other = random.choice(("reject_evidence", "reject_answer")) if accepted else Verdict.Outcome.ACCEPT
    outcome = other if random.randrange(100) < (DOUBTED if accepted else FORGIVEN) or first not in OUTCOMES else first
    settled = (first if random.random() < 0.6 else outcome) if outcome != first else ""
    return SecondVerdict(
        second_review=review,
        answer=answer,
        outcome=outcome,
        reason="" if outcome == Verdict.Outcome.ACCEPT else "证明文件与所填内容不一致。",
        at=review.drawn_at,
        first_outcome=first,
        first_reason=given.reason if given else "",
        settled_outcome=settled,
        settled_at=review.ended_at if settled else None,
    )
