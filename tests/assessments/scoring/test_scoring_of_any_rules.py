"""What must hold for anybody's questionnaire, not only for ours: made up here, with any weights, shares and credits."""

import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from assessments.questionnaires import questionnaire
from assessments.questionnaires.names import AnswerState, SitedState
from assessments.scoring import receipts, scorer
from assessments.scoring.scorer import RuleSet
from tests.assessments.scoring.support import REQUIRED, Case, cases, quickly, said, totals
from tests.assessments.scoring.test_site_answers import differing
from tests.assessments.small import MEDIA, document, option, question


CREDITS = ["0", "0.1", "0.25", "0.333", "0.5", "0.9", "1"]


class Made(NamedTuple):
    """`ladder`: question -> its answers from the worst to the best."""

    rules: RuleSet
    ladder: Mapping[str, list[Any]]


@st.composite
def made(draw: st.DrawFn) -> Made:
    ladder: dict[str, list[Any]] = {}
    questions = []
    areas = draw(st.integers(1, 3))
    for number in range(draw(st.integers(areas, 8))):
        code = f"Q-{number}"
        kind = draw(st.sampled_from(["maturity", "yes_no", "yes_no_na", "single", "multi", "percent"]))
        parts, ladder[code] = KINDS[kind](draw)
        if draw(st.booleans()):
            parts["evidence"] = {**REQUIRED, "share": draw(st.sampled_from(CREDITS))}
        weight = str(draw(st.sampled_from([Decimal("0.5"), 1, 2, 3, 5, 1000])))
        questions.append(question(code, kind, area=f"A{number % areas}", weight=weight, **parts))
    cuts = sorted(draw(st.lists(st.integers(1, 99), min_size=areas - 1, max_size=areas - 1, unique=True)))
    shares = {f"A{place}": str(high - low) for place, (low, high) in enumerate(zip([0, *cuts], [*cuts, 100], strict=True))}
    return Made(scorer.compile(questionnaire.load(document(*questions, profiles={"default": shares}))), ladder)


def _single(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any]]:
    worth = ["0", *sorted(draw(st.lists(st.sampled_from(CREDITS), max_size=3)), key=Decimal), "1"]
    return {"options": [option(f"o{place}", credit) for place, credit in enumerate(worth)]}, [f"o{n}" for n in range(len(worth))]


def _multi(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any]]:
    keys = [f"o{place}" for place in range(draw(st.integers(1, 5)))]
    full = draw(st.integers(1, len(keys)))
    options = [*map(option, keys), option("none", excludes_others=True)]
    return {"options": options, "credit": {"kind": "checklist", "full": full}}, [["none"], *(keys[: n + 1] for n in range(len(keys)))]


def _percent(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any]]:
    starts = [0, *sorted(draw(st.lists(st.integers(1, 99), max_size=3, unique=True))), 100]
    worth = ["0", *sorted(draw(st.lists(st.sampled_from(CREDITS), min_size=len(starts) - 2, max_size=len(starts) - 2)), key=Decimal), "1"]
    bands = [{"from": str(start), "credit": credit} for start, credit in zip(starts, worth, strict=True)]
    return {"credit": {"kind": "bands", "bands": bands}}, [str(number) for number in range(0, 101, 5)]


KINDS: Mapping[str, Any] = {
    "maturity": lambda draw: ({}, list("01234")),
    "yes_no": lambda draw: ({}, ["no", "yes"]),
    "yes_no_na": lambda draw: ({}, ["no", "yes"]),
    "single": _single,
    "multi": _multi,
    "percent": _percent,
}


def answered(rules: Made, draw: st.DataObject) -> dict[str, AnswerState]:
    return {
        code: said(answers[draw.draw(st.integers(0, len(answers) - 1))], draw.draw(st.booleans()))
        for code, answers in rules.ladder.items()
        if draw.draw(st.integers(0, 4))
    }


@quickly
@given(made())
def test_nothing_and_everything_are_within_reach_of_any_questionnaire(rules: Made) -> None:
    worst = {code: said(answers[0]) for code, answers in rules.ladder.items()}
    best = {code: said(answers[-1], evidence=True) for code, answers in rules.ladder.items()}

    assert totals(rules.rules, MEDIA, worst, True) == (0, 0, 0)
    assert totals(rules.rules, MEDIA, {}, True) == (0, 0, 0)
    assert totals(rules.rules, MEDIA, best, True) == (100, 100, 100)


