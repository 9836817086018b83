"""Answers that differ from site to site: the mean calculated by hand, and what must hold for any of them."""

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments import canonical, canonical_fast
from assessments.questionnaires import questionnaire
from assessments.questionnaires.names import AnswerState, Correction, Facts, SitedState, SiteState, SiteStates, Verdict
from assessments.scoring import receipts, scorer
from assessments.scoring.scorer import ACCEPT, CORRECT, QUERY, REJECT_ANSWER, REJECT_EVIDENCE, Hit, RuleSet
from assessments.scoring.site_answers import sites_of, with_sites
from tests.assessments.scoring.support import (
    ANSWERS,
    REQUIRED,
    Case,
    cases,
    corrected,
    quickly,
    said,
    some_answer,
    some_value,
    totals,
    worked_example,
)
from tests.assessments.small import MEDIA, document, question, rules, text


def sited(shared: AnswerState, at: int, *own: SiteState) -> SitedState:
    return SitedState(*shared, SiteStates(at, own))


def own(site: int, value: Any, evidence: bool = False, verdict: Verdict = None) -> SiteState:
    return SiteState(site, {"value": value}, evidence, verdict)


# --- by hand ------------------------------------------------------------------------------------------------------

# Three sites. Level 3 with evidence stands at two of them; site 12 is at level 1 without evidence.
LEVELS = sited(said("3", True), 2, own(12, "1"))


def test_worked_example_six_a_site_that_differs() -> None:
    # A-1 declared: (2 x 3/4 + 1/4) / 3 = 7/12. Evidenced, half the credit where it is missing: (2 x 3/4 + 1/8) / 3 = 13/24.
    # Area A declared: 100 x (3 x 7/12 + 2 + 0) / 6 = 62.5. Evidenced: 100 x (3 x 13/24 + 2) / 6 = 60.4166... -> 60.42
    # Area B as in example one: 53.3333... Declared: 37.5 + 21.3333... = 58.83. Evidenced: 36.25 + 21.3333... = 57.58.
    answers = {**ANSWERS, "A-1": LEVELS}
    result = worked_example().score(MEDIA, answers)

    assert result.areas["A"][:2] == (Decimal("62.50"), Decimal("60.42"))
    assert (result.declared, result.evidenced, result.verified) == (Decimal("58.83"), Decimal("57.58"), None)
    # Two answers ask for evidence, and one has it; it is one question all the same.
    assert (result.asked, result.answered, result.evidence_asked, result.evidence_given) == (5, 5, 2, 1)
    line = worked_example().explain(MEDIA, answers)[0]
    assert line.exact[:2] == (Fraction(7, 12), Fraction(13, 24))
    assert [(part.site, part.stands_at, part.line.exact[0], part.line.evidence) for part in line.sites] == [
        (None, 2, Fraction(3, 4), "given"),
        (12, 1, Fraction(1, 4), "missing"),
    ]
    assert line.evidence == "missing"


def test_a_verdict_is_on_one_answer_and_the_mean_follows() -> None:
    answers = {"A-1": sited(said("4", True, ACCEPT), 1, own(12, "4", True, REJECT_EVIDENCE), own(13, "4", True))}
    rule_set = rules(question("A-1", "maturity", per_site=True, evidence=REQUIRED), question("A-2"))

    # Open: (1 + 1/2 + 0) / 3 of half the score. Closed, the site without verdict counts as evidenced: (1 + 1/2 + 1) / 3.
    assert rule_set.score(MEDIA, answers).verified == 25
    assert rule_set.score(MEDIA, answers, reviewed=True).verified == Decimal("41.67")
    # One question, and not all of its answers are judged.
    assert rule_set.score(MEDIA, answers).reviewed == 0


def test_a_site_for_which_it_does_not_apply_is_left_out_of_the_mean() -> None:
    rule_set = rules(question("A-1", "yes_no_na", per_site=True), question("A-2"))
    one_out = {"A-1": sited(said("yes"), 1, own(12, "na"), own(13, "no")), "A-2": said("yes")}
    all_out = {"A-1": sited(said("na"), 1, own(12, "na", verdict=REJECT_ANSWER)), "A-2": said("yes", verdict=ACCEPT)}

    assert rule_set.score(MEDIA, one_out).declared == 75
    # Out of the declared score; what was rejected comes back with 0 in the verified one.
    assert (rule_set.score(MEDIA, all_out).declared, rule_set.score(MEDIA, all_out).verified) == (100, 50)


