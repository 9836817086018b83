"""How the buyer of the demo arranges its reviews: buying units, rules, deadlines, an absence, two conflicts of interest."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from accounts.models import Role, User
from assessments import assigning, assignment_rules, interests
from assessments.models import Assessment, Campaign, ReviewPlan
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
    ("cloud_dc", "", (2, 4)),
    ("media", "BRAND", (1,)),
    ("media", "", (0, 1)),
    ("events", "", (1, 3)),
    ("office_it", "", (0, 2)),
    ("logistics", "", (3, 4)),
    ("services", "", (0, 3, 4)),
)
DAYS = 55


def create_units(suppliers: Sequence[DemoSupplier]) -> None:
    units = [BuyingUnit.objects.create(code=code, name_zh=zh, name_en=en) for code, zh, en in UNITS]
    random = Random(4)  # noqa: S311 - the same demo every time is the point
    rows = ((supplier.id, unit.pk) for supplier in suppliers for unit in random.sample(units, random.choice((1, 1, 2))))
    copy_rows(Supplier.units.through._meta.db_table, ("supplier_id", "buyingunit_id"), rows)


def arrange(campaign: Campaign, cast: Cast, *, at: datetime) -> None:
    staff, reviewers = cast.by_role[Role.ESG_STAFF], list(User.objects.filter(pk__in=cast.reviewers).order_by("pk"))
    ReviewPlan.objects.create(campaign=campaign, days=DAYS, soon_days=7)
    for category, code, places in RULES:
        unit = BuyingUnit.objects.filter(code=code).first()
        people = [reviewers[place] for place in places]
        assignment_rules.save_rule(rule=None, category=category, unit=unit, reviewers=people, by=staff, at=at)
    away, until = reviewers[-1], at.date() + timedelta(days=9)
    assigning.assign_by_rules(list(assigning.unassigned().values_list("pk", flat=True)), at=at)
    assignment_rules.set_away(person=away, first_day=at.date() - timedelta(days=2), last_day=until, by=away, at=at)
    _declare(reviewers, staff, at)


def _declare(reviewers: Sequence[User], staff: User, at: datetime) -> None:
    """One by the reviewer who can sign in, and one that the ESG staff declared for a colleague."""
    waiting = Assessment.objects.in_review_queue().exclude(supplier=1).select_related("supplier")
    mine = waiting.filter(reviewer=reviewers[0]).order_by("pk")[0]
    interests.declare(person=reviewers[0], supplier=mine.supplier, kind="family", note="配偶在该公司担任财务经理。", by=reviewers[0], at=at)
    other = waiting.filter(reviewer=reviewers[2]).order_by("pk")[0]
    interests.declare(person=reviewers[2], supplier=other.supplier, kind="employment", note="2024年前为该公司员工。", by=staff, at=at)
