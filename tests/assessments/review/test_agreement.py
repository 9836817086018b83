"""Cohen's kappa, worked by hand."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from assessments.review.agreement import cohens_kappa


def pairs(**times: int) -> list[tuple[str, str]]:
    """`accept_reject=5`: five times the first accepted what the second rejected."""
    return [tuple(names.split("_")) for names, count in times.items() for _time in range(count)]  # type: ignore[misc]


def test_two_verdicts_by_hand() -> None:
    """The first accepts 25 of 50, the second 30: by chance they would agree on .5 x .6 + .5 x .4 = .5; they agree on 35 of 50 = .7."""
    found = cohens_kappa(pairs(accept_accept=20, accept_reject=5, reject_accept=10, reject_reject=15))

    assert (found.n, found.agreed, found.observed, found.expected) == (50, 35, Fraction(7, 10), Fraction(1, 2))
    assert found.kappa == Fraction(2, 5)


def test_three_verdicts_by_hand() -> None:
    """Rows 12, 7, 6 and columns 11, 8, 6 of 25: chance (132 + 56 + 36) / 625; agreed 20 / 25; (.8 - .3584) / (1 - .3584)."""
    found = cohens_kappa(pairs(a_a=10, a_e=2, e_a=1, e_e=5, e_r=1, r_e=1, r_r=5))

    assert found.expected == Fraction(224, 625)
    assert found.kappa == Fraction(276, 401)


def test_always_the_opposite_is_minus_one_and_always_the_same_is_one() -> None:
    assert cohens_kappa(pairs(accept_reject=5, reject_accept=5)).kappa == -1
    assert cohens_kappa(pairs(accept_accept=5, reject_reject=5)).kappa == 1


def test_whoever_always_says_the_same_agrees_as_chance_has_it() -> None:
    assert cohens_kappa(pairs(accept_accept=6, accept_reject=4)).kappa == 0


def test_where_there_was_nothing_to_disagree_about_kappa_is_not_defined() -> None:
    found = cohens_kappa(pairs(accept_accept=40))

    assert (found.observed, found.expected, found.kappa) == (1, 1, None)


def test_without_pairs_nothing_is_said() -> None:
    found = cohens_kappa([])

    assert (found.n, found.observed, found.expected, found.kappa, found.is_judged) == (0, None, None, None, False)


def test_fewer_than_five_are_not_judged() -> None:
    assert not cohens_kappa(pairs(accept_accept=3, accept_reject=1)).is_judged
    assert cohens_kappa(pairs(accept_accept=4, accept_reject=1)).is_judged


VERDICT = st.sampled_from(["accept", "reject_evidence", "reject_answer"])


@given(st.lists(st.tuples(VERDICT, VERDICT), min_size=1, max_size=60))
def test_it_is_at_most_one_and_does_not_ask_who_is_first(drawn: list[tuple[str, str]]) -> None:
    one, other = cohens_kappa(drawn), cohens_kappa([(second, first) for first, second in drawn])

    assert one == other
    assert one.kappa is None or -1 <= one.kappa <= 1
