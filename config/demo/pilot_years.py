"""What happens to the pilots of the demo over the years: joint actions, appraisals, and amendments."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from accounts.models import User
from config.demo.cycles import noon
from config.demo.people import Cast
from pilots import amendments, appraisal, joint_actions
from pilots.agreements import Signing
from pilots.joint_actions import Programme
from pilots.models import Agreement, Amendment, Appraisal, JointAction
from runs import engine


# Title, description, the category that is invited, and what a supplier saves with it in a year.
PROGRAMMES = (
    ("冷源系统改造：氟泵自然冷却", "Free cooling by refrigerant pumps", "cloud_dc", 900),
    ("干线换用新能源重卡", "Electric lorries on the trunk routes", "logistics", 1_500),
    ("绿色电力交易三年框架", "Three-year framework for green power", "cloud_dc", 4_000),
    ("循环包装箱共用", "Shared reusable boxes", "logistics", 300),
)
DESCRIPTION = (
    "每家企业自定承诺减排量，年底按计量数据报告实际减排量；采购方提供技术培训与联合招标。\n"
    "Each supplier commits to its own savings and reports by its meters what came of them; the buyer trains and tenders together."
)
ON_TRACK = (
    "减排轨迹与可再生电力均达到约定，数据按时且完整。\nReduction and renewable power are as agreed; the data were complete and in time."
)
OFF_TRACK = "减排量低于轨迹，需按约定提交纠正计划。\nThe reduction is behind its trajectory: a corrective plan is due as agreed."
COMMENT = "同意评价结果；第四季度起新增绿电合同生效。 We agree; a new contract for green power begins in the fourth quarter."


def live(agreements: Sequence[Agreement], people: dict[int, User], cast: Cast, random: Random, at: datetime) -> None:
    """`people` are the signatories, by supplier."""
    staff = cast.by_role["esg_staff"]
    running = list(Agreement.objects.in_force().filter(pk__in=[one.pk for one in agreements]).select_related("supplier").order_by("pk"))
    _act_together(running, people, staff, random, at)
    _appraise(running[:6], people, cast, at)
    _amend(running, people, staff, at)
    # Workers do the others once they are up.
    engine.start("appraise_pilots", by=None, at=at)


def _act_together(running: Sequence[Agreement], people: dict[int, User], staff: User, random: Random, at: datetime) -> None:
    for number, (title_zh, title_en, category, usual) in enumerate(PROGRAMMES):
        year = at.year - 1 + number // 2
        is_past = year < at.year
        planned = noon(date(year, 1, 15))
        programme = Programme(year, number % 2 + 1, title_en, title_zh, DESCRIPTION, date(year, 3, 31), date(year, 12, 20))
        stored = joint_actions.save_programme(programme=programme, by=staff, at=planned)
        fitting = [each.pk for each in running if each.supplier.category == category]
        joint_actions.invite(programme_id=stored.pk, agreement_ids=fitting, by=staff, at=planned)
        for action in stored.actions.select_related("agreement").order_by("pk"):
            _reply(action, people[action.agreement.supplier_id], usual, random, min(at, planned + timedelta(days=40)), is_past=is_past)
        if is_past:
            done = Programme(**vars(programme) | {"status": "done"})
            joint_actions.save_programme(programme=done, by=staff, at=noon(date(year, 12, 28)), programme_id=stored.pk)


def _reply(action: JointAction, by: User, usual: int, random: Random, at: datetime, *, is_past: bool) -> None:
    fate = random.random()
    if fate < 0.1 and action.agreement.supplier_id != 1:
        joint_actions.decline(action_id=action.pk, words="今年无改造计划。 No works are planned this year.", by=by, at=at)
    elif fate < 0.85 or is_past:
        tonnes = Decimal(round(usual * random.uniform(0.6, 1.4)))
        joint_actions.commit_to(action_id=action.pk, tonnes=tonnes, words="两个场地参与。 Two sites take part.", by=by, at=at)
        if is_past and random.random() < 0.8:
            saved = Decimal(round(float(tonnes) * random.uniform(0.7, 1.15)))
            words = "按电表读数与上年同期比较。 By the meters, beside the same months of the year before."
            joint_actions.deliver(action_id=action.pk, tonnes=saved, words=words, by=by, at=at + timedelta(days=270))


def _appraise(running: Sequence[Agreement], people: dict[int, User], cast: Cast, at: datetime) -> None:
    """Of the first some: the older periods confirmed, one commented on, the newest calculated."""
    staff, second = cast.by_role["esg_staff"], cast.second_staff
    for agreement in running:
        appraisal.calculate_appraisals(agreement_id=agreement.pk, at=at - timedelta(days=41))
        found = list(agreement.appraisals.exclude(score=None).order_by("year", "quarter"))
        for place, each in enumerate(found[:-1]):
            is_good = each.grade in "AB"
            when = at - timedelta(days=40 - place)
            appraisal.propose(
                appraisal_id=each.pk,
                reasons=ON_TRACK if is_good else OFF_TRACK,
                consequence=Appraisal.Consequence.INCENTIVE if is_good else Appraisal.Consequence.REMEDY,
                by=staff,
                at=when,
            )
            appraisal.comment(appraisal_id=each.pk, text=COMMENT, by=people[agreement.supplier_id], at=when + timedelta(days=2))
            if place < len(found) - 2 and staff != second:
                appraisal.confirm(appraisal_id=each.pk, by=second, at=when + timedelta(days=4))


def _amend(running: Sequence[Agreement], people: dict[int, User], staff: User, at: datetime) -> None:
    """One in force, one that a side has yet to sign."""
    absolute = [each for each in running if each.measure == Agreement.Measure.ABSOLUTE and each.supplier_id != 1]
    for agreement, sides in zip(absolute[:2], (2, 1), strict=False):
        when = at - timedelta(days=20)
        more = min(Decimal(95), (agreement.total_reduction or Decimal(0)) + 2)
        reason = "新增绿电合同，双方同意提高目标。 A new contract for green power: both sides raise the target."
        proposal = amendments.Proposal(Amendment.Kind.TERMS, reason, {"total_reduction": more})
        amendment = amendments.propose_amendment(agreement_id=agreement.pk, proposal=proposal, by=staff, at=when)
        signing = [("supplier", people[agreement.supplier_id]), ("buyer", staff)][:sides]
        for days, (side, by) in enumerate(signing, start=1):
            signed = Signing(side, amendment.content_sha256, by.name, "总经理" if side == "supplier" else "ESG总监")
            amendments.sign_amendment(amendment_id=amendment.pk, signing=signed, by=by, at=when + timedelta(days=days))
