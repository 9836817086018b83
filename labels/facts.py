"""Reads what a green standard looks at, for any number of suppliers, with one statement a kind of fact.

Facts are those known at the moment `at`: a review closed later, a finding opened later, a certificate uploaded later do not
count yet. So an evaluation for a past day sees what was known then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from accounts.prepared import run_prepared
from labels.criteria import EVIDENCED, VERIFIED, Basis, Facts, Overlooked, Paper
from labels.dates import LEDGER_ZONE
from labels.rules import Rules
from labels.transitions import LabelState


# Each is asked with: suppliers (an array, or null for all), at, on, and what the standard names.
LEDGER = """
    SELECT supplier.id, supplier.category, supplier.headcount_band, supplier.state,
           label.state, label.level, label.standard_id, label.valid_from, label.valid_to, label.until, label.is_held,
           step.number, step.effective_on, label.is_due, decision.content_sha256
    FROM suppliers_supplier supplier
    LEFT JOIN labels_label label ON label.supplier_id = supplier.id
    LEFT JOIN labels_labelevent step ON step.id = label.last_event_id
    LEFT JOIN labels_decision decision ON decision.supplier_id = supplier.id
    WHERE (%(suppliers)s::bigint[] IS NULL OR supplier.id = ANY(%(suppliers)s::bigint[]))
    ORDER BY supplier.id
"""
# The newest closed one, and the newest submitted one unless it is the same.
ASSESSMENTS = """
    SELECT assessment.supplier_id, assessment.id, assessment.is_closed, assessment.closed_at,
           assessment.evidenced, assessment.verified, assessment.area_scores::text, nullif(score.triggers_hit::text, '[]')
    FROM (
        SELECT id, supplier_id, closed_at, evidenced, verified, area_scores, is_closed,
               row_number() OVER (PARTITION BY supplier_id, is_closed ORDER BY closed_at DESC NULLS LAST, created_at DESC, id DESC) AS place
        FROM (
            SELECT *, (status = 'closed' AND closed_at <= %(at)s::timestamptz) AS is_closed FROM assessments_assessment
            WHERE submitted_at <= %(at)s::timestamptz AND evidenced IS NOT NULL AND campaign_id = ANY(%(campaigns)s::bigint[])
              AND (%(suppliers)s::bigint[] IS NULL OR supplier_id = ANY(%(suppliers)s::bigint[]))
        ) scored
    ) assessment
    LEFT JOIN assessments_score score ON score.assessment_id = assessment.id AND score.is_current
    WHERE assessment.place = 1
"""
# What a reviewer put in the place of an answer counts instead of it, when the review is closed.
ANSWERS = """
    SELECT asked.supplier_id, answer.question, coalesce(verdict.corrected, answer.value)::text,
           starts_with(coalesce(verdict.outcome, ''), 'reject')
    FROM unnest(%(assessments)s::bigint[], %(owners)s::bigint[]) AS asked (assessment_id, supplier_id)
    JOIN assessments_assessment assessment ON assessment.id = asked.assessment_id
    JOIN assessments_answer answer ON answer.assessment_id = assessment.id
    LEFT JOIN assessments_verdict verdict
        ON verdict.answer_id = answer.id AND assessment.status = 'closed' AND assessment.closed_at <= %(at)s::timestamptz
    WHERE answer.question = ANY(%(questions)s::text[]) AND answer.site_id IS NULL
"""
PAPERS = """
    SELECT document.supplier_id, document.id, document.kind, document.valid_from, document.valid_to,
           (document.uploaded_at AT TIME ZONE %(zone)s::text)::date
    FROM suppliers_document document
    WHERE document.kind = ANY(%(kinds)s::text[]) AND document.uploaded_at <= %(at)s::timestamptz
      AND (%(suppliers)s::bigint[] IS NULL OR document.supplier_id = ANY(%(suppliers)s::bigint[]))
      AND NOT EXISTS (
          SELECT FROM suppliers_document newer WHERE newer.replaces_id = document.id AND newer.uploaded_at <= %(at)s::timestamptz
      )
"""
FINDINGS = """
    SELECT supplier_id, id, severity, due_on, (opened_at AT TIME ZONE %(zone)s::text)::date
    FROM assessments_finding
    WHERE severity IN ('critical', 'major') AND opened_at <= %(at)s::timestamptz AND (closed_at IS NULL OR closed_at > %(at)s::timestamptz)
      AND (%(suppliers)s::bigint[] IS NULL OR supplier_id = ANY(%(suppliers)s::bigint[]))
    ORDER BY id
