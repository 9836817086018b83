"""What other scores would do to levels: the standard in force judges each supplier twice, with its scores and with those of a back-test.

Only an assessment that a supplier is judged by can change its level. Findings are left as they are: a trigger of the draft opens none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from assessments.publication.back_testing import LabelEffect, knows_labels
from assessments.scores.keeping import Scored
from labels import facts, standards
from labels.criteria import VERIFIED, Basis, Facts
from labels.dates import ledger_day
from labels.evaluation import decide
from labels.explaining import level_title


def levels(scored: Sequence[Scored], at: datetime) -> Mapping[int, tuple[str, str]]:
    """Assessment -> its supplier's level by the scores as they stand, and by these."""
    on = ledger_day(at)
    try:
        rules = standards.rules_in_force(on)
    except standards.NoStandardInForce:
        return {}
    by_id = {item.stored.id: item for item in scored}
    suppliers = sorted({item.stored.supplier_id for item in scored})
    found = {}
    # Of a supplier's older assessments, labels make nothing: whoever is not judged by one of these is not read.
    for standing in facts.read(rules, supplier_ids=suppliers, on=on, at=at, judged_by=by_id):
        basis = standing.facts.basis
        if basis is not None:
            item = by_id[basis.assessment_id]
            then = decide(rules, _with_scores(standing.facts, basis, item), on).level
            found[basis.assessment_id] = decide(rules, standing.facts, on).level, then
    return found


def _with_scores(now: Facts, basis: Basis, item: Scored) -> Facts:
    kind = basis.score
    total = item.result.verified if kind == VERIFIED else item.result.evidenced
    areas = {code: _text(area.verified if kind == VERIFIED else area.evidenced) for code, area in item.result.areas.items()}
    kept = {key: number for key, number in now.gates.items() if number != item.stored.id}
    hit = {found.key: item.stored.id for found in item.result.triggers if found.kind == "gate"}
    return now._replace(basis=basis._replace(total=total, areas=areas), gates=kept | hit)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def title(level: str, at: datetime) -> str:
    return level_title(standards.rules_in_force(ledger_day(at)), level)


knows_labels(LabelEffect(levels, title))
