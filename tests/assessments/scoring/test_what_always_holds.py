"""What must hold for any questionnaire, supplier and answers, and the two writers of what is hashed."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import canonical, canonical_fast
from assessments.questionnaires.names import AnswerState, Correction
from assessments.scoring import receipts, scorer
from assessments.scoring.dependencies import dependencies_of
from assessments.scoring.scorer import ACCEPT, CORRECT
from tests.assessments.scoring.support import (
    Case,
    cases,
    quickly,
    said,
    shipped,
    some_answer,
    some_value,
    totals,
)
from tests.assessments.small import MEDIA, question, rules


@quickly
@given(cases(corrections=False))
def test_verified_is_never_above_evidenced_nor_evidenced_above_declared(case: Case) -> None:
    rule_set, facts, answers, reviewed, _ = case
    result = rule_set.score(facts, answers, reviewed)

    for declared, evidenced, verified in [(result.declared, result.evidenced, result.verified), *result.areas.values()]:
        if declared is not None and evidenced is not None:
            assert 0 <= evidenced <= declared <= 100
            assert verified is None or 0 <= verified <= evidenced


@quickly
@given(cases())
def test_a_correction_changes_the_verified_score_alone(case: Case) -> None:
    rule_set, facts, answers, reviewed, rng = case
    corrected = {
        code: answer._replace(verdict=Correction(CORRECT, some_answer(rule_set.questionnaire.question(code), rng)))
        if rng.random() < 0.5
        else answer
        for code, answer in answers.items()
    }

    before, after = rule_set.score(facts, answers, reviewed), rule_set.score(facts, corrected, reviewed)

    assert (after.declared, after.evidenced, after.evidence_coverage) == (before.declared, before.evidenced, before.evidence_coverage)
    assert (after.asked, after.answered) == (before.asked, before.answered)
    for code, area in after.areas.items():
        assert (area.declared, area.evidenced) == (before.areas[code].declared, before.areas[code].evidenced)


@quickly
@given(cases(corrections=False))
def test_a_correction_counts_as_that_answer_accepted(case: Case) -> None:
    rule_set, facts, answers, reviewed, rng = case
    # Others look at some answers: these are taken as given, so there a correction and another answer are two things.
    watched = dependencies_of(rule_set).watchers
    codes = [code for code in sorted(answers) if code not in watched]
    if not codes:
        return
    code = rng.choice(codes)
    value, answer = some_answer(rule_set.questionnaire.question(code), rng), answers[code]
    corrected = {**answers, code: answer._replace(verdict=Correction(CORRECT, value))}
    answered = {**answers, code: answer._replace(value=value, verdict=ACCEPT)}

    one, other = rule_set.score(facts, corrected, reviewed), rule_set.score(facts, answered, reviewed)

    assert (one.verified, one.triggers) == (other.verified, other.triggers)
    assert [area.verified for area in one.areas.values()] == [area.verified for area in other.areas.values()]


@quickly
@given(cases())
def test_a_score_with_corrections_follows_from_its_receipt(case: Case) -> None:
    rule_set, facts, answers, reviewed, _ = case
    as_file = json.loads(json.dumps(receipts.build(rule_set, facts, answers, reviewed)))

    assert receipts.verify(as_file) == []
    assert receipts.recompute(as_file) == rule_set.score(facts, answers, reviewed)


@quickly
@given(cases())
def test_adding_evidence_never_lowers_a_score(case: Case) -> None:
    rule_set, facts, answers, reviewed, rng = case
    before = totals(rule_set, facts, answers, reviewed)
    code = rng.choice(sorted(answers) or [""])
    more = {key: answer._replace(has_evidence=True) if key == code else answer for key, answer in answers.items()}

    assert all(after >= was for after, was in zip(totals(rule_set, facts, more, reviewed), before, strict=True))


@quickly
@given(cases())
def test_a_better_answer_never_lowers_a_score(case: Case) -> None:
    """Better by one level. Answers that decide whether other questions are asked are left alone: those can open new ones."""
    rule_set, facts, answers, reviewed, rng = case
    levels = [
        each.code
        for each in rule_set.questionnaire.questions
        if each.credit.kind == "maturity"
        and len(each.fields) == 1
        and each.code not in rule_set.applicability.deciding
        and not each.triggers
    ]
    code = rng.choice(levels)
    answer = answers.get(code, AnswerState({}))
    low, high = sorted(rng.sample(range(5), 2))
    scores = [totals(rule_set, facts, {**answers, code: answer._replace(value={"value": str(level)})}, reviewed) for level in (low, high)]

    assert all(after >= was for was, after in zip(*scores, strict=True))


@quickly
@given(cases())
def test_a_question_that_does_not_apply_changes_nothing(case: Case) -> None:
    rule_set, facts, answers, reviewed, rng = case
    hidden = sorted(rule_set.applicability.why_not(facts, answers))
    without = {code: answer for code, answer in answers.items() if code not in hidden}
    otherwise = {
        **without,
        **{
            code: AnswerState(
                {field.key: some_value(field, rng) for field in rule_set.questionnaire.question(code).fields if field.type != "file"},
                True,
                ACCEPT,
            )
            for code in hidden
        },
    }

    results = [rule_set.score(facts, each, reviewed)._replace(inputs_sha256="") for each in (answers, without, otherwise)]

    assert results[0] == results[1] == results[2]


@quickly
@given(cases())
def test_the_order_of_answers_and_sites_changes_nothing(case: Case) -> None:
    rule_set, facts, answers, reviewed, rng = case
    shuffled = list(answers.items())
    rng.shuffle(shuffled)
    sites = facts.sites[::-1] + facts.sites[:1]

    assert rule_set.score(facts._replace(sites=sites), dict(shuffled), reviewed) == rule_set.score(facts, answers, reviewed)


@quickly
@given(cases())
def test_what_was_scored_before_changes_nothing(case: Case) -> None:
    rule_set, facts, answers, reviewed, _ = case
    fresh = scorer.compile(rule_set.questionnaire)

    assert fresh.score(facts, answers, reviewed) == rule_set.score(facts, answers, reviewed)


@quickly
@given(cases())
def test_the_lines_add_up_to_the_score(case: Case) -> None:
    rule_set, facts, answers, reviewed, _ = case
    result, lines = rule_set.score(facts, answers, reviewed), rule_set.explain(facts, answers, reviewed)
    counting = [line for line in lines if line.counts]

    for code, area in result.areas.items():
        mine = [line for line in counting if line.area == code]
        weight = sum(line.weight for line in mine)
        if weight:
            earned = sum(line.exact[0] * int(line.weight * 1000) for line in mine if line.exact[0] is not None)
            assert abs(float(earned) / float(weight * 10) - float(area.declared or 0)) <= 0.0050001
    if not result.capped and result.evidenced is not None:
        assert abs(sum(line.points for line in lines) - result.evidenced) <= Decimal("0.0051")
        assert abs(sum(line.points_possible for line in lines) - 100) <= Decimal("0.001")
    assert tuple(hit for line in lines for hit in line.triggers) == result.triggers
    assert sum(line.answered for line in lines) == result.answered
    assert sum(line.evidence in ("given", "missing") for line in lines) == result.evidence_asked


@quickly
@given(cases())
def test_a_step_gains_what_it_promises(case: Case) -> None:
    rule_set, facts, answers, _, _ = case
    before = rule_set.score(facts, answers)
    if before.capped or before.evidenced is None:
        return
    for line in rule_set.explain(facts, answers):
        for step in line.takes:
            if step.key == "attach_evidence":
                more = {**answers, line.question: answers[line.question]._replace(has_evidence=True)}
                after = rule_set.score(facts, more).evidenced
                assert after is not None
                assert abs(after - before.evidenced - step.gain) <= Decimal("0.02")


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4)), min_size=1, max_size=6))
def test_weights_do_what_they_say(parts: list[tuple[int, int]]) -> None:
    rule_set = rules(*(question(f"A-{n}", "maturity", weight=str(weight)) for n, (weight, _) in enumerate(parts)))
    answers = {f"A-{n}": said(str(level)) for n, (_, level) in enumerate(parts)}
    top, bottom = 25 * sum(weight * level for weight, level in parts), sum(weight for weight, _ in parts)

    assert rule_set.score(MEDIA, answers).declared == Decimal((200 * top + bottom) // (2 * bottom)).scaleb(-2)
    # A question of weight w counts as w questions of weight 1.
    apart = rules(*(question(f"A-{n}-{copy}", "maturity") for n, (weight, _) in enumerate(parts) for copy in range(weight)))
    copied = {f"A-{n}-{copy}": said(str(level)) for n, (weight, level) in enumerate(parts) for copy in range(weight)}
    assert apart.score(MEDIA, copied).declared == rule_set.score(MEDIA, answers).declared


@given(st.decimals(0, 100, places=2))
def test_every_score_falls_into_exactly_one_band(score: Decimal) -> None:
    rule_set = shipped()
    ends = [band.starts_at for band in rule_set.questionnaire.bands[1:]] + [Decimal("100.01")]
    within = [band.key for band, end in zip(rule_set.questionnaire.bands, ends, strict=True) if band.starts_at <= score < end]

    assert within == [rule_set.band(score)]


# --- the hash of the inputs ---------------------------------------------------------------------------------------


@quickly
@given(cases())
def test_the_fast_writer_writes_the_same_bytes(case: Case) -> None:
    _, facts, answers, reviewed, _ = case
    given_inputs = scorer.inputs(facts, answers, reviewed)

    assert canonical_fast.encode(given_inputs) == canonical.encode(given_inputs)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_both_writers_agree_on_any_json(value: Any) -> None:
    try:
        expected = canonical.encode(value)
    except UnicodeEncodeError:
        with pytest.raises(TypeError):
            canonical_fast.encode(value)
    else:
        assert canonical_fast.encode(value) == expected
