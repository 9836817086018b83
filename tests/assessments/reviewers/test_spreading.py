from assessments.reviewers.spreading import Case, Given, Rule, spread


RITA, STEVE, MARA = 1, 2, 3
ALL = frozenset({RITA, STEVE, MARA})


def case(number: int = 10, category: str = "media", units: set[int] | None = None, barred: set[int] | None = None) -> Case:
    return Case(number, category, frozenset(units or ()), frozenset(barred or ()))


def test_the_first_rule_that_fits_decides() -> None:
    rules = [Rule(1, (RITA,), category="cloud_dc"), Rule(2, (STEVE,), category="media"), Rule(3, (MARA,))]

    assert spread([case()], rules, {}, ALL) == [Given(10, STEVE, 2)]


def test_a_rule_for_a_buying_unit_takes_only_its_suppliers() -> None:
    rules = [Rule(1, (RITA,), unit=7), Rule(2, (STEVE,))]

    given = spread([case(10, units={7, 8}), case(11, units={8}), case(12)], rules, {}, ALL)

    assert [each.reviewer for each in given] == [RITA, STEVE, STEVE]


def test_the_least_loaded_gets_it_and_many_at_once_are_shared_out_evenly() -> None:
    given = spread([case(number) for number in range(7)], [Rule(1, (RITA, STEVE, MARA))], {RITA: 4, STEVE: 1}, ALL)

    # Mara from 0, Steve from 1, until all stand at 4.
    assert [each.reviewer for each in given] == [MARA, STEVE, MARA, STEVE, MARA, STEVE, MARA]


def test_nothing_lands_on_who_is_away_or_barred() -> None:
    rules = [Rule(1, (RITA, STEVE))]

    assert spread([case()], rules, {STEVE: 99}, frozenset({STEVE})) == [Given(10, STEVE, 1)]
    assert spread([case(barred={RITA})], rules, {STEVE: 99}, ALL) == [Given(10, STEVE, 1)]


def test_where_nobody_of_a_rule_is_free_the_next_rule_decides_and_then_nobody() -> None:
    rules = [Rule(1, (RITA,)), Rule(2, (STEVE,))]

    assert spread([case(barred={RITA})], rules, {}, ALL) == [Given(10, STEVE, 2)]
    assert spread([case(barred={RITA, STEVE})], rules, {}, ALL) == []