@quickly
@given(made(), st.data())
def test_a_better_answer_of_any_kind_never_lowers_a_score(rules: Made, data: st.DataObject) -> None:
    answers = answered(rules, data)
    code = data.draw(st.sampled_from(sorted(rules.ladder)))
    ladder = rules.ladder[code]
    low = data.draw(st.integers(0, len(ladder) - 1))
    high = data.draw(st.integers(low, len(ladder) - 1))
    has_evidence = data.draw(st.booleans())

    unanswered, worse, better = (
        totals(rules.rules, MEDIA, {**answers, code: state}, True)
        for state in (AnswerState({}), said(ladder[low], has_evidence), said(ladder[high], has_evidence))
    )

    assert all(none <= was <= now for none, was, now in zip(unanswered, worse, better, strict=True))


@quickly
@given(made(), st.data())
def test_evidence_never_lowers_a_score_under_any_rules(rules: Made, data: st.DataObject) -> None:
    answers = answered(rules, data)
    more = {code: state._replace(has_evidence=state.has_evidence or data.draw(st.booleans())) for code, state in answers.items()}

    before, after = (totals(rules.rules, MEDIA, each, False) for each in (answers, more))

    assert after[0] == before[0]
    assert after[1] >= before[1]


@quickly
@given(made(), st.data())
def test_a_heavier_question_pulls_its_area_towards_its_own_credit(rules: Made, data: st.DataObject) -> None:
    answers = answered(rules, data)
    document_of = receipts.rules_of(rules.rules.questionnaire)
    place = data.draw(st.integers(0, len(document_of["questions"]) - 1))
    chosen = rules.rules.questionnaire.questions[place]
    heavier = [dict(each) for each in document_of["questions"]]
    heavier[place]["weight"] = str(chosen.weight * 3) if chosen.weight < 300 else "1000"
    changed = scorer.compile(questionnaire.load({**document_of, "questions": heavier}, texts=False))
    own = next(line.exact[0] for line in rules.rules.explain(MEDIA, answers) if line.question == chosen.code)

    before, after = (each.score(MEDIA, answers).areas[chosen.area].declared for each in (rules.rules, changed))

    assert before is not None
    assert after is not None
    assert own is not None
    target = Decimal(own.numerator * 100) / own.denominator
    # Half a hundredth on either side is the rounding.
    assert abs(after - target) <= abs(before - target) + Decimal("0.01")


@quickly
@given(made(), st.data())
def test_a_receipt_under_any_rules_computes_the_same_digits(rules: Made, data: st.DataObject) -> None:
    receipt = receipts.build(rules.rules, MEDIA, answered(rules, data), data.draw(st.booleans()))

    assert receipts.verify(receipt) == []


# --- answers that differ from site to site, under our own rules -------------------------------------------------------


@quickly
@given(cases())
def test_the_order_of_the_sites_that_differ_changes_nothing(case: Case) -> None:
    rule_set, facts, _, reviewed, rng = case
    answers = differing(case)
    turned = {
        code: state._replace(sites=state.sites._replace(own=tuple(rng.sample(state.sites.own, len(state.sites.own)))))
        if isinstance(state, SitedState)
        else state
        for code, state in answers.items()
    }
    shuffled = list(turned.items())
    rng.shuffle(shuffled)

    results = [rule_set.score(facts, each, reviewed)._replace(inputs_sha256="") for each in (answers, dict(shuffled))]

    assert results[0] == results[1]


@quickly
@given(cases())
def test_what_sites_say_to_a_question_that_does_not_apply_changes_nothing(case: Case) -> None:
    rule_set, facts, _, reviewed, _ = case
    answers = differing(case)
    hidden = rule_set.applicability.why_not(facts, answers)
    plain = {code: AnswerState(*answers[code][:3]) for code in hidden if code in answers}
    other = differing((rule_set, facts, plain, reviewed, random.Random(1)))

    results = [rule_set.score(facts, each, reviewed)._replace(inputs_sha256="") for each in (answers, {**answers, **other})]

    assert results[0] == results[1]
