"""What an open finding costs in terms of the label: the standard in force judges the facts twice, with the finding and without."""

from datetime import datetime

from assessments.findings.effect import LabelEffect, ScoreEffect, knows_labels
from assessments.models import Finding
from assessments.scoring.scorer import GATE, Result
from labels import facts, standards
from labels.criteria import EVIDENCED, VERIFIED, Basis, Facts
from labels.dates import ledger_day
from labels.evaluation import decide
from labels.explaining import in_language, level_title


@knows_labels
def effect_of_finding(finding: Finding, score: ScoreEffect, at: datetime) -> LabelEffect | None:
    on = ledger_day(at)
    try:
        standard = standards.in_force(on)
    except standards.NoStandardInForce:
        return None
    rules = standards.rules_of(standard)
    standing = next(facts.read(rules, supplier_ids=[finding.supplier_id], on=on, at=at), None)
    if standing is None:
        return None
    before, after = decide(rules, standing.facts, on), decide(rules, _without(finding, standing.facts, score), on)
    criteria = [
        in_language(rules.rule_of[check.key].title)
        for check, spared in zip(before.checks, after.checks, strict=True)
        if check.missed != spared.missed
    ]
    return LabelEffect(
        standard=str(standard),
        now=level_title(rules, before.level) if before.level else "",
        without=level_title(rules, after.level) if after.level else "",
        criteria=criteria,
    )


def _without(finding: Finding, known: Facts, score: ScoreEffect) -> Facts:
    """What the standard would look at if the finding, and the rule or verdict behind it, were not there."""
    stays = {hit.key for hit in score.without.triggers if hit.kind == GATE}
    gates = {key: by for key, by in known.gates.items() if by != finding.assessment_id or key in stays}
    return known._replace(
        critical_findings=[pk for pk in known.critical_findings if pk != finding.pk],
        major_findings=[major for major in known.major_findings if major[0] != finding.pk],
        gates=gates,
        basis=_basis(finding, known.basis, score.without) if score.takes_points else known.basis,
    )


def _basis(finding: Finding, basis: Basis | None, without: Result) -> Basis | None:
    if basis is None or basis.assessment_id != finding.assessment_id:
        return basis
    number = VERIFIED if basis.score == VERIFIED else EVIDENCED
    areas = {code: None if (points := getattr(area, number)) is None else str(points) for code, area in without.areas.items()}
    return basis._replace(total=getattr(without, number), areas=areas)