"""
# Only what a person has upheld, and of ratings the bad ones (`PublicRecord.is_violation`). A record entered late still speaks of the day
# of its decision.
VIOLATIONS = """
    SELECT supplier_id, id, decided_on
    FROM suppliers_publicrecord
    WHERE status = 'upheld' AND judged_at <= %(at)s::timestamptz AND rating NOT IN ('green', 'blue', 'yellow')
      AND (%(suppliers)s::bigint[] IS NULL OR supplier_id = ANY(%(suppliers)s::bigint[]))
    ORDER BY id
"""
# An agreement whose newest appraisal says so does not count.
AGREEMENTS = """
    SELECT supplier_id, id, ends_on
    FROM pilots_agreement
    WHERE status IN ('active', 'in_recalculation') AND starts_on <= %(on)s::date AND ends_on >= %(on)s::date
      AND id NOT IN (
          SELECT agreement_id FROM (
              SELECT DISTINCT ON (agreement_id) agreement_id, consequence FROM pilots_appraisal
              WHERE status = 'confirmed' AND confirmed_at <= %(at)s::timestamptz ORDER BY agreement_id, confirmed_at DESC, id DESC
          ) newest WHERE consequence = 'label'
      )
      AND (%(suppliers)s::bigint[] IS NULL OR supplier_id = ANY(%(suppliers)s::bigint[]))
    ORDER BY id
"""
# Of two decisions about one criterion, the later one.
OVERLOOKED = """
    SELECT supplier_id, by, id, level, criteria::text FROM (
        SELECT supplier_id, 'exception' AS by, id, level, criteria, decided_at FROM labels_proposal
        WHERE kind = 'except' AND state = 'confirmed' AND decided_at <= %(at)s::timestamptz AND until >= %(on)s::date
        UNION ALL
        SELECT supplier_id, 'appeal', id, level, criteria, decided_at FROM labels_appeal
        WHERE state = 'upheld' AND level <> '' AND decided_at <= %(at)s::timestamptz AND overlooked_until >= %(on)s::date
    ) decided
    WHERE (%(suppliers)s::bigint[] IS NULL OR supplier_id = ANY(%(suppliers)s::bigint[]))
    ORDER BY decided_at, by, id
"""
CAMPAIGNS = """
    SELECT campaign.id FROM assessments_campaign campaign
    JOIN assessments_questionnaireversion questionnaire ON questionnaire.id = campaign.questionnaire_id
    WHERE questionnaire.key = %(questionnaire)s::text
