"""A year of the label ledger, grown by the real rules: the portfolio is judged at six moments, and people step in now and then."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from config.demo.people import Cast
from labels import deciding, evaluation, standards
from labels.models import Label, LabelState


# Days before today. The first is after last cycle's reviews; the gap before the last one lets labels of that cycle run out.
MOMENTS = (392, 300, 200, 100, 30, 0)
SUSPENDED_BY_PEOPLE, REVOKED = 6, 4


def create(cast: Cast, *, at: datetime) -> None:
    first = at - timedelta(days=MOMENTS[0] + 30)
    standard = standards.load_standard(standards.OURS, by=None, at=first)
    standards.publish(standard, by=cast.by_role["esg_staff"], at=first, in_force_from=first.date())
    for days in MOMENTS:
        moment = at - timedelta(days=days)
        evaluation.evaluate_all(on=moment.date(), at=moment)
        if days == 200:
            _step_in(cast, at=moment + timedelta(hours=5))


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