def test_a_rule_is_hit_once_at_however_many_sites_and_not_by_an_answer_that_stands_nowhere() -> None:
    trigger = [{"kind": "zero_tolerance", "when": "value = no", "key": "A-1-no", "text": text("No")}]
    rule_set = rules(question("A-1", per_site=True, triggers=trigger))

    everywhere = rule_set.score(MEDIA, {"A-1": sited(said("no"), 2, own(12, "no"))})
    overruled = rule_set.score(MEDIA, {"A-1": sited(said("no"), 0, own(12, "yes"), own(13, "yes"))})

    assert everywhere.triggers == (Hit("zero_tolerance", "A-1", "A-1-no"),)
    assert (overruled.triggers, overruled.declared) == ((), 100)


def test_a_question_is_answered_when_the_answer_for_all_and_each_other_one_is_whole() -> None:
    two_fields = [{"key": "value", "type": "yes_no", "label": text("Done")}, {"key": "since", "type": "date", "label": text("Since")}]
    rule_set = rules({**question("A-1", per_site=True), "fields": two_fields})
    whole = {"value": "yes", "since": "2026-01-01"}

    def answered(shared: dict[str, Any], *sites: dict[str, Any]) -> int:
        states = [SiteState(number, value) for number, value in enumerate(sites)]
        return rule_set.score(MEDIA, {"A-1": sited(AnswerState(shared), 1, *states)}).answered

    assert answered(whole, whole) == 1
    assert answered(whole, {"value": "yes"}) == 0
    assert answered({"value": "yes"}, whole, whole) == 0


def test_conditions_and_checks_of_other_questions_see_the_answer_for_all_sites() -> None:
    rule_set = rules(question("A-1", per_site=True), question("A-2", applies={"when": "A-1 = yes"}))

    assert rule_set.applicable(MEDIA, {"A-1": sited(said("no"), 1, own(12, "yes"))}) == ("A-1",)
    assert rule_set.applicable(MEDIA, {"A-1": sited(said("yes"), 0, own(12, "no"))}) == ("A-1", "A-2")


# --- which sites --------------------------------------------------------------------------------------------------

FACTORIES = {"per_site": True, "applies": {"site_types": ["factory"]}}
OPEN = {11: "factory", 12: "factory", 13: "office"}


def loaded(**parts: Any) -> questionnaire.Questionnaire:
    return questionnaire.load(document(question("A-1", **parts)))


def test_a_question_is_asked_of_the_open_sites_of_its_types() -> None:
    assert sites_of(loaded(**FACTORIES).question("A-1"), OPEN) == [11, 12]
    assert sites_of(loaded(per_site=True).question("A-1"), OPEN) == [11, 12, 13]
    assert sites_of(loaded().question("A-1"), OPEN) == []


def test_an_answer_of_a_closed_site_or_one_of_another_type_takes_no_part() -> None:
    shared, different = {"A-1": said("yes")}, AnswerState({"value": "no"})

    assert with_sites(loaded(**FACTORIES), shared, {"A-1": {13: different, 99: different}}, OPEN) == shared
    assert with_sites(loaded(), shared, {"A-1": {11: different}, "Z-9": {11: different}}, OPEN) == shared
    together = with_sites(loaded(**FACTORIES), shared, {"A-1": {12: different, 13: different}}, OPEN)
    assert together == {"A-1": sited(said("yes"), 1, own(12, "no"))}


def test_a_correction_at_one_site_moves_the_mean_of_the_verified_score() -> None:
    answers = {"A-1": sited(said("4", True, ACCEPT), 1, own(12, "4", True, corrected("2")), own(13, "na"))}
    rule_set = rules(question("A-1", "maturity", per_site=True), question("A-2", "yes_no_na", per_site=True))

    # (1 + 1/2 + 0) / 3 of half the score; "na" is no level and earns nothing.
    assert rule_set.score(MEDIA, answers).verified == 25
    # Of "yes", "not applicable" corrected to "no", and "yes" corrected to "not applicable", the last is left out: 1 of 2.
    answers = {
        "A-2": sited(said("yes", verdict=ACCEPT), 1, own(12, "na", verdict=corrected("no")), own(13, "yes", verdict=corrected("na")))
    }
    result = rule_set.score(MEDIA, answers)
    assert (result.declared, result.verified) == (50, 25)


