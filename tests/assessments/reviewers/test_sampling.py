from fractions import Fraction

from assessments.reviewers.sampling import Candidate, by_minimum, by_share, lot


SEED = "a campaign"


def candidates(count: int, *groups: str) -> list[Candidate]:
    return [Candidate(number, groups) for number in range(1, count + 1)]


def test_the_same_seed_draws_the_same_and_another_seed_another_sample() -> None:
    everybody = candidates(1000)

    first = by_share(everybody, seed=SEED, share=Fraction(1, 10))

    assert first == by_share(everybody, seed=SEED, share=Fraction(1, 10))
    assert first != by_share(everybody, seed="another", share=Fraction(1, 10))


def test_the_share_is_about_the_share_and_grows_without_letting_go() -> None:
    everybody = candidates(2000)

    tenth, fifth = (set(by_share(everybody, seed=SEED, share=Fraction(1, part))) for part in (10, 5))

    assert 150 < len(tenth) < 250
    assert tenth < fifth
    assert by_share(everybody, seed=SEED, share=Fraction(0)) == []
    assert len(by_share(everybody, seed=SEED, share=Fraction(1))) == 2000


def test_a_lot_is_what_the_documentation_says() -> None:
    """The first eight bytes of the SHA-256 of "seed:number", as `sha256sum` gives them."""
    assert lot("seed", 7) == Fraction(int("0f1c63b88102f461", 16), 2**64)


def test_the_minimum_fills_up_each_group_with_the_lowest_lots() -> None:
    media, cloud = candidates(6, "media"), [Candidate(number, ("cloud",)) for number in (11, 12)]
    lowest = sorted(media, key=lambda each: lot(SEED, each.id))[:2]

    chosen = by_minimum([*media, *cloud], [], seed=SEED, minimum=2)

    assert set(chosen) == {*(each.id for each in lowest), 11, 12}


def test_what_was_drawn_before_counts_and_one_case_serves_several_groups() -> None:
    drawn = [Candidate(1, ("media", "rita"))]
    left = [Candidate(2, ("media", "rita")), Candidate(3, ("cloud", "steve"))]

    assert by_minimum(left, drawn, seed=SEED, minimum=1) == [3]