"""


class Standing(NamedTuple):
    """A supplier before an evaluation: its facts, its label, and its last decision."""

    supplier_id: int
    facts: Facts
    label: LabelState
    content_sha256: str | None


@dataclass
class _Gathered:
    """What the statements brought, by supplier."""

    bases: dict[int, Basis] = field(default_factory=dict)
    gates: dict[int, dict[str, int]] = field(default_factory=dict)
    answers: dict[int, dict[tuple[str, str], str]] = field(default_factory=dict)
    papers: dict[int, list[Paper]] = field(default_factory=lambda: defaultdict(list))
    criticals: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    majors: dict[int, list[tuple[int, date | None, date]]] = field(default_factory=lambda: defaultdict(list))
    violations: dict[int, list[tuple[int, date]]] = field(default_factory=lambda: defaultdict(list))
    agreements: dict[int, list[tuple[int, date]]] = field(default_factory=lambda: defaultdict(list))
    overlooked: dict[int, dict[str, Overlooked]] = field(default_factory=lambda: defaultdict(dict))


def read(
    rules: Rules, *, supplier_ids: Sequence[int] | None, on: date, at: datetime, judged_by: Container[int] | None = None
) -> Iterator[Standing]:
    """Everybody, where no suppliers are named; in order of their numbers. `judged_by`: of them, only those whose scores count from one
    of these assessments."""
    reader = FactReader(rules, supplier_ids=supplier_ids, on=on, at=at, judged_by=judged_by)
    reader.gather()
    yield from reader.standings()


def read_without_scores(rules: Rules, *, supplier_id: int, on: date, at: datetime) -> Standing | None:
    """All but what its assessments say: for whoever supposes other answers."""
    reader = FactReader(rules, supplier_ids=[supplier_id], on=on, at=at)
    reader.gather_others()
    return next(reader.standings(), None)


class FactReader:
    def __init__(
        self, rules: Rules, *, supplier_ids: Sequence[int] | None, on: date, at: datetime, judged_by: Container[int] | None = None
    ) -> None:
        self.rules = rules
        self.judged_by = judged_by
        self.parameters: dict[str, Any] = {
            "suppliers": list(supplier_ids) if supplier_ids is not None else None,
            "on": on,
            "at": at,
            "zone": LEDGER_ZONE.key,
            "kinds": rules.paper_kinds,
            "questionnaire": rules.questionnaire,
        }
        self.gathered = _Gathered()

    def standings(self) -> Iterator[Standing]:
        for row in self.rows(LEDGER):
            supplier_id, has_ledger = row[0], row[11] is not None
            label = LabelState(*row[4:14]) if has_ledger else LabelState()
            yield Standing(supplier_id, self.facts_of(supplier_id, *row[1:4]), label, row[14])

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return run_prepared(statement, self.parameters)

    def gather(self) -> None:
        self.gather_answered()
        self.gather_others()

    def gather_answered(self) -> None:
        self.parameters["campaigns"] = [row[0] for row in self.rows(CAMPAIGNS)]
        self.gather_assessments()
        if self.judged_by is not None:
            self.keep_those(self.judged_by)
        self.gather_answers()

    def gather_others(self) -> None:
        gathered = self.gathered
        for supplier_id, *paper in self.rows(PAPERS):
            gathered.papers[supplier_id].append(Paper(*paper))
        for supplier_id, number, severity, due_on, opened_on in self.rows(FINDINGS):
            if severity == "critical":
                gathered.criticals[supplier_id].append(number)
            else:
                gathered.majors[supplier_id].append((number, due_on, opened_on))
        for supplier_id, number, day in self.rows(VIOLATIONS):
            gathered.violations[supplier_id].append((number, day))
        for supplier_id, number, day in self.rows(AGREEMENTS):
            gathered.agreements[supplier_id].append((number, day))
        for supplier_id, by, number, level, criteria in self.rows(OVERLOOKED):
            gathered.overlooked[supplier_id] |= {key: Overlooked(by, number, level) for key in orjson.loads(criteria)}

    def gather_assessments(self) -> None:
        bases, gates = self.gathered.bases, self.gathered.gates
        for supplier_id, number, is_closed, closed_at, evidenced, verified, areas, hits in self.rows(ASSESSMENTS):
            if is_closed or supplier_id not in bases:
                bases[supplier_id] = basis_of(number, closed_at if is_closed else None, evidenced, verified, areas)
            if hits:
                found = {hit["key"]: number for hit in orjson.loads(hits) if hit["kind"] == "gate"}
                gates[supplier_id] = {**gates.get(supplier_id, {}), **found}

    def keep_those(self, judged_by: Container[int]) -> None:
        """Before anything else is asked about the others."""
        self.gathered.bases = {pk: basis for pk, basis in self.gathered.bases.items() if basis.assessment_id in judged_by}
        self.parameters["suppliers"] = list(self.gathered.bases)

    def gather_answers(self) -> None:
        """The reviewed assessment's own answers decide what is asked of its supplier."""
        bases = self.gathered.bases
        self.parameters["assessments"] = [basis.assessment_id for basis in bases.values()]
        self.parameters["owners"] = list(bases)
        self.parameters["questions"] = sorted({question for question, _field in self.rules.questions})
        fields = defaultdict(list)
        for question, name in self.rules.questions:
            fields[question].append(name)
        figures = set(self.rules.figures)
        for supplier_id, question, value, is_rejected in self.rows(ANSWERS):
            answer = orjson.loads(value)
            names = (name for name in fields[question] if not (is_rejected and (question, name) in figures))
            given = {(question, name): answer[name] for name in names if isinstance(answer.get(name), str)}
            self.gathered.answers[supplier_id] = {**self.gathered.answers.get(supplier_id, {}), **given}

    def facts_of(self, supplier_id: int, category: str, headcount: str, state: str) -> Facts:
        gathered = self.gathered
        return Facts(
            category,
            headcount,
            state,
            gathered.bases.get(supplier_id),
            gathered.gates.get(supplier_id, {}),
            gathered.answers.get(supplier_id, {}),
            gathered.papers.get(supplier_id, ()),
            gathered.criticals.get(supplier_id, ()),
            gathered.majors.get(supplier_id, ()),
            gathered.violations.get(supplier_id, ()),
            gathered.agreements.get(supplier_id, ()),
            gathered.overlooked.get(supplier_id, {}),
        )


def basis_of(number: int, closed_at: datetime | None, evidenced: Decimal, verified: Decimal | None, areas: str) -> Basis:
    # A review that was closed a moment ago may wait for its verified score; until then the evidenced one stands in, as stated.
    score = VERIFIED if closed_at is not None and verified is not None else EVIDENCED
    return Basis(
        number,
        score,
        verified if score == VERIFIED else evidenced,
        {area: scores.get(score) for area, scores in orjson.loads(areas).items()},
        closed_at.astimezone(LEDGER_ZONE).date() if closed_at is not None else None,
    )