def test_sites_that_differ_before_the_answer_for_all_is_given() -> None:
    together = with_sites(loaded(**FACTORIES), {}, {"A-1": {12: AnswerState({"value": "yes"})}}, OPEN)

    assert together == {"A-1": sited(AnswerState({}), 1, own(12, "yes"))}
    assert scorer.compile(loaded(**FACTORIES)).score(Facts("media", "CN", "small", (("factory", "CN"),)), together).declared == 50


def test_a_question_of_files_alone_cannot_be_asked_per_site() -> None:
    with pytest.raises(questionnaire.QuestionnaireError, match="cannot be asked per site"):
        loaded(per_site=True, kind="file")


# --- for any answers ----------------------------------------------------------------------------------------------


def differing(case: Case, corrections: bool = True) -> dict[str, Any]:
    """The case's answers; where a question is asked per site, sites differ in any way."""
    verdicts = [None, ACCEPT, QUERY, REJECT_EVIDENCE, REJECT_ANSWER, *([CORRECT] if corrections else [])]
    rule_set, _, answers, _, rng = case
    found: dict[str, Any] = dict(answers)
    for code, answer in answers.items():
        each = rule_set.questionnaire.question(code)
        if not each.per_site or rng.random() < 0.3:
            continue
        states = []
        for site in range(rng.randint(1, 3)):
            value = {field.key: some_value(field, rng) for field in each.fields if field.type != "file" and rng.random() < 0.9}
            verdict = Correction(CORRECT, some_answer(each, rng)) if (word := rng.choice(verdicts)) == CORRECT else word
            states.append(SiteState(site, value, rng.random() < 0.5, verdict))
        found[code] = sited(answer, rng.randint(0, 2), *states)
    return found


def changed(answers: dict[str, Any], rng: random.Random, **parts: Any) -> dict[str, Any]:
    """One site's answer of one question, otherwise."""
    codes = sorted(code for code, answer in answers.items() if isinstance(answer, SitedState))
    if not codes:
        return answers
    code = rng.choice(codes)
    state = answers[code]
    place = rng.randrange(len(state.sites.own))
    states = tuple(each._replace(**parts) if at == place else each for at, each in enumerate(state.sites.own))
    return {**answers, code: state._replace(sites=state.sites._replace(own=states))}


@quickly
@given(cases(corrections=False))
def test_verified_is_never_above_evidenced_nor_evidenced_above_declared_at_any_site(case: Case) -> None:
    rule_set, facts, _, reviewed, _ = case
    result = rule_set.score(facts, differing(case, corrections=False), reviewed)

    for declared, evidenced, verified in [(result.declared, result.evidenced, result.verified), *result.areas.values()]:
        if declared is not None and evidenced is not None:
            assert 0 <= evidenced <= declared <= 100
            assert verified is None or 0 <= verified <= evidenced


@quickly
@given(cases())
def test_evidence_for_one_site_never_lowers_a_score(case: Case) -> None:
    rule_set, facts, _, reviewed, rng = case
    answers = differing(case)
    before, after = (totals(rule_set, facts, each, reviewed) for each in (answers, changed(answers, rng, has_evidence=True)))

    assert all(now >= was for now, was in zip(after, before, strict=True))


@quickly
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=5), st.integers(0, 3), st.data())
def test_a_better_answer_of_one_site_never_lowers_a_score(levels: list[tuple[int, bool]], shared: int, data: st.DataObject) -> None:
    rule_set = rules(question("A-1", "maturity", per_site=True, evidence={**REQUIRED, "when": "value >= 2"}), question("A-2"))
    place = data.draw(st.integers(0, len(levels) - 1))
    better = data.draw(st.integers(levels[place][0], 4))

    def scored(states: list[tuple[int, bool]]) -> scorer.Result:
        own_states = [own(site, str(level), evidence) for site, (level, evidence) in enumerate(states)]
        return rule_set.score(MEDIA, {"A-1": sited(said("2", True), shared, *own_states)})

    before, after = (
        scored(levels),
        scored([(better, evidence) if at == place else (level, evidence) for at, (level, evidence) in enumerate(levels)]),
    )

    assert after.declared is not None
    assert before.declared is not None
    assert after.declared >= before.declared


