"""A year of the label ledger, grown by the real rules: the portfolio is judged at six moments, and people step in now and then."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts.models import User
from config.demo.people import Cast
from labels import appealing, deciding, drafting, evaluation, exceptions, standards, units
from labels.models import Decision, EvaluationMark, Label, LabelEvent, LabelState, Notice, Publication, UnitWatch
from reports import facts
from suppliers.models import BuyingUnit


# Days before today. The first is after last cycle's reviews; the gap before the last one lets labels of that cycle run out.
MOMENTS = (392, 300, 200, 100, 30, 0)
SUSPENDED_BY_PEOPLE, REVOKED = 6, 4
EXCEPTIONS, APPEALS = 3, 4
# What the draft of the next version asks.
NEXT_TOTAL = {"green": {"default": "65", "cloud_dc": "70"}, "green_leader": {"default": "82"}}


def create(cast: Cast, *, at: datetime) -> None:
    first = at - timedelta(days=MOMENTS[0] + 30)
    standard = standards.load_standard(standards.OURS, by=None, at=first)
    standards.publish(standard, by=cast.by_role["esg_staff"], at=first, in_force_from=first.date())
    for days in MOMENTS:
        moment = at - timedelta(days=days)
        evaluation.evaluate_all(on=moment.date(), at=moment)
        units.record_shares(moment.date())
        # Of the past only the labels are as they were then.
        facts.record(moment.date(), subjects=[facts.Subject.LABELS] if days else list(facts.Subject))
        if days == 200:
            _step_in(cast, at=moment + timedelta(hours=5))
    _fill_the_committee(cast, at=at)
    _publish_and_watch(cast, at=at)
    draft = drafting.begin(source_id=standard.pk, version="2027", by=cast.second_staff, at=at)
    edit = drafting.put_criterion({**(drafting.find_criterion(draft.content, "total") or {}), "need": NEXT_TOTAL})
    drafting.change(standard_id=draft.pk, seen=draft.sha256, edit=edit, by=cast.second_staff, at=at)
    # Everybody was looked at a moment ago.
    EvaluationMark.objects.all().delete()


def _step_in(cast: Cast, *, at: datetime) -> None:
    """Cases no rule can see: certificates that turned out not to be genuine, and doubts that need a closer look."""
    staff = cast.by_role["esg_staff"]
    held = _holders(SUSPENDED_BY_PEOPLE + REVOKED)
    for supplier_id in held[:SUSPENDED_BY_PEOPLE]:
        deciding.suspend(supplier_id=supplier_id, reason="媒体报道涉嫌超标排放，核查期间暂停标签。", by=staff, at=at)
    for supplier_id in held[SUSPENDED_BY_PEOPLE:]:
        proposal = deciding.propose_revocation(
            supplier_id=supplier_id, ground="false_statement", reason="所附证书经发证机构核实不真实。", by=staff, at=at
        )
        deciding.confirm_revocation(proposal_id=proposal.pk, by=cast.second_staff, at=at + timedelta(hours=1))


def _holders(count: int) -> Sequence[int]:
    """Some who hold a label, never the showcase company."""
    holders = Label.objects.filter(state=LabelState.AWARDED).exclude(supplier_id=1).order_by("supplier_id")
    return list(holders.values_list("supplier_id", flat=True)[:count])


def _fill_the_committee(cast: Cast, *, at: datetime) -> None:
    """What waits for the people who sign in: exceptions to confirm, a revocation, appeals to answer."""
    for supplier_id in _near_misses(EXCEPTIONS):
        until = (at + timedelta(days=120)).date()
        reason = "环境管理体系证书换证审核已完成，发证机构书面确认下月发证。"
        exceptions.propose_exception(supplier_id=supplier_id, level="green", until=until, reason=reason, by=cast.second_staff, at=at)
    misused, announced = _holders(2)
    deciding.propose_revocation(
        supplier_id=misused,
        ground="misuse",
        reason="该公司在产品包装上使用标签，使人误认为产品获得认证。",
        by=cast.second_staff,
        at=at,
    )
    day = (at + timedelta(days=12)).date()
    reason = "约定的现场审核两次未能进行；届时仍未审核的，标签暂停。"
    deciding.suspend(supplier_id=announced, reason=reason, by=cast.second_staff, at=at, effective_on=day)
    steps = LabelEvent.objects.filter(kind__in=["suspended", "warned"], notice_on__gte=at.date() - timedelta(days=25))
    for event in steps.exclude(supplier=1).order_by("-number", "supplier_id")[:APPEALS]:
        by = User.objects.get(memberships__supplier_id=event.supplier_id)
        text = "该问题项所涉整改已于通知前完成，整改报告与第三方检测结果均已上传，请予复核。"
        appealing.lodge(event_id=event.pk, text=text, documents=[], by=by, at=at)


def _publish_and_watch(cast: Cast, *, at: datetime) -> None:
    """Most companies show their name; procurement buys for two units. Nobody gets mail about what happened before the demo began."""
    holders = Label.objects.values_list("supplier_id", "supplier__memberships__user")
    shown = {supplier_id: user_id for supplier_id, user_id in holders if user_id and supplier_id % 7}
    Publication.objects.bulk_create(
        Publication(supplier_id=supplier_id, name=True, place=True, qualifications=True, agreed_by_id=user_id, agreed_at=at)
        for supplier_id, user_id in shown.items()
    )
    for unit in BuyingUnit.objects.order_by("pk")[:2]:
        UnitWatch.objects.create(user=cast.by_role["reviewer"], unit=unit)
    Notice.objects.bulk_create((Notice(event_id=pk, told_at=at) for pk in LabelEvent.objects.values_list("pk", flat=True)), batch_size=5000)


def _near_misses(count: int) -> Sequence[int]:
    """Without a label for one missed criterion that may be overlooked."""
    waiting = Decision.objects.filter(outcome="", supplier__label=None, supplier__state="active").order_by("supplier_id")
    found: list[int] = []
    for supplier_id, criteria in waiting.values_list("supplier_id", "criteria").iterator(chunk_size=500):
        missed = [line["key"] for line in criteria["criteria"] if "green" in line["missed"]]
        if len(missed) == 1 and missed[0].startswith("qualification"):
            found.append(supplier_id)
        if len(found) == count:
            break
    return found
