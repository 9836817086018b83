"""Two yearly cycles of assessments with their answers, evidence and verdicts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from assessments.models import Campaign, QuestionnaireVersion
from assessments.questionnaires.names import AnswerState, Facts
from assessments.scoring.scorer import RuleSet
from assessments.scoring.site_answers import sites_of
from config.demo.answers import AnswerPools, DrawnAnswer
from config.demo.copying import copy_rows, copy_text, move_sequences
from config.demo.figures import gone_on, is_about_quantities
from config.demo.people import Cast
from config.demo.world import DemoSupplier


LAST_CYCLE = (("closed", 88), ("lapsed", 12))
THIS_CYCLE = (("not_started", 20), ("in_progress", 24), ("submitted", 12), ("in_review", 8), ("returned", 4), ("closed", 32))
# Share of questions answered, by state.
COMPLETE = {"in_progress": (0.05, 0.9), "lapsed": (0.0, 0.6), "returned": (0.9, 1.0)}
REJECTIONS = (
    "证书已过有效期，请上传最新版本。",
    "文件缺页，看不到签发机关印章。",
    "所附记录与填报年度不符。",
    "数量与上一年度差异较大，请说明计算口径。",
)
CORRECTION = "所附文件与填报不符，按文件更正。"
# Of the evidence that is not accepted as it is.
CORRECTED_SHARE = 0.4
ZERO_TOLERANCE_SHARE = 0.012
# Share of the questions asked of several sites to which one of them answers differently.
SITE_DIFFERS, SITE_DIFFERS_IN_SHOWCASE = 0.06, 0.4
# What is attached to a question where the company has it on file; anything else is proven by a plain record.
PROOFS = {
    "E1-02": "discharge_permit",
    "E1-03": "discharge_permit",
    "E1-04": "discharge_permit",
    "E2-01": "iso_14001",
    "E2-08": "fsc_pefc",
    "E2-09": "energy_label",
    "E2-10": "green_building",
    "E4-08": "renewable_energy",
    "E4-16": "pue_report",
    "E4-17": "renewable_energy",
    "H-01": "iso_45001",
    "T-13": "code_of_conduct",
}


@dataclass(slots=True)
class DemoAssessment:
    id: int
    supplier: DemoSupplier
    status: str
    started: datetime | None
    submitted: datetime | None
    closed: datetime | None
    reviewer_id: int | None
    returned_reason: str = ""


@dataclass(slots=True)
class Counters:
    assessment: int = 0
    answer: int = 0
    # Supplier -> kind of document -> its number.
    documents: dict[int, dict[str, int]] = field(default_factory=dict)
    # Numbers of documents that have ended: they are there, and no evidence any more.
    ended: set[int] = field(default_factory=set)
    # Supplier -> question -> the quantities it answered last.
    quantities: dict[int, dict[str, DrawnAnswer]] = field(default_factory=dict)


def create_campaign(version: QuestionnaireVersion, *, cycle: int, opens: date, due: date, by_id: int, closed: bool) -> Campaign:
    return Campaign.objects.create(
        title_en=f"Supplier ESG self-assessment FY{cycle}",
        title_zh=f"{cycle}财年供应商ESG自评",
        questionnaire=version,
        cycle=cycle,
        opens_on=opens,
        due_on=due,
        status=Campaign.Status.CLOSED if closed else Campaign.Status.OPEN,
        created_by_id=by_id,
        launched_at=noon(opens),
        launched_by_id=by_id,
    )


def create_assessments(
    campaign: Campaign, suppliers: Sequence[DemoSupplier], cast: Cast, random: Random, counters: Counters, *, today: date
) -> list[DemoAssessment]:
    shares = LAST_CYCLE if campaign.status == Campaign.Status.CLOSED else THIS_CYCLE
    states, weights = [state for state, _ in shares], [weight for _, weight in shares]
    span = (min(today, campaign.due_on) - campaign.opens_on).days
    made = []
    for supplier in suppliers:
        is_last_year = campaign.status == Campaign.Status.CLOSED
        if not supplier.in_business or (supplier.is_new and is_last_year):
            continue
        counters.assessment += 1
        showcase = supplier.id == 1
        status = random.choices(states, weights=weights)[0]
        if showcase:
            status = "closed" if is_last_year else "in_progress"
        made.append(_assessment(counters.assessment, supplier, status, campaign, span, cast, random))
    copy_rows(
        "assessments_assessment",
        (
            "id",
            "campaign_id",
            "supplier_id",
            "status",
            "due_on",
            "created_at",
            "started_at",
            "submitted_at",
            "submitted_by_id",
            "reviewer_id",
            "returned_reason",
            "closed_at",
            "closed_by_id",
            "area_scores",
        ),
        (
            (
                a.id,
                campaign.pk,
                a.supplier.id,
                a.status,
                campaign.due_on,
                noon(campaign.opens_on),
                a.started,
                a.submitted,
                a.supplier.user_id if a.submitted else None,
                a.reviewer_id,
                a.returned_reason,
                a.closed,
                a.reviewer_id if a.closed else None,
                "{}",
            )
            for a in made
        ),
    )
    return made


def _assessment(
    number: int, supplier: DemoSupplier, status: str, campaign: Campaign, span: int, cast: Cast, random: Random
) -> DemoAssessment:
    opens = noon(campaign.opens_on)
    started = opens + timedelta(days=random.randint(1, max(2, span // 2)), minutes=random.randint(0, 400))
    submitted = started + timedelta(days=random.randint(1, max(2, span // 3)), minutes=random.randint(0, 400))
    handed_in = status in {"submitted", "in_review", "returned", "closed"}
    reviewed = status in {"in_review", "returned", "closed"}
    return DemoAssessment(
        id=number,
        supplier=supplier,
        status=status,
        started=started if status != "not_started" else None,
        submitted=submitted if handed_in else None,
        closed=submitted + timedelta(days=random.randint(2, 12)) if status == "closed" else None,
        reviewer_id=random.choice(cast.reviewers) if reviewed else None,
        returned_reason="请补充缺失的证明文件，并核对能源数据的单位。" if status == "returned" else "",
    )


def create_answers(
    assessments: Sequence[DemoAssessment], rules: RuleSet, pools: AnswerPools, random: Random, counters: Counters
) -> Iterator[int]:
    """Writes the answers, evidence and verdicts in slices; yields how many assessments are done."""
    for start in range(0, len(assessments), 1000):
        lines: list[str] = []
        evidence: list[tuple[object, ...]] = []
        verdicts: list[tuple[object, ...]] = []
        for assessment in assessments[start : start + 1000]:
            _write(assessment, rules, pools, random, counters, lines, evidence, verdicts)
        columns = (
            "id",
            "assessment_id",
            "question",
            "site_id",
            "value",
            "note",
            "version",
            "evidence_count",
            "updated_by_id",
            "updated_at",
        )
        copy_text("assessments_answer", columns, ["".join(lines)])
        copy_rows("assessments_evidenceuse", ("answer_id", "document_id", "added_by_id", "added_at"), evidence)
        copy_rows(
            "assessments_verdict", ("answer_id", "assessment_id", "outcome", "reason", "corrected", "by_id", "at", "version"), verdicts
        )
        yield min(start + 1000, len(assessments))
    move_sequences(["assessments_assessment", "assessments_answer"])


def _write(
    assessment: DemoAssessment,
    rules: RuleSet,
    pools: AnswerPools,
    random: Random,
    counters: Counters,
    lines: list[str],
    evidence: list[tuple[object, ...]],
    verdicts: list[tuple[object, ...]],
) -> None:
    if assessment.started is None:
        return
    supplier = assessment.supplier
    documents = counters.documents[supplier.id]
    saved = assessment.submitted or assessment.started
    stamp = saved.isoformat()
    reviewed = assessment.reviewer_id is not None and (assessment.status == "closed" or random.random() < 0.6)
    given = _continuing(assessment, rules, dict(_answers(assessment, rules, pools, random)), counters)
    for code, site, drawn in _differing(assessment, rules, pools, given):
        counters.answer += 1
        lines.append(f"{counters.answer}\t{assessment.id}\t{code}\t{site}\t{drawn.copy_text}\t\t1\t0\t{supplier.user_id}\t{stamp}\n")
    for code, drawn in given.items():
        counters.answer += 1
        attached = drawn.asks_evidence and random.random() < supplier.evidence_habit * 0.75
        document = documents.get(PROOFS.get(code, ""), documents["other"])
        counts = int(attached and document not in counters.ended)
        lines.append(f"{counters.answer}\t{assessment.id}\t{code}\t\\N\t{drawn.copy_text}\t\t1\t{counts}\t{supplier.user_id}\t{stamp}\n")
        if attached:
            evidence.append((counters.answer, document, supplier.user_id, saved))
        if reviewed and drawn.asks_evidence and random.random() < 0.12:
            outcome = "accept" if random.random() < 0.72 + 0.26 * supplier.quality else "reject_evidence" if attached else "query"
            reason = "" if outcome == "accept" else random.choice(REJECTIONS)
            corrected = _corrected(code, drawn, pools, supplier.headcount, counters.answer) if outcome == "reject_evidence" else None
            if corrected is not None:
                outcome, reason = "correct", CORRECTION
            at = assessment.closed or saved
            verdicts.append((counters.answer, assessment.id, outcome, reason, corrected, assessment.reviewer_id, at, 1))


def _corrected(code: str, drawn: DrawnAnswer, pools: AnswerPools, headcount: str, seed: int) -> str | None:
    """Now and then the document says something else than the answer, and the reviewer writes down what."""
    random = Random(seed)  # noqa: S311 - the same demo every time is the point
    if random.random() > CORRECTED_SHARE:
        return None
    instead = pools.draw(code, 0.2, headcount, random).value
    return json.dumps(instead, ensure_ascii=False) if instead != drawn.value else None


def _continuing(assessment: DemoAssessment, rules: RuleSet, given: dict[str, DrawnAnswer], counters: Counters) -> dict[str, DrawnAnswer]:
    """With quantities that follow on those of the last cycle."""
    random = Random(assessment.id)  # noqa: S311 - the same demo every time is the point
    last = counters.quantities.setdefault(assessment.supplier.id, {})
    for code, drawn in given.items():
        if is_about_quantities(rules.questionnaire.question(code)):
            last[code] = gone_on(last[code], random) if code in last else drawn
    return {code: last.get(code, drawn) for code, drawn in given.items()}


def _differing(
    assessment: DemoAssessment, rules: RuleSet, pools: AnswerPools, given: Mapping[str, DrawnAnswer]
) -> Iterator[tuple[str, int, DrawnAnswer]]:
    """Here and there, one site of several answers for itself, and not as well as the others."""
    supplier, random = assessment.supplier, Random(assessment.id)  # noqa: S311 - the same demo every time is the point
    sites = {site.id: site.type for site in supplier.sites}
    for code in given:
        asked = sites_of(rules.questionnaire.question(code), sites)
        if len(asked) > 1 and random.random() < (SITE_DIFFERS_IN_SHOWCASE if supplier.id == 1 else SITE_DIFFERS):
            yield code, random.choice(asked), pools.draw(code, supplier.quality - 0.3, supplier.headcount, random)


def _answers(assessment: DemoAssessment, rules: RuleSet, pools: AnswerPools, random: Random) -> Iterator[tuple[str, DrawnAnswer]]:
    """Draw an answer for everything that could be asked, then keep what the rules ask once the answers are known."""
    supplier = assessment.supplier
    facts = Facts(supplier.category, supplier.country, supplier.headcount, tuple((s.type, s.country) for s in supplier.sites))
    low, high = COMPLETE.get(assessment.status, (0.93, 1.0))
    complete = 0.62 if supplier.id == 1 and assessment.status == "in_progress" else low + (high - low) * random.random()
    performance = {area: min(1.0, max(0.0, supplier.quality + lean)) for area, lean in supplier.leaning.items()}
    drawn: dict[str, DrawnAnswer] = {}
    for question in rules.questionnaire.questions:
        level = min(1.0, max(0.0, random.gauss(performance[question.area], 0.1)))
        drawn[question.code] = pools.draw(question.code, level, supplier.headcount, random)
    if random.random() < ZERO_TOLERANCE_SHARE and supplier.id != 1:
        code = random.choice(pools.worst_codes)
        drawn[code] = pools.worst[code]
    states = {code: AnswerState(answer.value, False, None) for code, answer in drawn.items()}
    asked = rules.applicable(facts, states)
    # People work from the front: the first areas are the full ones.
    reach = complete * len(asked)
    for place, code in enumerate(asked):
        if place < reach or random.random() < 0.15 * complete:
            yield code, drawn[code]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(4, 0), tzinfo=UTC)