@quickly
@given(cases(), st.integers(1, 4))
def test_sites_that_say_the_same_score_as_one_answer(case: Case, count: int) -> None:
    rule_set, facts, answers, reviewed, rng = case
    same = {
        code: sited(answer, rng.randint(0, 3), *(SiteState(site, *answer) for site in range(count)))
        if rule_set.questionnaire.question(code).per_site
        else answer
        for code, answer in answers.items()
    }
    several, one = rule_set.score(facts, same, reviewed), rule_set.score(facts, answers, reviewed)

    assert (several.declared, several.evidenced, several.verified, several.areas) == (one.declared, one.evidenced, one.verified, one.areas)
    assert (several.triggers, several.asked, several.answered, several.reviewed) == (one.triggers, one.asked, one.answered, one.reviewed)


@quickly
@given(cases())
def test_the_lines_add_up_and_the_receipt_computes_the_same_score(case: Case) -> None:
    rule_set, facts, _, reviewed, _ = case
    answers = differing(case)
    result, lines = rule_set.score(facts, answers, reviewed), rule_set.explain(facts, answers, reviewed)

    if not result.capped and result.evidenced is not None:
        assert abs(sum(line.points for line in lines) - result.evidenced) <= Decimal("0.0051")
        assert abs(sum(line.points_possible for line in lines) - 100) <= Decimal("0.001")
    for line in lines:
        if line.sites:
            assert abs(sum(part.line.points for part in line.sites) - line.points) <= Decimal("0.00001")
    assert tuple(hit for line in lines for hit in line.triggers) == result.triggers
    assert receipts.verify(receipts.build(rule_set, facts, answers, reviewed)) == []


@quickly
@given(cases())
def test_a_step_for_one_site_gains_what_it_promises(case: Case) -> None:
    rule_set, facts, _, _, _ = case
    answers = differing(case)
    before = rule_set.score(facts, answers)
    if before.capped or before.evidenced is None:
        return
    for line in rule_set.explain(facts, answers):
        for step in line.takes:
            if step.key == "attach_evidence" and "site" in step.params:
                sites = answers[line.question].sites
                states = tuple(each._replace(has_evidence=True) if each.site == step.params["site"] else each for each in sites.own)
                more = {**answers, line.question: answers[line.question]._replace(sites=sites._replace(own=states))}
                after = rule_set.score(facts, more).evidenced
                assert after is not None
                assert abs(after - before.evidenced - step.gain) <= Decimal("0.02")


@quickly
@given(cases())
def test_both_writers_write_the_answers_of_sites_alike(case: Case) -> None:
    _, facts, _, reviewed, _ = case
    given_inputs = scorer.inputs(facts, differing(case), reviewed)

    assert canonical_fast.encode(given_inputs) == canonical.encode(given_inputs)


# --- receipts -----------------------------------------------------------------------------------------------------


def receipt_of(rule_set: RuleSet, answers: dict[str, Any]) -> dict[str, Any]:
    return receipts.build(rule_set, MEDIA, answers)


def test_a_receipt_shows_what_each_site_answered_and_notices_a_changed_one() -> None:
    receipt = receipt_of(worked_example(), {**ANSWERS, "A-1": LEVELS})

    assert receipt["inputs"]["answers"]["A-1"] == [{"value": "3"}, True, None, [2, [[12, {"value": "1"}, False, None]]]]
    assert [(part["site"], part["stands_at"], part["declared"]) for part in receipt["lines"][0]["sites"]] == [
        (None, 2, "0.75"),
        (12, 1, "0.25"),
    ]
    assert "sites" not in receipt["lines"][1]
    receipt["inputs"]["answers"]["A-1"][3][1][0][1]["value"] = "4"
    assert "lines[A-1].declared" in {difference.path for difference in receipts.verify(receipt)}


@pytest.mark.parametrize(
    "sites", [[], [1], [1, []], ["1", [[12, {}, False, None]]], [1, [["x", {}, False, None]]], [1, [[12, {}, 1, None]]], 7]
)
def test_a_receipt_with_sites_that_cannot_be_read_is_refused_as_a_whole(sites: Any) -> None:
    receipt = receipt_of(worked_example(), {**ANSWERS, "A-1": LEVELS})
    receipt["inputs"]["answers"]["A-1"][3] = sites

    with pytest.raises(receipts.ReceiptError):
        receipts.verify(receipt)
